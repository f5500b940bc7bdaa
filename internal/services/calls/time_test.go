package calls

import (
	"testing"
	"time"

	"scaip/internal/event"
	"scaip/internal/services/machinetest"
)

// after moves the clock in steps of a second, as the ticker does, and returns what happened.
func after(rig *machinetest.Rig, d time.Duration) (got []event.Envelope) {
	for end := rig.Now.Add(d); rig.Now.Before(end); {
		rig.Now = rig.Now.Add(time.Second)
		got = append(got, rig.Tick()...)
	}
	return got
}

func TestACallThatNobodyJoinsEnds(t *testing.T) {
	rig := room(t)
	started(t, rig, "bob")
	expect(t, after(rig, 10*time.Minute-2*time.Second))
	expect(t, after(rig, 4*time.Second), "ended empty")
}

func TestASeatWithoutAnySocketIsLost(t *testing.T) {
	rig := room(t)
	id := started(t, rig, "bob")
	rig.Must("bob", event.CallsJoin{Call: id})
	rig.Must("ada", event.CallsJoin{Call: id})
	expect(t, rig.Hear(event.MediaOpened{Service: "video", Call: id, User: "ada", Idle: true})) // she only watches
	expect(t, after(rig, seatPatience-2*time.Second))
	expect(t, after(rig, 4*time.Second), "left bob lost")
	expect(t, after(rig, time.Hour)) // ada stays
	rig.Hear(closed(video, id, "ada"))
	expect(t, after(rig, seatPatience-time.Second))
	expect(t, after(rig, 2*time.Second), "left ada lost")
	expect(t, after(rig, emptyPatience-2*time.Second))
	expect(t, after(rig, 3*time.Second), "ended empty")
}

func TestWhoIsLostComesBackToHisSeat(t *testing.T) {
	rig := room(t)
	id := started(t, rig, "bob")
	rig.Must("ada", event.CallsJoin{Call: id})
	rig.Must("bob", event.CallsJoin{Call: id})
	rig.Hear(opened(audio, id, "ada"))
	rig.Hear(closed(audio, id, "ada"))
	expect(t, after(rig, seatPatience+time.Second), "left ada lost", "left bob lost")
	expect(t, after(rig, 10*time.Second))
	expect(t, rig.Must("bob", event.CallsJoin{Call: id}), "joined bob 2")
	rig.Hear(opened(audio, id, "bob"))
	expect(t, after(rig, time.Hour))
}

func TestJoiningOnceMoreRenewsThePatience(t *testing.T) {
	rig := room(t)
	id := started(t, rig, "bob")
	rig.Must("bob", event.CallsJoin{Call: id})
	rig.Hear(opened(audio, id, "bob"))
	expect(t, rig.Must("bob", event.CallsJoin{Call: id})) // has a socket: unchanged
	rig.Hear(closed(audio, id, "bob"))
	expect(t, after(rig, seatPatience-5*time.Second))
	expect(t, rig.Must("bob", event.CallsJoin{Call: id}), "joined bob 1")
	expect(t, after(rig, seatPatience-5*time.Second))
}

func TestMediaIsToldOfWhoSits(t *testing.T) {
	rig := room(t)
	id := started(t, rig, "bob")
	rig.Must("bob", event.CallsJoin{Call: id})
	rig.Must("ada", event.CallsJoin{Call: id})
	expect(t, rig.Hear(opened(audio, id, "cyd"))) // not in
	expect(t, rig.Hear(opened(audio, "none", "bob")))
	expect(t, rig.Hear(event.MediaOpened{Service: "audio", Call: id, User: "bob", Idle: true}))
	expect(t, rig.Hear(opened(audio, id, "bob")), "media_changed bob true false")
	expect(t, rig.Hear(opened(audio, id, "bob")))
	expect(t, rig.Hear(opened(video, id, "bob")), "media_changed bob true true")
	expect(t, rig.Hear(closed(audio, id, "bob")), "media_changed bob false true")
	expect(t, rig.Must("bob", event.CallsLeave{Call: id}), "left bob left")
	expect(t, rig.Must("bob", event.CallsJoin{Call: id}), "joined bob 1", "media_changed bob false true")
	expect(t, rig.Hear(closed(video, id, "bob")), "media_changed bob false false")
}

