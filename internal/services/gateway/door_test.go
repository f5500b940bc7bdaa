package gateway

import (
	"encoding/json"
	"testing"
	"unicode/utf8"

	"scaip/internal/event"
)

// FuzzDecode: whatever comes in, what goes on is a command of a known type, with a valid ID and a canonical body in valid UTF-8.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{
		`{"id":"c","type":"messaging.post","body":{"group":"g","text":"hi"}}`, `{"ping":1e3}`, `{"ping":-0}`, `{"id":"c","type":"calls.schedule","body":{"start":"2026-01-01T00:00:00+23:59"}}`,
		`{"ID":"c","id":"d","type":"groups.create","body":{"members":["\ud800",null]}}`, `{"id":"c","type":"groups.leave","body":{"group":null}}`, `[[[[`, "\xff", `{"ping":null}`,
	} {
		f.Add([]byte(s))
	}
	checks := newBodyChecks()
	f.Fuzz(func(t *testing.T, data []byte) {
		in, err := checks.decode(false, data)
		if in.ID != "" && !event.ValidID(in.ID) {
			t.Fatalf("%q gives the ID %q", data, in.ID)
		}
		if err != nil {
			if ref, ok := event.AsRefusal(err); !ok || ref.Code != event.Invalid {
				t.Fatalf("%q: %v is no refusal", data, err)
			}
			encode(refusedMessage{refused{ID: in.ID}})
			return
		}
		if in.Ping != nil {
			encode(pongMessage{Pong: in.Ping})
			return
		}
		if access := event.CommandAccess()[in.Type]; access != event.AnyUser && access != event.Admin || in.ID == "" {
			t.Fatalf("%q passes as %q of %s", data, in.Type, access)
		}
		if !utf8.Valid(in.Body) || !json.Valid(in.Body) {
			t.Fatalf("%q passes with the body %q", data, in.Body)
		}
		again, err := checks.canonical(in.Type, in.Body)
		if err != nil || string(again) != string(in.Body) {
			t.Fatalf("%q: %q is not canonical: %q, %v", data, in.Body, again, err)
		}
	})
}
