package query

import (
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"scaip/internal/event"
	"scaip/internal/services"
	"scaip/internal/services/machinetest"
	"scaip/internal/store"
)

var _ services.Machine = New()

// site serves query over a rig's store, as the daemon does.
type site struct {
	rig     *machinetest.Rig
	http    HTTP
	mux     *http.ServeMux
	mu      sync.Mutex
	changed chan struct{}
}

func newSite(t machinetest.TB) *site {
	s := &site{rig: machinetest.New(t, New()), mux: http.NewServeMux(), changed: make(chan struct{})}
	s.http = HTTP{
		Store: s.rig.Store, Logger: slog.New(slog.DiscardHandler),
		Gate: services.Gate{Store: s.rig.Store, Now: func() time.Time { return s.rig.Now }},
		Changed: func() <-chan struct{} {
			s.mu.Lock()
			defer s.mu.Unlock()
			return s.changed
		},
	}
	for _, r := range slices.Concat(Routes(s.http), AdminRoutes(s.http)) {
		s.mux.Handle(r.Pattern, r.Handler)
	}
	return s
}

// hear applies an event and says that something has changed.
func (s *site) hear(body event.Body) {
	s.rig.Hear(body)
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.changed)
	s.changed = make(chan struct{})
}

func (s *site) user(id, name string) {
	s.hear(event.UsersCreated{User: id, Login: id, Name: name, Color: "#112233", Role: event.RoleUser})
	s.hear(event.AuthSessionOpened{Session: event.SessionID(id), User: id, Role: event.RoleUser, Expires: s.rig.Now.Add(100 * time.Hour)})
}

// get requests path with the session of user; the answer is decoded into a T.
func get[T any](t *testing.T, s *site, user, path string) (int, T) {
	t.Helper()
	r := httptest.NewRequest("GET", path, nil)
	if user != "" {
		r.Header.Set("Authorization", "Bearer "+user)
	}
	w := httptest.NewRecorder()
	s.mux.ServeHTTP(w, r)
	var v T
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
		t.Fatalf("GET %s: %v: %s", path, err, w.Body)
	}
	return w.Code, v
}

// town has ada, bob, cyd and eve; the group g of ada (owner) and bob, made at minute 0; the group h of ada, made at minute 1; calls of g:
// c1 ended at minute 3 with ada and bob, c2 scheduled for hour 5, c3 running since minute 10 with bob in it.
func town(t machinetest.TB) *site {
	s := newSite(t)
	for id, name := range map[string]string{"ada": "Ada Lovelace", "bob": "Bob", "cyd": "Cyd", "eve": "Eve Adams"} {
		s.user(id, name)
	}
	begin := s.rig.Now
	at := func(minute int, bodies ...event.Body) {
		s.rig.Now = begin.Add(time.Duration(minute) * time.Minute)
		for _, b := range bodies {
			s.hear(b)
		}
	}
	at(0, event.GroupsCreated{Group: "g", Name: "Team", Owner: "ada"},
		event.GroupsMemberAdded{Group: "g", User: "ada", Role: "owner"}, event.GroupsMemberAdded{Group: "g", User: "bob", Role: "member"})
	at(1, event.GroupsCreated{Group: "h", Name: "Other", Owner: "ada"}, event.GroupsMemberAdded{Group: "h", User: "ada", Role: "owner"})
	at(2, event.CallsStarted{Call: "c1", Group: "g", Title: "First", Maker: "ada", Start: begin.Add(2 * time.Minute)},
		event.CallsJoined{Call: "c1", Group: "g", User: "bob", Seat: 1}, event.CallsJoined{Call: "c1", Group: "g", User: "ada", Seat: 2},
		event.CallsMediaChanged{Call: "c1", Group: "g", User: "ada", Audio: true})
	at(3, event.CallsEnded{Call: "c1", Group: "g", Reason: "ended", End: begin.Add(3 * time.Minute)})
	at(4, event.CallsScheduled{Call: "c2", Group: "g", Title: "Plan", Maker: "bob", Start: begin.Add(5 * time.Hour)})
	at(10, event.CallsStarted{Call: "c3", Group: "g", Maker: "bob", Start: begin.Add(10 * time.Minute)},
		event.CallsJoined{Call: "c3", Group: "g", User: "bob", Seat: 1},
		event.CallsMediaChanged{Call: "c3", Group: "g", User: "bob", Audio: true, Video: true})
	return s
}

