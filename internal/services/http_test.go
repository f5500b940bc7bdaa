package services_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"scaip/internal/event"
	"scaip/internal/services"
	"scaip/internal/store"
	"scaip/internal/store/memstore"
)

func TestReadJSON(t *testing.T) {
	const typ = "application/json"
	for _, c := range []struct{ name, typ, body, refused string }{
		{"an object", typ, `{"name":"x"}`, ""},
		{"with a charset", typ + "; charset=utf-8", ` {"name":"x"} `, ""},
		{"another content type", "text/plain", `{"name":"x"}`, "application/json"},
		{"no content type", "", `{"name":"x"}`, "application/json"},
		{"unknown field", typ, `{"nam":"x"}`, "nam"},
		{"two values", typ, `{"name":"x"}{}`, "more than one"},
		{"junk after it", typ, `{"name":"x"}]`, "more than one"},
		{"no JSON", typ, `name=x`, "JSON"},
		{"nothing", typ, ``, "JSON"},
		{"wrong type", typ, `{"name":1}`, "JSON"},
		{"too large", typ, `{"name":"` + strings.Repeat("x", 64<<10) + `"}`, "64 KiB"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest("POST", "/", strings.NewReader(c.body))
			r.Header.Set("Content-Type", c.typ)
			var got struct {
				Name string `json:"name"`
			}
			err := services.ReadJSON(httptest.NewRecorder(), r, &got)
			refusal, refused := event.AsRefusal(err)
			switch {
			case c.refused == "" && (err != nil || got.Name != "x"):
				t.Errorf("got %+v, %v", got, err)
			case c.refused != "" && (!refused || refusal.Code != event.Invalid || !strings.Contains(refusal.Text, c.refused)):
				t.Errorf("got %v, want a refusal that says %q", err, c.refused)
			}
		})
	}
}

func TestWriteError(t *testing.T) {
	for _, c := range []struct {
		err    error
		status int
		body   string
		logged bool
	}{
		{fmt.Errorf("wrapped: %w", event.Refuse(event.NotFound, "No such room.")), 404, `{"code":"not_found","text":"No such room."}`, false},
		{event.Refuse(event.TooMany, "Slow down."), 429, `{"code":"too_many","text":"Slow down."}`, false},
		{errors.New("disk /dev/secret is on fire"), 500, `"code":"unavailable"`, true},
	} {
		var out bytes.Buffer
		w := httptest.NewRecorder()
		services.WriteError(w, slog.New(slog.NewTextHandler(&out, nil)), c.err)
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.body) || strings.Contains(w.Body.String(), "secret") {
			t.Errorf("%v: got %d %s, want %d %s", c.err, w.Code, w.Body, c.status, c.body)
		}
		if got := strings.Contains(out.String(), "on fire"); got != c.logged {
			t.Errorf("%v: logged %t, want %t", c.err, got, c.logged)
		}
		if c.status == 429 && w.Header().Get("Retry-After") == "" {
			t.Error("too_many without Retry-After")
		}
	}
}

// withSession opens a session by its event.
func withSession(t *testing.T, s store.Store, token string, expires time.Time) {
	t.Helper()
	e, err := event.Wrap(command(t, token, "ada", body{typ: "auth.x"}), 0,
		event.AuthSessionOpened{Session: event.SessionID(token), User: "ada", Role: event.RoleUser, Expires: expires})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Update(func(tx store.Tx) error { return services.ApplySession(tx, e) }); err != nil {
		t.Fatal(err)
	}
}

func request(set func(*http.Request)) *http.Request {
	r := httptest.NewRequest("GET", "/", nil)
	set(r)
	return r
}

func bearer(token string) *http.Request {
	return request(func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) })
}

