package calls

import (
	"testing"

	"scaip/internal/event"
)

func TestASharedScreenIsToldOfWhoIsIn(t *testing.T) {
	rig := room(t)
	id := started(t, rig, "bob")
	rig.Must("bob", event.CallsJoin{Call: id})
	screens := func(got []event.Envelope, want ...bool) {
		t.Helper()
		var said []bool
		for _, e := range got {
			b, err := event.As[event.CallsMediaChanged](e)
			if err != nil || e.Type != b.EventType() || !b.Video || b.User != "bob" {
				t.Fatalf("event %s %s", e.Type, e.Body)
			}
			said = append(said, b.Screen)
		}
		if len(said) != len(want) || len(want) == 1 && said[0] != want[0] {
			t.Errorf("screens %v, want %v", said, want)
		}
	}
	camera := opened(video, id, "bob")
	both := camera
	both.Screen = true
	screens(rig.Hear(camera), false)
	screens(rig.Hear(both), true)
	screens(rig.Hear(both))
	screens(rig.Hear(camera), false)
	screens(rig.Hear(both), true)
}