func TestWhatIsNotOnesOwnIsNotFound(t *testing.T) {
	s := town(t)
	s.hear(event.GroupsMemberAdded{Group: "g", User: "cyd", Role: "member"})
	s.hear(event.CallsJoined{Call: "c3", Group: "g", User: "cyd", Seat: 2})
	s.hear(event.GroupsMemberRemoved{Group: "g", User: "cyd"})
	mine := []string{"/api/groups/g", "/api/groups/g/calls", "/api/calls/c1", "/api/calls/c2", "/api/calls/c3"}
	for _, path := range mine {
		for user, want := range map[string]int{"ada": 200, "bob": 200, "cyd": 404, "eve": 404, "": 401, "nobody": 401} {
			if got, _ := get[any](t, s, user, path); got != want {
				t.Errorf("%q gets %s with status %d, want %d", user, path, got, want)
			}
		}
	}
	for path, want := range map[string]int{
		"/api/groups/none": 404, "/api/calls/none": 404, "/api/calls/..%2Fc1": 404, "/api/groups/g%2Fada": 404,
		"/api/groups/g/calls?limit=101": 400, "/api/groups/g/calls?limit=x": 400, "/api/users?limit=51": 400,
		"/api/users?search=%00": 400, "/api/users?search=" + strings.Repeat("x", 101): 400,
	} {
		if got, _ := get[any](t, s, "ada", path); got != want {
			t.Errorf("GET %s has status %d, want %d", path, got, want)
		}
	}
	if _, groups := get[struct{ Groups []Group }](t, s, "eve", "/api/groups"); len(groups.Groups) != 0 || groups.Groups == nil {
		t.Errorf("eve's groups are %#v, want []", groups.Groups)
	}
}

func TestAnswersAsInTheProtocol(t *testing.T) {
	s := town(t)
	cases := []struct{ name, user, path, want string }{
		{"groups, last activity first", "ada", "/api/groups", `{"groups":[
			{"id":"g","name":"Team","role":"owner","members":2,"archived":false,"call":"c3","keep":"forever","days":0,"last":"2026-03-01T12:10:00Z"},
			{"id":"h","name":"Other","role":"owner","members":1,"archived":false,"call":"","keep":"forever","days":0,"last":"2026-03-01T12:01:00Z"}]}`},
		{"a group", "bob", "/api/groups/g", `{"group":
			{"id":"g","name":"Team","role":"member","members":2,"archived":false,"call":"c3","keep":"forever","days":0,"last":"2026-03-01T12:10:00Z"},"members":[
			{"user":{"id":"ada","login":"ada","name":"Ada Lovelace","color":"#112233","role":"user","disabled":false},"role":"owner"},
			{"user":{"id":"bob","login":"bob","name":"Bob","color":"#112233","role":"user","disabled":false},"role":"member"}],"call":
			{"id":"c3","group":"g","title":"","maker":"bob","state":"running","start":"2026-03-01T12:10:00Z","end":null,"participants":[
			{"user":"bob","name":"Bob","seat":1,"in":true,"audio":true,"video":true,"joined":"2026-03-01T12:10:00Z"}],"keep":"forever","days":0,"until":null,"kept":true}}`},
		{"a group without a call", "ada", "/api/groups/h", `{"group":
			{"id":"h","name":"Other","role":"owner","members":1,"archived":false,"call":"","keep":"forever","days":0,"last":"2026-03-01T12:01:00Z"},"members":[
			{"user":{"id":"ada","login":"ada","name":"Ada Lovelace","color":"#112233","role":"user","disabled":false},"role":"owner"}],"call":null}`},
		{"an ended call", "bob", "/api/calls/c1", `{"call":
			{"id":"c1","group":"g","title":"First","maker":"ada","state":"ended","start":"2026-03-01T12:02:00Z","end":"2026-03-01T12:03:00Z","participants":[
			{"user":"bob","name":"Bob","seat":1,"in":false,"audio":false,"video":false,"joined":"2026-03-01T12:02:00Z"},
			{"user":"ada","name":"Ada Lovelace","seat":2,"in":false,"audio":false,"video":false,"joined":"2026-03-01T12:02:00Z"}],"keep":"forever","days":0,"until":null,"kept":true}}`},
		{"a scheduled call", "bob", "/api/calls/c2", `{"call":
			{"id":"c2","group":"g","title":"Plan","maker":"bob","state":"scheduled","start":"2026-03-01T17:00:00Z","end":null,"participants":[],"keep":"forever","days":0,"until":null,"kept":false}}`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, raw := get[json.RawMessage](t, s, c.user, c.path)
			want := strings.NewReplacer("\n", "", "\t", "").Replace(c.want)
			if got := strings.TrimSpace(string(raw)); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func TestCallsNewestFirst(t *testing.T) {
	s := town(t)
	check := func(query string, want ...string) {
		t.Helper()
		_, a := get[struct{ Calls []Call }](t, s, "ada", "/api/groups/g/calls"+query)
		got := []string{}
		for _, c := range a.Calls {
			got = append(got, c.ID)
		}
		if !slices.Equal(got, want) {
			t.Errorf("calls%s are %v, want %v", query, got, want)
		}
	}
	check("", "c2", "c3", "c1")
	check("?limit=1", "c2")
	s.hear(event.CallsEnded{Call: "c3", Group: "g", Reason: "empty", End: s.rig.Now})
	s.rig.Now = s.rig.Now.Add(24 * time.Hour)
	s.hear(event.CallsStarted{Call: "c4", Group: "g", Maker: "ada", Start: s.rig.Now})
	s.hear(event.CallsStarted{Call: "c2", Group: "g", Title: "Plan", Maker: "bob", Start: s.rig.Now.Add(time.Hour)})
	check("", "c2", "c4", "c3", "c1")
	s.hear(event.CallsDeleted{Call: "c1", Group: "g"})
	check("", "c2", "c4", "c3")
	if got, _ := get[any](t, s, "ada", "/api/calls/c1"); got != 404 {
		t.Errorf("a deleted call has status %d, want 404", got)
	}
	if dump := machinetest.Dump(t, s.rig.Store); strings.Count(dump, "c1") != 2 || !strings.Contains(dump, `calls/fates`) { // that it has ended, and that it is gone
		t.Errorf("the store still holds the deleted call:\n%s", dump)
	}
}

func TestMeWaitsForAUserJustMade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		s.hear(event.AuthSessionOpened{Session: event.SessionID("ada"), User: "ada", Expires: s.rig.Now.Add(time.Hour)})
		began := time.Now()
		if got, _ := get[event.Refusal](t, s, "ada", "/api/me"); got != 503 || time.Since(began) != meWait {
			t.Errorf("status %d after %v, want 503 after %v", got, time.Since(began), meWait)
		}
		go func() {
			time.Sleep(time.Second) // of the bubble's clock: while the request waits
			s.hear(event.UsersCreated{User: "bob", Login: "bob", Name: "Bob"})
			time.Sleep(time.Millisecond)
			s.hear(event.UsersCreated{User: "ada", Login: "ada", Name: "Ada"})
		}()
		began = time.Now()
		got, me := get[meAnswer](t, s, "ada", "/api/me")
		if got != 200 || me.User.Name != "Ada" || me.Groups == nil || time.Since(began) != time.Second+time.Millisecond {
			t.Errorf("status %d, %+v after %v", got, me, time.Since(began))
		}
	})
}

