package messaging

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"scaip/internal/event"
	"scaip/internal/services"
	"scaip/internal/services/machinetest"
)

// serve returns the routes over rig's store, with a session for each of users, whose token is the user's name.
func serve(rig *machinetest.Rig, users ...string) http.Handler {
	for _, u := range users {
		rig.Hear(event.AuthSessionOpened{Session: event.SessionID(u), User: u, Role: event.RoleUser, Expires: rig.Now.Add(time.Hour)})
	}
	mux := http.NewServeMux()
	gate := services.Gate{Store: rig.Store, Now: func() time.Time { return rig.Now }}
	for _, r := range Routes(HTTP{Store: rig.Store, Gate: gate, Logger: slog.New(slog.DiscardHandler)}) {
		mux.Handle(r.Pattern, r.Handler)
	}
	return mux
}

func ask(t *testing.T, h http.Handler, token, path string) (int, string) {
	t.Helper()
	r := httptest.NewRequest("GET", path, nil)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

func TestPages(t *testing.T) {
	rig := room(t)
	h := serve(rig, "ada")
	for i := range 25 {
		posted(t, rig, "bob", fmt.Sprintf("m%d", i+1))
	}
	cases := []struct {
		query       string
		first, last uint64
		more        bool
	}{
		{"", 1, 25, false},
		{"?limit=10", 16, 25, true},
		{"?limit=10&before=16", 6, 15, true},
		{"?limit=10&before=6", 1, 5, false},
		{"?limit=5&before=6", 1, 5, false},
		{"?before=1", 0, 0, false},
		{"?before=1000&limit=1", 25, 25, true},
	}
	for _, c := range cases {
		t.Run(c.query, func(t *testing.T) {
			code, body := ask(t, h, "ada", "/api/groups/g/messages"+c.query)
			var got struct {
				Messages []Message
				More     bool
			}
			if err := json.Unmarshal([]byte(body), &got); err != nil || code != 200 || got.Messages == nil {
				t.Fatalf("status %d, %v: %s", code, err, body)
			}
			var first, last uint64
			if n := len(got.Messages); n > 0 {
				first, last = got.Messages[0].Number, got.Messages[n-1].Number
				if last-first != uint64(n-1) {
					t.Errorf("%d messages from %d to %d", n, first, last)
				}
			}
			if first != c.first || last != c.last || got.More != c.more {
				t.Errorf("messages %d to %d, more %v; want %d to %d, %v", first, last, got.More, c.first, c.last, c.more)
			}
		})
	}
}

func TestPageShowsAMessageWhole(t *testing.T) {
	rig := room(t)
	h := serve(rig, "ada")
	made := rig.Must("bob", event.MessagingPost{Group: "g", Text: "first", Call: "c"})
	b, _ := event.As[event.MessagingPosted](made[0])
	rig.Must("cyd", event.MessagingReact{Message: b.Message, Emoji: "🎉", On: true})
	rig.Must("ada", event.MessagingReact{Message: b.Message, Emoji: "👍", On: true})
	rig.Must("bob", event.MessagingReact{Message: b.Message, Emoji: "🎉", On: true})
	rig.Now = rig.Now.Add(time.Minute)
	rig.Must("bob", event.MessagingEdit{Message: b.Message, Text: "second"})
	_, got := ask(t, h, "ada", "/api/groups/g/messages")
	want := `{"messages":[{"id":"` + b.Message + `","group":"g","number":1,"author":"bob","text":"second","at":"2026-03-01T12:00:00Z",` +
		`"edited":"2026-03-01T12:01:00Z","deleted":false,"call":"c","reactions":[{"emoji":"🎉","users":["bob","cyd"]},{"emoji":"👍","users":["ada"]}]}],"more":false}` + "\n"
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestPagesAreForMembersAlone(t *testing.T) {
	rig := room(t)
	h := serve(rig, "ada", "bob", "eve")
	posted(t, rig, "bob", "secret")
	rig.Hear(event.GroupsMemberRemoved{Group: "g", User: "bob"})
	cases := []struct {
		name, token, path string
		status            int
	}{
		{"member", "ada", "/api/groups/g/messages", 200},
		{"no session", "", "/api/groups/g/messages", 401},
		{"a made-up session", "nobody", "/api/groups/g/messages", 401},
		{"a stranger", "eve", "/api/groups/g/messages", 404},
		{"a removed member", "bob", "/api/groups/g/messages", 404},
		{"no such group", "ada", "/api/groups/none/messages", 404},
		{"a path as group", "ada", "/api/groups/..%2Fg/messages", 404},
		{"limit too large", "ada", "/api/groups/g/messages?limit=101", 400},
		{"limit none", "ada", "/api/groups/g/messages?limit=0", 400},
		{"before a word", "ada", "/api/groups/g/messages?before=x", 400},
		{"before negative", "ada", "/api/groups/g/messages?before=-1", 400},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got, body := ask(t, h, c.token, c.path); got != c.status {
				t.Errorf("status %d, want %d: %s", got, c.status, body)
			}
		})
	}
	rig.Hear(event.AuthSessionClosed{Session: event.SessionID("ada"), User: "ada", Reason: "logout"})
	if got, _ := ask(t, h, "ada", "/api/groups/g/messages"); got != 401 {
		t.Errorf("status %d after logout, want 401", got)
	}
}

func TestRoutesHaveRows(t *testing.T) {
	for _, r := range Routes(HTTP{}) {
		if _, ok := event.RouteAccess()[r.Pattern]; !ok {
			t.Errorf("%s has no row in event.RouteAccess", r.Pattern)
		}
	}
}
