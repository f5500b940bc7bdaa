package auth

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"scaip/internal/event"
	"scaip/internal/services/machinetest"
	"scaip/internal/store"
)

type rig struct {
	*machinetest.Rig
	t *testing.T
	m *Machine
}

func newRig(t *testing.T) rig {
	m := New()
	return rig{machinetest.New(t, m), t, m}
}

func (r rig) own(body event.Body) ([]event.Envelope, error) { return r.DoAs(event.System, "", body) }

func (r rig) must(body event.Body) []event.Envelope {
	r.t.Helper()
	got, err := r.own(body)
	if err != nil {
		r.t.Fatalf("%s: %v", body.EventType(), err)
	}
	return got
}

func (r rig) account(login, role string) string {
	r.t.Helper()
	b, err := event.As[event.AuthRegistered](r.must(event.AuthRegister{Login: login, Role: role})[0])
	if err != nil {
		r.t.Fatal(err)
	}
	return b.User
}

func (r rig) session(user, id string) []event.Envelope {
	r.t.Helper()
	return r.must(event.AuthOpenSession{User: user, Session: id, Expires: r.Now.Add(SessionLife)})
}

func (r rig) pass(session, actor, typ string) error {
	return r.Store.View(func(v store.Reader) error {
		return r.m.Pass(v, event.Envelope{ID: "c", Type: typ, At: r.Now, Actor: actor, Session: session})
	})
}

func wantCode(t *testing.T, what string, err error, want event.Code) {
	t.Helper()
	if ref, _ := event.AsRefusal(err); ref.Code != want {
		t.Errorf("%s: got %v, want %q", what, err, want)
	}
}

// closed lists "session reason" of the sessions that events close.
func closed(t *testing.T, events []event.Envelope) []string {
	t.Helper()
	var out []string
	for _, e := range events {
		if e.Type == "auth.session_closed" {
			b, err := event.As[event.AuthSessionClosed](e)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, b.Session+" "+b.Reason)
		}
	}
	return out
}

func wantClosed(t *testing.T, events []event.Envelope, want ...string) {
	t.Helper()
	if got := closed(t, events); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("closed %q, want %q", got, want)
	}
}

func TestRegister(t *testing.T) {
	r := newRig(t)
	r.account("ada", event.RoleAdmin)
	for _, c := range []struct {
		name string
		in   event.AuthRegister
		want event.Code
	}{
		{"taken", event.AuthRegister{Login: "ada", Role: "user"}, event.Conflict},
		{"upper case", event.AuthRegister{Login: "Bob", Role: "user"}, event.Invalid},
		{"too short", event.AuthRegister{Login: "b", Role: "user"}, event.Invalid},
		{"too long", event.AuthRegister{Login: "b" + strings.Repeat("o", 32), Role: "user"}, event.Invalid},
		{"digit first", event.AuthRegister{Login: "1bob", Role: "user"}, event.Invalid},
		{"path", event.AuthRegister{Login: "b/../x", Role: "user"}, event.Invalid},
		{"not ASCII", event.AuthRegister{Login: "bоb", Role: "user"}, event.Invalid},
		{"role", event.AuthRegister{Login: "bob", Role: "root"}, event.Invalid},
		{"name", event.AuthRegister{Login: "bob", Role: "user", Name: "a\nb"}, event.Invalid},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := r.own(c.in)
			wantCode(t, "register", err, c.want)
		})
	}
	r.account("a"+strings.Repeat("o", 31), event.RoleUser)
}

func TestOwnCommandsAreRefusedFromAnybodyElse(t *testing.T) {
	r := newRig(t)
	ada := r.account("ada", event.RoleAdmin)
	r.session(ada, "s1")
	for _, from := range []struct{ actor, session string }{{ada, "s1"}, {ada, event.LocalSession}, {event.System, event.LocalSession}, {event.System, "s1"}} {
		for _, body := range []event.Body{
			event.AuthRegister{Login: "eve", Role: "admin"}, event.AuthCloseSession{Session: "s1"}, event.AuthChangePassword{User: ada},
			event.AuthOpenSession{User: ada, Session: "s2", Expires: r.Now.Add(time.Hour)}, event.AuthTick{},
		} {
			_, err := r.DoAs(from.actor, from.session, body)
			wantCode(t, body.EventType()+" of "+from.actor+"/"+from.session, err, event.Denied)
		}
	}
}

