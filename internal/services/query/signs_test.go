package query

import (
	"fmt"
	"slices"
	"testing"

	"scaip/internal/event"
)

func TestSignsOfACall(t *testing.T) {
	s := town(t)
	s.hear(event.CallsJoined{Call: "c3", Group: "g", User: "ada", Seat: 2})
	bob := func() Participant {
		t.Helper()
		_, a := get[struct{ Call Call }](t, s, "ada", "/api/calls/c3")
		return a.Call.Participants[0]
	}
	s.hear(event.CallsHandRaised{Call: "c3", Group: "g", User: "bob"})
	s.hear(event.CallsMuted{Call: "c3", Group: "g", User: "bob", By: "ada"})
	if p := bob(); !p.Hand.Equal(s.rig.Now) || !p.Muted || p.Barred {
		t.Errorf("bob is %+v, want his hand up since %v and muted", p, s.rig.Now)
	}
	s.hear(event.CallsHandLowered{Call: "c3", Group: "g", User: "bob", By: "ada"})
	s.hear(event.CallsUnmuted{Call: "c3", Group: "g", User: "bob"})
	if p := bob(); !p.Hand.IsZero() || p.Muted {
		t.Errorf("bob is %+v, want his hand down and not muted", p)
	}
	s.hear(event.CallsHandRaised{Call: "c3", Group: "g", User: "bob"})
	s.hear(event.CallsReacted{Call: "c3", Group: "g", User: "bob", Emoji: "🎉"})
	s.hear(event.CallsLeft{Call: "c3", Group: "g", User: "bob", Reason: "expelled", By: "ada"})
	if p := bob(); !p.Hand.IsZero() || p.In || !p.Barred {
		t.Errorf("bob is %+v, want him out, barred, his hand down", p)
	}
	s.hear(event.CallsAdmitted{Call: "c3", Group: "g", User: "bob"})
	if p := bob(); p.Barred {
		t.Errorf("bob is %+v, want him admitted", p)
	}
	_, a := get[eventsAnswer](t, s, "ada", "/api/calls/c3/events")
	var got []string
	for _, e := range a.Events[4:] {
		got = append(got, fmt.Sprint(e.Type, " ", e.User, e.Emoji, e.Reason, e.By))
	}
	want := []string{"hand_raised bob", "muted bobada", "hand_lowered bobada", "hand_raised bob", "reacted bob🎉", "left bobexpelledada"}
	if !slices.Equal(got, want) {
		t.Errorf("events %q, want %q", got, want)
	}
}

func TestSignsLeaveRoomForTheRestOfTheJournal(t *testing.T) {
	s := town(t)
	for range maxSigns + 5 {
		s.hear(event.CallsReacted{Call: "c3", Group: "g", User: "bob", Emoji: "🎉"})
	}
	s.hear(event.CallsLeft{Call: "c3", Group: "g", User: "bob", Reason: "left"})
	_, a := get[eventsAnswer](t, s, "ada", "/api/calls/c3/events")
	if n := len(a.Events); n != maxSigns+1 || a.Events[n-1].Type != "left" {
		t.Errorf("%d events, the last is %+v; want %d and the leaving", n, a.Events[n-1], maxSigns+1)
	}
}
