package app

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"scaip/internal/event"
	"scaip/internal/ws"
)

// Who asks: the columns of the matrix.
const (
	nobody  = "no session"
	user    = "a user"
	adminWs = "an administrator"
	local   = "the unix socket"
	expired = "an expired session"
)

// An admitted says what a route answers whom it lets in: its own refusal of a request without sense is enough.
type admitted struct {
	body   any // of a POST
	status int
	text   string // that the answer holds, where the status could be that of a refusal of access
}

// admittance has a row for each route, or the test fails: what is let in must have been looked at.
func admittance() map[string]admitted {
	empty := map[string]string{}
	return map[string]admitted{
		"GET /":        {status: 200},
		"GET /healthz": {status: 200},
		"GET /readyz":  {status: 200},
		"GET /version": {status: 200},

		"POST /api/auth/setup":    {body: empty, status: 403, text: "setup link"},
		"POST /api/auth/register": {body: empty, status: 400},
		"POST /api/auth/login":    {body: map[string]string{"login": "nobody", "password": "wrong"}, status: 401, text: "password"},
		"POST /api/auth/logout":   {body: empty, status: 204},
		"POST /api/auth/password": {body: map[string]string{"old": "x", "new": "y"}, status: 400},
		"GET /api/auth/session":   {status: 200},

		"GET /api/me":                    {status: 200},
		"GET /api/users":                 {status: 200},
		"GET /api/groups":                {status: 200},
		"GET /api/groups/{id}":           {status: 200},
		"GET /api/groups/{id}/calls":     {status: 200},
		"GET /api/groups/{id}/messages":  {status: 200},
		"GET /api/calls/{id}":            {status: 200},
		"GET /api/calls/{id}/events":     {status: 200},
		"GET /api/calls/{id}/replay.mkv": {status: 404, text: "Nothing is recorded"},
		"GET /api/calls/{id}/timeline":   {status: 200, text: "calls.joined"},
		"GET /api/recordings":            {status: 200, text: `"days_left"`},
		"GET /api/recordings/calls":      {status: 200, text: `"calls":[]`},

		"GET /api/calls/{id}/clips": {status: 200, text: `"clips":[]`},

		"GET /api/clips/{token}":            {status: 404, text: "no such clip"},
		"GET /api/clips/{token}/timeline":   {status: 404, text: "no such clip"},
		"GET /api/clips/{token}/replay.mkv": {status: 404, text: "no such clip"},
		"GET /media/clip/{token}":           {status: 404, text: "no such clip"},

		"POST /api/calls/{id}/replay": {body: map[string]int{"from": -1}, status: 400},

		"GET /ws":                 {status: 426},
		"GET /media/audio/{call}": {status: 426},
		"GET /media/video/{call}": {status: 426},
		"GET /media/past/{call}":  {status: 426},

		"GET /admin/status":                  {status: 200},
		"GET /admin/doctor":                  {status: 200},
		"GET /admin/routes":                  {status: 200},
		"POST /admin/command":                {body: empty, status: 400},
		"GET /admin/users":                   {status: 200},
		"POST /admin/users":                  {body: empty, status: 400},
		"POST /admin/users/{user}/password":  {body: empty, status: 400},
		"POST /admin/sessions":               {body: map[string]string{"user": "ada"}, status: 201},
		"GET /admin/groups":                  {status: 200},
		"GET /admin/groups/{group}":          {status: 200},
		"GET /admin/calls":                   {status: 200},
		"GET /admin/calls/{call}":            {status: 200},
		"POST /admin/calls/{call}/replay":    {body: map[string]int{"from": -1}, status: 400},
		"GET /admin/calls/{call}/replay.mkv": {status: 404, text: "Nothing is recorded"},
		"GET /admin/log":                     {status: 200},
		"GET /admin/log/{topic}":             {status: 200},
		"POST /admin/rebuild/{service}":      {body: empty, status: 200},
	}
}

// A scene is a daemon with a group of two and a call in it, so that whoever may ask finds something.
type scene struct {
	*daemon
	group, call string
}

func newScene(t *testing.T) *scene {
	t.Helper()
	s := &scene{daemon: run(t, config(t))}
	s.user("ada", event.RoleAdmin)
	bob, _ := s.user("bob", event.RoleUser)
	g, err := event.As[event.GroupsCreated](s.command("ada", event.GroupsCreate{Name: "Team", Members: []string{bob}}))
	if err != nil {
		t.Fatal(err)
	}
	c, err := event.As[event.CallsStarted](s.command("ada", event.CallsStart{Group: g.Group}))
	if err != nil {
		t.Fatal(err)
	}
	s.group, s.call = g.Group, c.Call
	s.command("bob", event.CallsJoin{Call: c.Call})
	return s
}

var wildcard = regexp.MustCompile(`\{(\w+)\}`)