func TestGate(t *testing.T) {
	s := memstore.New()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	withSession(t, s, "good", now.Add(time.Hour))
	withSession(t, s, "old", now)
	cookie := func(name, value string) *http.Request {
		return request(func(r *http.Request) { r.AddCookie(&http.Cookie{Name: name, Value: value}) })
	}
	gate := services.NewGate(s, nil, func() time.Time { return now })
	for name, c := range map[string]struct {
		r  *http.Request
		ok bool
	}{
		"bearer":         {bearer("good"), true},
		"cookie":         {cookie(services.SessionCookie, "good"), true},
		"TLS cookie":     {cookie(services.SessionCookieTLS, "good"), true},
		"other cookie":   {cookie("session", "good"), false},
		"no token":       {request(func(*http.Request) {}), false},
		"expired":        {bearer("old"), false},
		"unknown":        {bearer("bad"), false},
		"the session ID": {bearer(event.SessionID("good")), false},
		"endless":        {bearer(strings.Repeat("good", 1000)), false},
		"basic":          {request(func(r *http.Request) { r.SetBasicAuth("ada", "good") }), false},
	} {
		got, err := gate.Authenticate(c.r)
		refusal, _ := event.AsRefusal(err)
		if c.ok && (err != nil || got.User != "ada" || got.ID != event.SessionID("good")) || !c.ok && refusal.Code != event.Unauthentic {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
	closed, err := event.Wrap(command(t, "c", "ada", body{typ: "auth.x"}), 0, event.AuthSessionClosed{Session: event.SessionID("good")})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Update(func(tx store.Tx) error { return services.ApplySession(tx, closed) }); err != nil {
		t.Fatal(err)
	}
	if _, err := gate.Authenticate(bearer("good")); err == nil {
		t.Error("a closed session is let in")
	}
}

// guarded is a service that keeps sessions.
type guarded struct{ rooms }

func (g guarded) Apply(tx store.Tx, e event.Envelope) error {
	if event.Service(e.Type) == "auth" {
		return services.ApplySession(tx, e)
	}
	return g.rooms.Apply(tx, e)
}

func TestGateWaitsForASessionJustOpened(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, s := newLog(t), memstore.New()
		o := options(guarded{}, l, s)
		o.Feeds = services.Feeds{"auth.out": {"auth.session_opened": true}}
		r := services.NewRunner(o)
		start(t, r)
		<-r.Ready()
		gate := services.NewGate(s, r.Changed, nil)
		type answer struct {
			s   services.Session
			err error
		}
		answers := make(chan answer)
		began := time.Now()
		go func() {
			s, err := gate.Authenticate(bearer("new"))
			answers <- answer{s, err}
		}()
		time.Sleep(300 * time.Millisecond)
		e, err := event.Wrap(command(t, "x", "ada", body{typ: "auth.x"}), 0,
			event.AuthSessionOpened{Session: event.SessionID("new"), User: "ada", Expires: time.Now().Add(time.Hour)})
		if err != nil {
			t.Fatal(err)
		}
		put(t, l, "rooms.in", "auth.out", 1, e)
		if got := <-answers; got.err != nil || got.s.User != "ada" || time.Since(began) != 300*time.Millisecond {
			t.Errorf("got %+v after %v", got, time.Since(began))
		}
		began = time.Now()
		if _, err := gate.Authenticate(bearer("never")); err == nil || time.Since(began) != time.Second {
			t.Errorf("a session that never comes: got %v after %v", err, time.Since(began))
		}
	})
}

func TestGateBoundsWhoWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		never := make(chan struct{})
		gate := services.NewGate(memstore.New(), func() <-chan struct{} { return never }, nil)
		done := make(chan time.Duration, 200)
		began := time.Now()
		for i := range cap(done) {
			go func() {
				_, err := gate.Authenticate(bearer(fmt.Sprint("made up ", i)))
				if err == nil {
					t.Error("let in")
				}
				done <- time.Since(began)
			}()
		}
		waited := 0
		for range cap(done) {
			if <-done > 0 {
				waited++
			}
		}
		want(t, "waited", waited, cap(gate.Waiting))
	})
}

func TestFeedsOf(t *testing.T) {
	got := services.FeedsOf(delivery, "rooms")
	want(t, "feeds", got, services.Feeds{"door.out": {"door.entered": true}, "notes.out": {"notes.written": true}})
	want(t, "of a stranger", services.FeedsOf(delivery, "stranger"), services.Feeds{})
}