func TestARestartKeepsSeatsForAWhile(t *testing.T) {
	rig := room(t)
	id := started(t, rig, "bob")
	for _, u := range []string{"ada", "bob", "cyd"} {
		rig.Must(u, event.CallsJoin{Call: id})
		rig.Hear(opened(audio, id, u))
		rig.Hear(opened(video, id, u))
	}
	expect(t, after(rig, 2*seatPatience))
	rig.Hear(closed(audio, id, "cyd"))
	rig.Hear(closed(video, id, "cyd"))

	rig.Now = rig.Now.Add(time.Hour) // down
	rig.Machine = New()
	expect(t, rig.Tick()) // before the edges have begun
	rig.Now = rig.Now.Add(time.Second)
	expect(t, rig.Hear(event.MediaBegan{Service: "audio"}), "media_changed ada false true", "media_changed bob false true")
	expect(t, rig.Hear(event.MediaBegan{Service: "video"}), "media_changed ada false false", "media_changed bob false false")
	rig.Hear(opened(audio, id, "ada"))
	expect(t, after(rig, seatPatience-2*time.Second))
	expect(t, after(rig, 4*time.Second), "left bob lost", "left cyd lost")
}

func TestAScheduledCallStartsAtItsTime(t *testing.T) {
	rig := room(t)
	at := rig.Now.Add(time.Hour)
	id := planned(t, rig, time.Hour)
	expect(t, after(rig, time.Hour-time.Second))
	got := after(rig, 3*time.Second)
	expect(t, got, "started")
	b, err := event.As[event.CallsStarted](got[0])
	want := event.CallsStarted{Call: id, Group: "g", Title: "Later", Maker: "bob", Start: at}
	if err != nil || b != want {
		t.Errorf("started %+v, %v; want %+v", b, err, want)
	}
	expect(t, rig.Must("ada", event.CallsJoin{Call: id}), "joined ada 1")
}

func TestAScheduledCallWaitsForTheRunningOne(t *testing.T) {
	rig := room(t)
	planned(t, rig, time.Minute)
	planned(t, rig, time.Minute)
	id := started(t, rig, "bob")
	rig.Must("bob", event.CallsJoin{Call: id})
	rig.Hear(opened(audio, id, "bob"))
	expect(t, after(rig, 30*time.Minute))
	expect(t, rig.Must("bob", event.CallsLeave{Call: id}), "left bob left", "ended empty")
	expect(t, after(rig, 2*time.Second), "started") // one of the two
	expect(t, after(rig, 11*time.Minute), "ended empty", "started")
}

func TestAScheduledCallAnHourLateIsCancelled(t *testing.T) {
	rig := room(t)
	planned(t, rig, time.Minute)
	rig.Now = rig.Now.Add(62 * time.Minute)
	expect(t, rig.Tick(), "cancelled")
}

func TestGroupsAndUsersEndSeats(t *testing.T) {
	rig := room(t)
	id := started(t, rig, "bob")
	for _, u := range []string{"ada", "bob", "cyd"} {
		rig.Must(u, event.CallsJoin{Call: id})
	}
	expect(t, rig.Hear(event.GroupsMemberRemoved{Group: "g", User: "cyd"}), "left cyd removed")
	if _, err := rig.Do("cyd", event.CallsJoin{Call: id}); machinetest.CodeOf(err) != event.NotFound {
		t.Errorf("join after being removed: %v, want %s", err, event.NotFound)
	}
	expect(t, rig.Hear(event.UsersDisabled{User: "bob"}), "left bob disabled")
	if _, err := rig.Do("bob", event.CallsJoin{Call: id}); machinetest.CodeOf(err) != event.Denied {
		t.Errorf("join of a barred user: %v, want %s", err, event.Denied)
	}
	planned := rig.Must("ada", event.CallsSchedule{Group: "g", Start: rig.Now.Add(time.Hour)})
	expect(t, planned, "scheduled")
	expect(t, rig.Hear(event.GroupsArchived{Group: "g"}), "ended archived", "cancelled")
	for _, body := range []event.Body{event.CallsStart{Group: "g"}, event.CallsSchedule{Group: "g", Start: rig.Now.Add(time.Hour)}} {
		if _, err := rig.Do("ada", body); machinetest.CodeOf(err) != event.Conflict {
			t.Errorf("%s in an archived group: %v, want %s", body.EventType(), err, event.Conflict)
		}
	}
	expect(t, after(rig, 2*time.Hour))
}