// path fills the wildcards of a pattern with what is there.
func (s *scene) path(pattern string) (method, path string) {
	method, path, _ = strings.Cut(pattern, " ")
	return method, wildcard.ReplaceAllStringFunc(path, func(w string) string {
		switch {
		case w == "{group}", w == "{id}" && strings.Contains(path, "/groups/"):
			return s.group
		case w == "{call}", w == "{id}" && strings.Contains(path, "/calls/"):
			return s.call
		case w == "{user}":
			return "bob"
		case w == "{topic}":
			return "users.out"
		case w == "{token}":
			return strings.Repeat("A", 43)
		case w == "{service}":
			return "users"
		}
		s.t.Fatalf("what is %s in %s?", w, pattern)
		return ""
	})
}

// in returns the scene for a subtest.
func (s *scene) in(t *testing.T) *scene {
	d := *s.daemon
	d.t = t
	return &scene{daemon: &d, group: s.group, call: s.call}
}

// An asker is somebody; late is a session that was good once.
type asker struct{ who, late string }

// ask makes the request that a route takes, as somebody.
func (s *scene) ask(by asker, pattern string, a admitted) (int, string) {
	method, path := s.path(pattern)
	if by.who == local {
		return s.askLocal(method, path, a)
	}
	r := request{method: method, path: path, body: a.body}
	switch by.who {
	case user:
		r.token = s.session("bob")
	case adminWs:
		r.token = s.session("ada")
	case expired:
		r.token = by.late
	}
	status, text, _ := s.do(r)
	return status, text
}

func (s *scene) askLocal(method, path string, a admitted) (int, string) {
	var raw json.RawMessage
	err := s.admin.Do(s.t.Context(), method, path, a.body, &raw)
	if r, ok := event.AsRefusal(err); ok {
		return r.Code.HTTPStatus(), r.Text
	}
	if err != nil && !strings.Contains(err.Error(), "read answer") { // no JSON, or nothing
		s.t.Fatal(err)
	}
	return a.status, string(raw) // a success
}

// want is what the table says: the status of the route itself for whom it lets in.
func want(who string, access event.Access, a admitted) (status int, let bool) {
	switch {
	case access == event.Local && who != local, access != event.Local && who == local:
		if a.body != nil && access == event.Local {
			return 405, false // nothing but the client's files is there, and they are to be got
		}
		return 404, false
	case access == event.Local, access == event.Anyone:
		return a.status, true
	case who == nobody, who == expired:
		return 401, false
	case access == event.Admin && who == user:
		return 403, false
	}
	return a.status, true
}

func TestRoutesLetInWhomTheTableSays(t *testing.T) {
	s := newScene(t)
	rows := admittance()
	table := event.RouteAccess()
	for _, path := range []string{"/", "/api/me", "/ws", "/healthz"} {
		if resp, err := s.admin.Get(t.Context(), path); err == nil {
			resp.Body.Close()
			t.Errorf("the unix socket serves %s: %d", path, resp.StatusCode)
		}
	}
	late := s.session("ada")
	for _, who := range []string{nobody, user, adminWs, local, expired} {
		if who == expired {
			s.ahead.Add(int64(2 * time.Hour))
		}
		t.Run(who, func(t *testing.T) {
			for pattern, access := range table {
				a, ok := rows[pattern]
				if !ok {
					t.Errorf("%s has no row in admittance()", pattern)
				}
				if who == local && access != event.Local || !ok {
					continue // the socket serves /admin alone: above
				}
				t.Run(strings.ReplaceAll(pattern, "/", "|"), func(t *testing.T) {
					t.Parallel() // an unknown session is waited for a second
					status, text := s.in(t).ask(asker{who, late}, pattern, a)
					want, let := want(who, access, a)
					if status != want || let && !strings.Contains(text, a.text) {
						t.Errorf("%d %.100s, want %d %s", status, text, want, a.text)
					}
				})
			}
		})
	}
}

// bodies has a body for each command that names things which do not exist: whoever may give it gets the service's own refusal, or makes
// something.
func bodies() map[string]event.Body {
	const none = "aaaaaaaaaaaaaaaaaaaaaaaaaa"
	all := []event.Body{
		event.UsersUpdateProfile{Name: "", Color: ""}, event.UsersDisable{User: none}, event.UsersEnable{User: none},
		event.GroupsCreate{}, event.GroupsRename{Group: none, Name: "x"}, event.GroupsAddMember{Group: none, User: none},
		event.GroupsSetRole{Group: none, User: none, Role: event.GroupOwner}, event.GroupsRemoveMember{Group: none, User: none},
		event.GroupsLeave{Group: none}, event.GroupsArchive{Group: none}, event.GroupsSetKeep{Group: none, Keep: event.KeepNone},
		event.MessagingPost{Group: none, Text: "x"}, event.MessagingEdit{Message: none, Text: "x"},
		event.MessagingDelete{Message: none}, event.MessagingReact{Message: none, Emoji: "👍"},
		event.CallsStart{Group: none}, event.CallsSchedule{Group: none}, event.CallsCancel{Call: none}, event.CallsJoin{Call: none},
		event.CallsLeave{Call: none}, event.CallsEnd{Call: none}, event.CallsDelete{Call: none}, event.CallsSetBehind{Call: none, Behind: true}, event.CallsSetBehind{Call: none},
		event.CallsRaiseHand{Call: none}, event.CallsLowerHand{Call: none}, event.CallsReact{Call: none, Emoji: "👍"}, event.CallsMute{Call: none},
		event.CallsUnmute{Call: none}, event.CallsExpel{Call: none, User: none}, event.CallsAdmit{Call: none, User: none},
		event.CallsMakeClip{Call: none}, event.CallsRevokeClip{Call: none, Clip: none},
	}
	m := make(map[string]event.Body)
	for _, b := range all {
		m[b.EventType()] = b
	}
	return m
}

