package edge

import (
	"testing"

	"scaip/internal/event"
	"scaip/internal/media"
)

func gone(t *testing.T, p *peer, track uint16) {
	t.Helper()
	if m := p.text(); m.Gone == nil || m.Gone.Track != track {
		t.Fatalf("%s got %+v, want gone", p.user, m)
	}
}

func TestWhoIsMutedIsNotHeardWhateverHeSends(t *testing.T) {
	g := newRig(t, media.Audio, nil)
	g.call("c1", "ada", "bob")
	ada, bob := g.dial("ada", "c1", ""), g.dial("bob", "c1", "")
	opened := func(idle bool) event.Body {
		return event.MediaOpened{Service: g.kind, Call: "c1", User: "bob", Idle: idle}
	}
	bob.send("config", "key")
	ada.gets("8:0", "8:1")
	g.saw(opened(false))
	g.event(event.CallsMuted{Call: "c1", Group: "g", User: "bob", By: "ada"})
	gone(t, ada, 8)
	g.saw(opened(true))
	bob.send("key")
	bob.refused(event.Denied, "muted")
	bob.send("config", "key")
	g.until("three frames are refused", func() bool { return g.edge.Stats().Refused == 3 })
	g.event(event.CallsUnmuted{Call: "c1", Group: "g", User: "bob"})
	g.until("bob is unmuted", func() bool {
		in := &bob.socket(t).in
		in.mu.Lock()
		defer in.mu.Unlock()
		return !in.muted
	})
	bob.send("key")
	ada.gets("8:3", "8:5") // the config that came meanwhile, and what follows it
	g.saw(opened(false))
}

func TestASilenceBindsTheNextSocketAndEndsWithANewSeat(t *testing.T) {
	g := newRig(t, media.Audio, nil)
	g.call("c1", "ada", "bob")
	ada := g.dial("ada", "c1", "")
	first := g.dial("bob", "c1", "")
	g.event(event.CallsMuted{Call: "c1", Group: "g", User: "bob", By: "ada"})
	g.until("bob is muted", func() bool {
		_, at, _, err := g.edge.member("c1", "bob")
		return err == nil && at.Muted
	})
	bob := g.dial("bob", "c1", "")
	first.end(closeReplaced, "")
	bob.send("config", "key")
	bob.refused(event.Denied, "muted")
	g.event(event.CallsLeft{Call: "c1", Group: "g", User: "bob", Reason: "left"})
	bob.end(closePolicy, "left")
	g.event(event.CallsJoined{Call: "c1", Group: "g", User: "bob", Seat: 2})
	bob = g.dial("bob", "c1", "")
	bob.send("config", "key")
	ada.gets("8:0", "8:1")
}

func TestWhoIsPutOutIsToldInWords(t *testing.T) {
	g := newRig(t, media.Video, nil)
	g.call("c1", "ada", "bob")
	bob := g.dial("bob", "c1", "")
	g.event(event.CallsLeft{Call: "c1", Group: "g", User: "bob", Reason: "expelled", By: "ada"})
	bob.end(closePolicy, "an owner of the group has removed you from this call")
}