func TestSessionsCloseFor(t *testing.T) {
	t.Run("logout: one", func(t *testing.T) {
		r := newRig(t)
		ada := r.account("ada", event.RoleUser)
		r.session(ada, "s1")
		r.session(ada, "s2")
		wantClosed(t, r.must(event.AuthCloseSession{Session: "s1"}), "s1 logout")
		wantClosed(t, r.must(event.AuthCloseSession{Session: "s1"}))
		wantCode(t, "s1", r.pass("s1", ada, "groups.create"), event.Unauthentic)
		if err := r.pass("s2", ada, "groups.create"); err != nil {
			t.Error(err)
		}
	})
	t.Run("password: all others", func(t *testing.T) {
		r := newRig(t)
		ada, bob := r.account("ada", event.RoleUser), r.account("bob", event.RoleUser)
		for _, s := range []string{"s1", "s2", "s3"} {
			r.session(ada, s)
		}
		r.session(bob, "b1")
		wantClosed(t, r.must(event.AuthChangePassword{User: ada, Keep: "s2"}), "s1 password", "s3 password")
		wantClosed(t, r.must(event.AuthChangePassword{User: ada}), "s2 password")
		_, err := r.own(event.AuthChangePassword{User: "nobody"})
		wantCode(t, "nobody's", err, event.NotFound)
	})
	t.Run("disabled: all, and none opens", func(t *testing.T) {
		r := newRig(t)
		ada := r.account("ada", event.RoleUser)
		r.session(ada, "s1")
		r.session(ada, "s2")
		wantClosed(t, r.Hear(event.UsersDisabled{User: ada}), "s1 disabled", "s2 disabled")
		_, err := r.own(event.AuthOpenSession{User: ada, Session: "s3", Expires: r.Now.Add(time.Hour)})
		wantCode(t, "open", err, event.Denied)
		wantCode(t, "at the unix socket", r.pass(event.LocalSession, ada, "groups.create"), event.Denied)
		r.Hear(event.UsersEnabled{User: ada})
		r.session(ada, "s3")
		if err := r.pass("s3", ada, "groups.create"); err != nil {
			t.Error(err)
		}
	})
	t.Run("expired: what is due", func(t *testing.T) {
		r := newRig(t)
		ada := r.account("ada", event.RoleUser)
		r.must(event.AuthOpenSession{User: ada, Session: "z1", Expires: r.Now.Add(time.Hour)})
		r.must(event.AuthOpenSession{User: ada, Session: "a2", Expires: r.Now.Add(2 * time.Hour)})
		r.Now = r.Now.Add(time.Hour - 1)
		wantClosed(t, r.Tick())
		r.Now = r.Now.Add(1)
		wantCode(t, "z1", r.pass("z1", ada, "groups.create"), event.Unauthentic)
		wantClosed(t, r.Tick(), "z1 expired")
		r.Now = r.Now.Add(2 * time.Hour)
		wantClosed(t, r.Tick(), "a2 expired")
	})
}

func TestOneSessionTooManyClosesTheOldest(t *testing.T) {
	r := newRig(t)
	ada := r.account("ada", event.RoleUser)
	for i := range MaxSessions {
		r.Now = r.Now.Add(time.Second)
		r.session(ada, fmt.Sprintf("s%d", MaxSessions-i)) // names against the order of opening
	}
	wantClosed(t, r.session(ada, "new"), fmt.Sprintf("s%d replaced", MaxSessions))
	wantClosed(t, r.session(ada, "newer"), fmt.Sprintf("s%d replaced", MaxSessions-1))
}

func TestOpenSessionBounds(t *testing.T) {
	r := newRig(t)
	ada := r.account("ada", event.RoleUser)
	for _, c := range []struct {
		name string
		in   event.AuthOpenSession
		want event.Code
	}{
		{"expired", event.AuthOpenSession{User: ada, Session: "s", Expires: r.Now}, event.Invalid},
		{"too long", event.AuthOpenSession{User: ada, Session: "s", Expires: r.Now.Add(SessionLife + 1)}, event.Invalid},
		{"no user", event.AuthOpenSession{User: "nobody", Session: "s", Expires: r.Now.Add(1)}, event.NotFound},
		{"no ID", event.AuthOpenSession{User: ada, Session: "a/b", Expires: r.Now.Add(1)}, event.Invalid},
	} {
		_, err := r.own(c.in)
		wantCode(t, c.name, err, c.want)
	}
	got := r.must(event.AuthOpenSession{User: ada, Session: "s", Expires: r.Now.Add(1), Agent: strings.Repeat("ä", 300)})
	if b, _ := event.As[event.AuthSessionOpened](got[0]); len([]rune(b.Agent)) != 200 {
		t.Errorf("agent of %d characters", len([]rune(b.Agent)))
	}
}

