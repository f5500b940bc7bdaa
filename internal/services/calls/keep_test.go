package calls

import (
	"testing"
	"time"

	"scaip/internal/event"
	"scaip/internal/services/machinetest"
)

// ended has bob hold a call alone and hang up.
func hungUp(t *testing.T, rig *machinetest.Rig) (string, []event.Envelope) {
	id := started(t, rig, "bob")
	rig.Must("bob", event.CallsJoin{Call: id})
	return id, rig.Must("bob", event.CallsLeave{Call: id})
}

func TestRecordingsAreForgottenAsTheGroupSays(t *testing.T) {
	rig := room(t)
	kept, got := hungUp(t, rig)
	expect(t, got, "left bob left", "ended empty")
	if e, _ := event.As[event.CallsEnded](got[1]); e.Until != nil || e.Keep != "" {
		t.Errorf("ended %+v, want kept for good", e)
	}

	rig.Hear(event.GroupsKeepSet{Group: "g", Keep: event.KeepNone})
	_, got = hungUp(t, rig)
	expect(t, got, "left bob left", "ended empty", "forgotten none")

	rig.Hear(event.GroupsKeepSet{Group: "g", Keep: event.KeepDays, Days: 2})
	id, got := hungUp(t, rig)
	if e, _ := event.As[event.CallsEnded](got[1]); e.Until == nil || !e.Until.Equal(e.End.Add(48*time.Hour)) || e.Keep != event.KeepDays {
		t.Errorf("ended %+v, want kept for two days", e)
	}
	deleted, _ := hungUp(t, rig)
	rig.Must("ada", event.CallsDelete{Call: deleted})
	rig.Hear(event.GroupsKeepSet{Group: "g", Keep: event.KeepForever}) // holds for calls to come
	rig.Now = rig.Now.Add(48*time.Hour - 2*time.Second)
	expect(t, rig.Tick())
	got = after(rig, 3*time.Second)
	expect(t, got, "forgotten days")
	if e, _ := event.As[event.CallsForgotten](got[0]); e.Call != id || e.Group != "g" {
		t.Errorf("forgotten %+v, want %s", e, id)
	}
	rig.Now = rig.Now.Add(1000 * time.Hour)
	expect(t, rig.Tick())
	rig.Must("ada", event.CallsDelete{Call: kept})
	rig.Must("ada", event.CallsDelete{Call: id})

	rig.Hear(event.GroupsKeepSet{Group: "g", Keep: event.KeepNone})
	started(t, rig, "bob")
	expect(t, rig.Hear(event.GroupsArchived{Group: "g"}), "ended archived", "forgotten none")
}
