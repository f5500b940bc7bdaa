package calls

import (
	"strings"
	"testing"

	"scaip/internal/event"
	"scaip/internal/services/machinetest"
)

// ownerCases: in the running call sits bob alone, who started it; ada owns the group.
func ownerCases() []commandCase {
	return []commandCase{
		{"mute", "ada", func(c ids) event.Body { return event.CallsMute{Call: c.run, User: "bob"} }, "", []string{"muted bob ada"}},
		{"mute all", "ada", func(c ids) event.Body { return event.CallsMute{Call: c.run} }, "", []string{"muted bob ada"}},
		{"mute all without owning", "bob", func(c ids) event.Body { return event.CallsMute{Call: c.run} }, event.Denied, nil},
		{"mute without owning", "cyd", func(c ids) event.Body { return event.CallsMute{Call: c.run, User: "bob"} }, event.Denied, nil},
		{"mute as a stranger", "eve", func(c ids) event.Body { return event.CallsMute{Call: c.run, User: "bob"} }, event.NotFound, nil},
		{"mute who is not in", "ada", func(c ids) event.Body { return event.CallsMute{Call: c.run, User: "cyd"} }, event.Conflict, nil},
		{"mute a path", "ada", func(c ids) event.Body { return event.CallsMute{Call: c.run, User: "../bob"} }, event.Invalid, nil},
		{"mute after the call", "ada", func(c ids) event.Body { return event.CallsMute{Call: c.over, User: "bob"} }, event.Conflict, nil},
		{"unmute who is not muted", "bob", func(c ids) event.Body { return event.CallsUnmute{Call: c.run} }, "", nil},
		{"unmute from outside", "ada", func(c ids) event.Body { return event.CallsUnmute{Call: c.run} }, event.Conflict, nil},
		{"expel the last", "ada", func(c ids) event.Body { return event.CallsExpel{Call: c.run, User: "bob"} }, "", []string{"left bob expelled ada", "ended empty"}},
		{"expel without owning", "cyd", func(c ids) event.Body { return event.CallsExpel{Call: c.run, User: "bob"} }, event.Denied, nil},
		{"expel as a stranger", "eve", func(c ids) event.Body { return event.CallsExpel{Call: c.run, User: "bob"} }, event.NotFound, nil},
		{"expel who is not in", "ada", func(c ids) event.Body { return event.CallsExpel{Call: c.run, User: "cyd"} }, event.Conflict, nil},
		{"expel oneself", "ada", func(c ids) event.Body { return event.CallsExpel{Call: c.run, User: "ada"} }, event.Invalid, nil},
		{"expel nobody", "ada", func(c ids) event.Body { return event.CallsExpel{Call: c.run} }, event.Invalid, nil},
		{"expel from a call that waits", "ada", func(c ids) event.Body { return event.CallsExpel{Call: c.wait, User: "bob"} }, event.Conflict, nil},
		{"admit who was never expelled", "ada", func(c ids) event.Body { return event.CallsAdmit{Call: c.run, User: "bob"} }, "", nil},
		{"admit nobody", "ada", func(c ids) event.Body { return event.CallsAdmit{Call: c.run} }, event.Invalid, nil},
		{"admit without owning", "bob", func(c ids) event.Body { return event.CallsAdmit{Call: c.run, User: "cyd"} }, event.Denied, nil},
	}
}

func TestWhoIsMutedUnmutesHimself(t *testing.T) {
	rig := room(t)
	id := started(t, rig, "ada")
	for _, u := range []string{"ada", "bob", "cyd"} {
		rig.Must(u, event.CallsJoin{Call: id})
	}
	rig.Must("ada", event.CallsMute{Call: id, User: "cyd"})
	expect(t, rig.Must("ada", event.CallsMute{Call: id, User: "cyd"}))
	expect(t, rig.Must("ada", event.CallsMute{Call: id}), "muted bob ada") // neither herself nor who is muted already
	expect(t, rig.Must("bob", event.CallsUnmute{Call: id}), "unmuted bob")
	if at(t, rig, id, "bob").Muted || !at(t, rig, id, "cyd").Muted {
		t.Error("want bob unmuted and cyd muted")
	}
	rig.Must("cyd", event.CallsLeave{Call: id})
	rig.Must("cyd", event.CallsJoin{Call: id})
	if at(t, rig, id, "cyd").Muted {
		t.Error("a silence outlived its call")
	}
	rig.Rebuild(func(int) int { return 0 })
}

func TestWhoIsExpelledComesBackOnlyIfAdmitted(t *testing.T) {
	rig := room(t)
	id := started(t, rig, "ada")
	for _, u := range []string{"ada", "bob", "cyd"} {
		rig.Must(u, event.CallsJoin{Call: id})
	}
	expect(t, rig.Must("ada", event.CallsExpel{Call: id, User: "bob"}), "left bob expelled ada")
	_, err := rig.Do("bob", event.CallsJoin{Call: id})
	if machinetest.CodeOf(err) != event.Denied || !strings.Contains(err.Error(), "removed you") {
		t.Errorf("join of who was expelled: %v", err)
	}
	rig.Must("cyd", event.CallsLeave{Call: id})
	rig.Must("cyd", event.CallsJoin{Call: id}) // others come and go
	expect(t, rig.Must("ada", event.CallsAdmit{Call: id, User: "bob"}), "admitted bob")
	expect(t, rig.Must("bob", event.CallsJoin{Call: id}), "joined bob 2") // his seat is his for good
	rig.Must("ada", event.CallsExpel{Call: id, User: "bob"})
	rig.Must("ada", event.CallsEnd{Call: id})
	next := started(t, rig, "ada")
	expect(t, rig.Must("bob", event.CallsJoin{Call: next}), "joined bob 1") // it was of that call only
	rig.Rebuild(func(int) int { return 0 })
}

func TestTheOperatorMutesAndExpels(t *testing.T) {
	rig := room(t)
	id := started(t, rig, "ada")
	rig.Must("ada", event.CallsJoin{Call: id})
	rig.Must("bob", event.CallsJoin{Call: id})
	do := func(body event.Body) []event.Envelope {
		t.Helper()
		got, err := rig.DoAs(event.System, event.LocalSession, body)
		if err != nil {
			t.Fatalf("%s: %v", body.EventType(), err)
		}
		return got
	}
	expect(t, do(event.CallsMute{Call: id, User: "ada"}), "muted ada system")
	expect(t, do(event.CallsExpel{Call: id, User: "ada"}), "left ada expelled system")
	expect(t, do(event.CallsAdmit{Call: id, User: "ada"}), "admitted ada")
}