// TestPassFollowsTheTable holds Pass against every row of event.CommandAccess, for each kind of sender.
func TestPassFollowsTheTable(t *testing.T) {
	r := newRig(t)
	root, ada, bob := r.account("root", event.RoleAdmin), r.account("ada", event.RoleUser), r.account("bob", event.RoleUser)
	r.session(root, "r1")
	r.session(ada, "a1")
	senders := []struct {
		name, session, actor string
		user, admin          event.Code // "": passes
	}{
		{"a user", "a1", ada, "", event.Denied},
		{"an administrator", "r1", root, "", ""},
		{"the unix socket", event.LocalSession, event.System, "", ""},
		{"the unix socket as a user", event.LocalSession, ada, "", ""},
		{"the unix socket as nobody", event.LocalSession, "nobody", event.NotFound, event.NotFound},
		{"no session", "", ada, event.Unauthentic, event.Unauthentic},
		{"an unknown session", "x1", ada, event.Unauthentic, event.Unauthentic},
		{"another's session", "a1", bob, event.Unauthentic, event.Unauthentic},
		{"a user who says he is the daemon", "a1", event.System, event.Unauthentic, event.Unauthentic},
	}
	rows := 0
	for typ, access := range event.CommandAccess() {
		rows++
		for _, s := range senders {
			want := event.Denied
			switch access {
			case event.AnyUser:
				want = s.user
			case event.Admin:
				want = s.admin
			case event.Daemon, event.Local, event.Anyone:
			default:
				t.Errorf("%s has the access %q, which Pass does not know", typ, access)
			}
			wantCode(t, typ+" of "+s.name, r.pass(s.session, s.actor, typ), want)
		}
	}
	if rows < 20 {
		t.Errorf("the table has %d rows", rows)
	}
	wantCode(t, "an unknown type", r.pass("r1", root, "groups.explode"), event.Denied)
	wantCode(t, "an event", r.pass("r1", root, "groups.created"), event.Denied)
}

// TestEveryCommandHasARow reads the vocabulary: a body whose doc or name is in the imperative and that no service emits is a command.
func TestEveryCommandHasARow(t *testing.T) {
	paths, err := filepath.Glob("../../event/*.go")
	if err != nil {
		t.Fatal(err)
	}
	commands := map[string]bool{}
	for _, path := range paths {
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.TYPE || !strings.HasPrefix(g.Doc.Text(), "Commands to") && !strings.Contains(g.Doc.Text(), "commands are never sent over the log") {
				continue
			}
			for _, s := range g.Specs {
				commands[strings.ToLower(s.(*ast.TypeSpec).Name.Name)] = true
			}
		}
	}
	if len(commands) < 24 {
		t.Fatalf("found %d commands in the vocabulary; the test reads it wrongly", len(commands))
	}
	rows := map[string]bool{}
	for typ := range event.CommandAccess() {
		rows[strings.NewReplacer(".", "", "_", "").Replace(typ)] = true
	}
	for c := range commands {
		if !rows[c] {
			t.Errorf("the command %s has no row in event.CommandAccess", c)
		}
	}
}

// TestRebuildEqualsLive does random things and rebuilds.
func TestRebuildEqualsLive(t *testing.T) {
	for seed := range uint64(20) {
		rnd := rand.New(rand.NewPCG(seed, 7))
		r := newRig(t)
		var users, open []string
		for i := range 150 {
			r.Now = r.Now.Add(time.Duration(rnd.IntN(3600)) * time.Second)
			if len(users) == 0 || rnd.IntN(20) == 0 {
				users = append(users, r.account(fmt.Sprintf("user%d", i), []string{"user", "admin"}[rnd.IntN(2)]))
			}
			u := users[rnd.IntN(len(users))]
			switch rnd.IntN(8) {
			default:
				id := fmt.Sprintf("s%d", i)
				if _, err := r.own(event.AuthOpenSession{User: u, Session: id, Expires: r.Now.Add(time.Duration(1+rnd.IntN(100)) * time.Hour)}); err == nil {
					open = append(open, id)
				}
			case 0:
				r.Tick()
			case 1:
				if len(open) > 0 {
					r.must(event.AuthCloseSession{Session: open[rnd.IntN(len(open))]})
				}
			case 2:
				r.must(event.AuthChangePassword{User: u})
			case 3:
				r.Hear(event.UsersDisabled{User: u})
			case 4:
				r.Hear(event.UsersEnabled{User: u})
			case 5:
				r.Hear(event.UsersProfileUpdated{User: u, Name: fmt.Sprintf("Name %d", i)})
			}
		}
		r.Rebuild(rnd.IntN)
		r.Now = r.Now.Add(1000 * time.Hour)
		r.Tick()
		for _, table := range []string{"auth/sessions", "auth/expiries", "auth/user_sessions"} {
			r.Store.View(func(v store.Reader) error {
				for kv := range v.Scan(table, store.Range{}) {
					t.Errorf("seed %d: all sessions are due, yet %s has %s", seed, table, kv.Key)
				}
				return nil
			})
		}
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}