// An outcome is who answered a command, and how: "auth denied", "the door invalid", "users not_found", "groups ok".
func outcome(by string, code event.Code) string { return by + " " + cmp.Or(string(code), "ok") }

func TestCommandsLetInWhomTheTableSays(t *testing.T) {
	s := newScene(t)
	rows := bodies()
	table := event.CommandAccess()
	for who, login := range map[string]string{user: "bob", adminWs: "ada"} {
		conn := s.dial(s.session(login))
		for i, typ := range slices.Sorted(maps.Keys(table)) {
			got := send(t, conn, fmt.Sprintf("c%d", i), typ, rows[typ])
			service := event.Service(typ)
			ok := strings.HasPrefix(got, service+" ")
			switch access := table[typ]; {
			case access == event.Daemon:
				ok = got == outcome("the door", event.Invalid)
			case access == event.Admin && who == user:
				ok = got == outcome("auth", event.Denied)
			case rows[typ] == nil:
				t.Errorf("%s has no row in bodies()", typ)
			}
			if !ok {
				t.Errorf("%s (%s) by %s: %s", typ, table[typ], who, got)
			}
		}
	}
	for _, typ := range slices.Sorted(maps.Keys(table)) {
		in := map[string]any{"as": "", "type": typ, "body": cmp.Or[any](rows[typ], map[string]string{})}
		err := s.admin.Do(t.Context(), "POST", "/admin/command", in, nil)
		r, _ := event.AsRefusal(err)
		daemons := strings.Contains(r.Text, "no such command")
		if (table[typ] == event.Daemon) != daemons || r.Code == event.Unauthentic {
			t.Errorf("%s (%s) by %s: %v", typ, table[typ], local, err)
		}
	}
	token := s.session("ada")
	s.ahead.Add(int64(2 * time.Hour))
	for who, token := range map[string]string{nobody: "", expired: token} {
		conn, err := s.dialErr(token)
		if r, ok := event.AsRefusal(err); !ok || r.Code != event.Unauthentic {
			t.Errorf("%s at the socket of commands: %v", who, err)
		}
		if conn != nil {
			conn.Close(ws.Normal, "")
		}
	}
}

func (s *scene) dialErr(token string) (*ws.Conn, error) {
	h := http.Header{}
	if token != "" {
		h.Set("Authorization", "Bearer "+token)
	}
	return ws.Dial(s.t.Context(), "http://"+s.app.outside.Addr().String()+"/ws", h, ws.Options{ReadLimit: 1 << 20})
}

func (s *scene) dial(token string) *ws.Conn {
	s.t.Helper()
	conn, err := s.dialErr(token)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { conn.Close(ws.Normal, "") })
	return conn
}

// send gives a command and waits for what answers it.
func send(t *testing.T, conn *ws.Conn, id, typ string, body event.Body) string {
	t.Helper()
	raw, err := json.Marshal(map[string]any{"id": id, "type": typ, "body": cmp.Or[any](body, map[string]string{})})
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.Write(t.Context(), false, raw); err != nil {
		t.Fatalf("%s: %v", typ, err)
	}
	for {
		_, data, err := conn.Read(t.Context())
		if err != nil {
			t.Fatalf("%s: %v", typ, err)
		}
		var m struct {
			Event   *event.Envelope
			Refused *struct {
				ID   string
				Code event.Code
			}
		}
		if err := json.Unmarshal(data, &m); err != nil {
			t.Fatal(err)
		}
		switch {
		case m.Refused != nil && m.Refused.ID == id:
			return outcome("the door", m.Refused.Code)
		case m.Event != nil && m.Event.Cause == id:
			var r event.Refusal
			if strings.HasSuffix(m.Event.Type, ".refused") {
				if err := json.Unmarshal(m.Event.Body, &r); err != nil {
					t.Fatal(err)
				}
			}
			return outcome(event.Service(m.Event.Type), r.Code)
		}
	}
}
