package query

import (
	"fmt"
	"slices"
	"testing"

	"scaip/internal/event"
)

func TestWhatHappenedInACall(t *testing.T) {
	s := town(t)
	s.hear(event.CallsLeft{Call: "c3", Group: "g", User: "bob", Reason: "left"})
	code, a := get[eventsAnswer](t, s, "ada", "/api/calls/c3/events")
	if code != 200 {
		t.Fatalf("status %d", code)
	}
	var got []string
	before := int64(0)
	for _, e := range a.Events {
		got = append(got, fmt.Sprint(e.Type, " ", e.User, e.Seat, e.Reason))
		if e.At < before {
			t.Errorf("%s is at %d, before %d", e.Type, e.At, before)
		}
		before = e.At
	}
	if want := []string{"started 0", "joined bob1", "media_changed bob0", "left bob0left"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if code, _ := get[map[string]any](t, s, "eve", "/api/calls/c3/events"); code != 404 {
		t.Errorf("a stranger gets %d", code)
	}
}
