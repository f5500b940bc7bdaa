package calls

import (
	"testing"

	"scaip/internal/event"
	"scaip/internal/services/machinetest"
	"scaip/internal/store"
)

func behind(t *testing.T, rig *machinetest.Rig, id, user string) (is bool) {
	t.Helper()
	err := rig.Store.View(func(r store.Reader) error {
		s, _, err := tableSeats.Get(r, pair(id, user))
		is = s.Behind
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return is
}

func TestWhoLooksBackSaysSo(t *testing.T) {
	rig := room(t)
	id := started(t, rig, "ada")
	for who, want := range map[string]event.Code{"bob": event.Conflict, "eve": event.NotFound} {
		_, err := rig.Do(who, event.CallsSetBehind{Call: id, Behind: true})
		if ref, ok := event.AsRefusal(err); !ok || ref.Code != want {
			t.Errorf("%s, who is not in the call: %v, want %s", who, err, want)
		}
	}
	rig.Must("bob", event.CallsJoin{Call: id})
	expect(t, rig.Must("bob", event.CallsSetBehind{Call: id, Behind: true}), "behind_changed bob")
	if !behind(t, rig, id, "bob") {
		t.Error("bob is not behind")
	}
	rig.Must("bob", event.CallsSetBehind{Call: id, Behind: false})
	if behind(t, rig, id, "bob") {
		t.Error("bob is still behind")
	}
	rig.Must("bob", event.CallsSetBehind{Call: id, Behind: true})
	rig.Must("ada", event.CallsJoin{Call: id})
	rig.Must("bob", event.CallsLeave{Call: id})
	if behind(t, rig, id, "bob") {
		t.Error("who has left is still behind")
	}
}
