package calls

import (
	"testing"
	"time"

	"scaip/internal/event"
	"scaip/internal/services/machinetest"
	"scaip/internal/store"
)

// signCases: in the running call sits bob alone; ada owns the group.
func signCases() []commandCase {
	return []commandCase{
		{"raise a hand", "bob", func(c ids) event.Body { return event.CallsRaiseHand{Call: c.run} }, "", []string{"hand_raised bob"}},
		{"raise a hand from outside", "cyd", func(c ids) event.Body { return event.CallsRaiseHand{Call: c.run} }, event.Conflict, nil},
		{"raise a hand as a stranger", "eve", func(c ids) event.Body { return event.CallsRaiseHand{Call: c.run} }, event.NotFound, nil},
		{"raise a hand after the call", "bob", func(c ids) event.Body { return event.CallsRaiseHand{Call: c.over} }, event.Conflict, nil},
		{"lower a hand that is down", "bob", func(c ids) event.Body { return event.CallsLowerHand{Call: c.run} }, "", nil},
		{"lower a hand that is down, by name", "bob", func(c ids) event.Body { return event.CallsLowerHand{Call: c.run, User: "bob"} }, "", nil},
		{"lower another's without owning", "cyd", func(c ids) event.Body { return event.CallsLowerHand{Call: c.run, User: "bob"} }, event.Denied, nil},
		{"react", "bob", func(c ids) event.Body { return event.CallsReact{Call: c.run, Emoji: "🎉"} }, "", []string{"reacted bob 🎉"}},
		{"react with something else", "bob", func(c ids) event.Body { return event.CallsReact{Call: c.run, Emoji: "🍕"} }, event.Invalid, nil},
		{"react with nothing", "bob", func(c ids) event.Body { return event.CallsReact{Call: c.run} }, event.Invalid, nil},
		{"react from outside", "ada", func(c ids) event.Body { return event.CallsReact{Call: c.run, Emoji: "🎉"} }, event.Conflict, nil},
		{"react as a stranger", "eve", func(c ids) event.Body { return event.CallsReact{Call: c.run, Emoji: "🎉"} }, event.NotFound, nil},
	}
}

// at reads somebody's seat.
func at(t *testing.T, rig *machinetest.Rig, id, user string) (s seat) {
	t.Helper()
	err := rig.Store.View(func(r store.Reader) (err error) {
		s, _, err = tableSeats.Get(r, pair(id, user))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestHandsStandInTheirOrderAndGoDown(t *testing.T) {
	rig := room(t)
	id := started(t, rig, "ada")
	for _, u := range []string{"ada", "bob", "cyd"} {
		rig.Must(u, event.CallsJoin{Call: id})
	}
	rig.Now = rig.Now.Add(time.Second)
	rig.Must("cyd", event.CallsRaiseHand{Call: id})
	rig.Now = rig.Now.Add(time.Second)
	expect(t, rig.Must("bob", event.CallsRaiseHand{Call: id}), "hand_raised bob")
	expect(t, rig.Must("bob", event.CallsRaiseHand{Call: id}))
	if b, c := at(t, rig, id, "bob").Hand, at(t, rig, id, "cyd").Hand; !c.Before(b) || c.IsZero() {
		t.Errorf("hands of %v and %v, want cyd's first", b, c)
	}
	expect(t, rig.Must("ada", event.CallsLowerHand{Call: id, User: "cyd"}), "hand_lowered cyd ada")
	expect(t, rig.Must("ada", event.CallsLowerHand{Call: id, User: "cyd"}))
	rig.Must("bob", event.CallsLeave{Call: id})
	for _, u := range []string{"bob", "cyd"} {
		if !at(t, rig, id, u).Hand.IsZero() {
			t.Errorf("%s's hand is still up", u)
		}
	}
	rig.Rebuild(func(int) int { return 0 })
}

func TestReactionsHaveTheirPace(t *testing.T) {
	rig := room(t)
	id := started(t, rig, "ada")
	rig.Must("ada", event.CallsJoin{Call: id})
	rig.Must("bob", event.CallsJoin{Call: id})
	clap := event.CallsReact{Call: id, Emoji: "👏"}
	for range maxReacts {
		rig.Must("bob", clap)
	}
	if _, err := rig.Do("bob", clap); machinetest.CodeOf(err) != event.TooMany {
		t.Errorf("reaction %d: %v, want %s", maxReacts+1, err, event.TooMany)
	}
	rig.Must("ada", clap)
	rig.Now = rig.Now.Add(reactTime)
	for range maxReacts {
		rig.Must("bob", clap)
	}
	if _, err := rig.Do("bob", clap); machinetest.CodeOf(err) != event.TooMany {
		t.Errorf("reaction %d: %v, want %s", maxReacts+1, err, event.TooMany)
	}
	rig.Rebuild(func(int) int { return 0 })
}