func TestMeGivesTheCursorOfTheView(t *testing.T) {
	s := town(t)
	err := s.rig.Store.Update(func(tx store.Tx) error {
		for origin, seq := range map[string]uint64{"users.out": 7, "calls.out": 1 << 60, "gateway.out/abc": 3, "query.in": 5} {
			if err := store.Table[uint64]("sys/origin").Put(tx, origin, seq); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	_, me := get[meAnswer](t, s, "ada", "/api/me")
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(me.Cursor, "q:"))
	if want := `{"calls.out":1152921504606846976,"users.out":7}`; err != nil || string(raw) != want {
		t.Errorf("cursor %q is %s, %v; want %s", me.Cursor, raw, err, want)
	}
}

func TestSearch(t *testing.T) {
	s := newSite(t)
	for id, name := range map[string]string{
		"ada": "Ada Lovelace", "lovis": "Lovis Zoë", "adam.k": "Karl 👩‍🚀", "zz": "Ünal Öz", "off": "Ada Off", "many": "ada ada adal",
	} {
		s.user(id, name)
	}
	s.hear(event.UsersDisabled{User: "off"})
	cases := []struct{ query, want string }{
		{"", "ada adam.k lovis many zz"},
		{"limit=2", "ada adam.k"},
		{"search=ad", "ada adam.k many"},
		{"search=AD&limit=1", "ada"},
		{"search=love", "ada"},
		{"search=lov+ad", "ada"},
		{"search=lov", "ada lovis"},
		{"search=adam.k", "adam.k"},
		{"search=ünal", "zz"},
		{"search=%C3%96Z", "zz"},
		{"search=zo", "lovis"},
		{"search=ace", ""},
		{"search=.", ""},
		{"search=" + strings.Repeat("ä", 100), ""},
	}
	for _, c := range cases {
		t.Run(c.query, func(t *testing.T) {
			_, a := get[struct{ Users []User }](t, s, "ada", "/api/users?"+c.query)
			ids := []string{}
			for _, u := range a.Users {
				ids = append(ids, u.ID)
			}
			slices.Sort(ids)
			if got := strings.Join(ids, " "); got != c.want || a.Users == nil {
				t.Errorf("found %q, want %q", got, c.want)
			}
		})
	}
	s.hear(event.UsersProfileUpdated{User: "ada", Name: "Countess", Color: "#000000"})
	if _, a := get[struct{ Users []User }](t, s, "zz", "/api/users?search=love"); len(a.Users) != 0 {
		t.Errorf("found %+v by a name that is no more", a.Users)
	}
}
