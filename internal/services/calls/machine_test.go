package calls

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"scaip/internal/event"
	"scaip/internal/services"
	"scaip/internal/services/machinetest"
)

var (
	_ services.Machine = New()
	_ services.Ticker  = New()
)

// room has the group g of ada (owner), bob and cyd, and the administrator adm, who is not in it.
func room(t machinetest.TB) *machinetest.Rig {
	rig := machinetest.New(t, New())
	for _, u := range []string{"ada", "bob", "cyd", "eve"} {
		rig.Hear(event.UsersCreated{User: u, Role: event.RoleUser})
	}
	rig.Hear(event.UsersCreated{User: "adm", Role: event.RoleAdmin})
	rig.Hear(event.GroupsCreated{Group: "g", Name: "Team", Owner: "ada"})
	rig.Hear(event.GroupsMemberAdded{Group: "g", User: "ada", Role: event.GroupOwner})
	for _, u := range []string{"bob", "cyd"} {
		rig.Hear(event.GroupsMemberAdded{Group: "g", User: u, Role: event.GroupMember})
	}
	return rig
}

func opened(which edge, id, user string) event.MediaOpened {
	return event.MediaOpened{Service: string(which), Call: id, User: user}
}

func closed(which edge, id, user string) event.MediaClosed {
	return event.MediaClosed{Service: string(which), Call: id, User: user}
}

func started(t machinetest.TB, rig *machinetest.Rig, actor string) string {
	b, err := event.As[event.CallsStarted](rig.Must(actor, event.CallsStart{Group: "g", Title: "Daily"})[0])
	if err != nil {
		t.Fatalf("%v", err)
	}
	return b.Call
}

func planned(t machinetest.TB, rig *machinetest.Rig, in time.Duration) string {
	got := rig.Must("bob", event.CallsSchedule{Group: "g", Title: "Later", Start: rig.Now.Add(in)})
	b, err := event.As[event.CallsScheduled](got[0])
	if err != nil {
		t.Fatalf("%v", err)
	}
	return b.Call
}

// expect compares events with "type detail" lines.
func expect(t *testing.T, got []event.Envelope, want ...string) {
	t.Helper()
	var lines []string
	for _, e := range got {
		line := strings.TrimPrefix(e.Type, "calls.")
		var f struct {
			User, Reason string
			By, Emoji    string
			Seat         int
			Audio, Video *bool
		}
		if err := json.Unmarshal(e.Body, &f); err != nil {
			t.Fatal(err)
		}
		for _, s := range []string{f.User, f.Reason, f.Emoji, f.By} {
			if s != "" {
				line += " " + s
			}
		}
		if f.Seat > 0 {
			line += fmt.Sprint(" ", f.Seat)
		}
		if f.Audio != nil {
			line += fmt.Sprint(" ", *f.Audio, " ", *f.Video)
		}
		lines = append(lines, line)
	}
	if !slices.Equal(lines, want) {
		t.Errorf("events %q, want %q", lines, want)
	}
}

// ids are the calls beside which a case runs: bob's running one with bob in it, one waiting, one ended, one cancelled.
type ids struct{ run, wait, over, off string }

type commandCase struct {
	name, actor string
	body        func(c ids) event.Body
	code        event.Code
	want        []string
}

func makingCases() []commandCase {
	long := strings.Repeat("x", 101)
	return []commandCase{
		{"start beside a running one", "ada", func(ids) event.Body { return event.CallsStart{Group: "g"} }, event.Conflict, nil},
		{"start as a stranger", "eve", func(ids) event.Body { return event.CallsStart{Group: "g"} }, event.NotFound, nil},
		{"start nowhere", "ada", func(ids) event.Body { return event.CallsStart{Group: "none"} }, event.NotFound, nil},
		{"start with a long title", "ada", func(ids) event.Body { return event.CallsStart{Group: "g", Title: long} }, event.Invalid, nil},
		{"start in a path", "ada", func(ids) event.Body { return event.CallsStart{Group: "../g"} }, event.Invalid, nil},
		{"schedule for a time in a year and more", "ada", func(ids) event.Body {
			return event.CallsSchedule{Group: "g", Start: time.Date(2027, 3, 4, 0, 0, 0, 0, time.UTC)}
		}, event.Invalid, nil},
		{"schedule for a past time", "ada", func(ids) event.Body {
			return event.CallsSchedule{Group: "g", Start: time.Date(2026, 2, 28, 0, 0, 0, 0, time.UTC)}
		}, event.Invalid, nil},
		{"schedule for no time", "ada", func(ids) event.Body { return event.CallsSchedule{Group: "g"} }, event.Invalid, nil},
		{"cancel", "bob", func(c ids) event.Body { return event.CallsCancel{Call: c.wait} }, "", []string{"cancelled"}},
		{"cancel as an owner", "ada", func(c ids) event.Body { return event.CallsCancel{Call: c.wait} }, "", []string{"cancelled"}},
		{"cancel another's", "cyd", func(c ids) event.Body { return event.CallsCancel{Call: c.wait} }, event.Denied, nil},
		{"cancel as a stranger", "eve", func(c ids) event.Body { return event.CallsCancel{Call: c.wait} }, event.NotFound, nil},
		{"cancel again", "bob", func(c ids) event.Body { return event.CallsCancel{Call: c.off} }, "", nil},
		{"cancel a running one", "bob", func(c ids) event.Body { return event.CallsCancel{Call: c.run} }, event.Conflict, nil},
	}
}

func sittingCases() []commandCase {
	return []commandCase{
		{"join", "ada", func(c ids) event.Body { return event.CallsJoin{Call: c.run} }, "", []string{"joined ada 2"}},
		{"join once more, without a socket", "bob", func(c ids) event.Body { return event.CallsJoin{Call: c.run} }, "", []string{"joined bob 1"}},
		{"join as a stranger", "eve", func(c ids) event.Body { return event.CallsJoin{Call: c.run} }, event.NotFound, nil},
		{"join nothing", "ada", func(c ids) event.Body { return event.CallsJoin{Call: "none"} }, event.NotFound, nil},
		{"join what waits", "ada", func(c ids) event.Body { return event.CallsJoin{Call: c.wait} }, event.Conflict, nil},
		{"join what is over", "ada", func(c ids) event.Body { return event.CallsJoin{Call: c.over} }, event.Conflict, nil},
		{"join what is off", "ada", func(c ids) event.Body { return event.CallsJoin{Call: c.off} }, event.Conflict, nil},
		{"leave as the last", "bob", func(c ids) event.Body { return event.CallsLeave{Call: c.run} }, "", []string{"left bob left", "ended empty"}},
		{"leave without being in", "ada", func(c ids) event.Body { return event.CallsLeave{Call: c.run} }, "", nil},
		{"leave as a stranger", "eve", func(c ids) event.Body { return event.CallsLeave{Call: c.run} }, event.NotFound, nil},
		{"end", "bob", func(c ids) event.Body { return event.CallsEnd{Call: c.run} }, "", []string{"ended ended"}},
		{"end as an owner", "ada", func(c ids) event.Body { return event.CallsEnd{Call: c.run} }, "", []string{"ended ended"}},
		{"end another's", "cyd", func(c ids) event.Body { return event.CallsEnd{Call: c.run} }, event.Denied, nil},
		{"end as a stranger", "eve", func(c ids) event.Body { return event.CallsEnd{Call: c.run} }, event.NotFound, nil},
		{"end again", "bob", func(c ids) event.Body { return event.CallsEnd{Call: c.over} }, "", nil},
		{"end what waits", "bob", func(c ids) event.Body { return event.CallsEnd{Call: c.wait} }, event.Conflict, nil},
		{"delete", "ada", func(c ids) event.Body { return event.CallsDelete{Call: c.over} }, "", []string{"deleted"}},
		{"delete what was cancelled", "ada", func(c ids) event.Body { return event.CallsDelete{Call: c.off} }, "", []string{"deleted"}},
		{"delete as an administrator", "adm", func(c ids) event.Body { return event.CallsDelete{Call: c.over} }, "", []string{"deleted"}},
		{"delete nothing as an administrator", "adm", func(c ids) event.Body { return event.CallsDelete{Call: "none"} }, event.NotFound, nil},
		{"delete as its maker", "bob", func(c ids) event.Body { return event.CallsDelete{Call: c.over} }, event.Denied, nil},
		{"delete as a stranger", "eve", func(c ids) event.Body { return event.CallsDelete{Call: c.over} }, event.NotFound, nil},
		{"delete a running one", "ada", func(c ids) event.Body { return event.CallsDelete{Call: c.run} }, event.Conflict, nil},
		{"delete a waiting one", "ada", func(c ids) event.Body { return event.CallsDelete{Call: c.wait} }, event.Conflict, nil},
	}
}

func TestCommands(t *testing.T) {
	for _, c := range slices.Concat(makingCases(), sittingCases(), signCases(), ownerCases()) {
		t.Run(c.name, func(t *testing.T) {
			rig := room(t)
			over := started(t, rig, "bob")
			rig.Must("bob", event.CallsEnd{Call: over})
			off := planned(t, rig, time.Hour)
			rig.Must("bob", event.CallsCancel{Call: off})
			run := started(t, rig, "bob")
			rig.Must("bob", event.CallsJoin{Call: run})
			got, err := rig.Do(c.actor, c.body(ids{run, planned(t, rig, time.Hour), over, off}))
			if code := machinetest.CodeOf(err); code != c.code {
				t.Fatalf("code %q (%v), want %q", code, err, c.code)
			}
			if err == nil {
				expect(t, got, c.want...)
			}
		})
	}
}

func TestASecondCallIsRefusedByNameOfTheFirst(t *testing.T) {
	rig := room(t)
	id := started(t, rig, "bob")
	if _, err := rig.Do("ada", event.CallsStart{Group: "g"}); err == nil || !strings.Contains(err.Error(), id) || !strings.Contains(err.Error(), "Daily") {
		t.Errorf("got %v, want a refusal that names %s", err, id)
	}
}

func TestBounds(t *testing.T) {
	rig := room(t)
	id := started(t, rig, "bob")
	for i := range maxIn + 1 {
		u := fmt.Sprintf("u%d", i)
		rig.Hear(event.GroupsMemberAdded{Group: "g", User: u, Role: event.GroupMember})
		if _, err := rig.Do(u, event.CallsJoin{Call: id}); (err == nil) != (i < maxIn) {
			t.Fatalf("join of number %d: %v", i+1, err)
		}
	}
	for range maxScheduled {
		planned(t, rig, time.Hour)
	}
	if _, err := rig.Do("ada", event.CallsSchedule{Group: "g", Start: rig.Now.Add(time.Hour)}); machinetest.CodeOf(err) != event.Conflict {
		t.Errorf("scheduled call %d: %v, want %s", maxScheduled+1, err, event.Conflict)
	}
}

func TestTheOperatorMayAllButJoin(t *testing.T) {
	rig := room(t)
	do := func(body event.Body) ([]event.Envelope, error) {
		return rig.DoAs(event.System, event.LocalSession, body)
	}
	got, err := do(event.CallsStart{Group: "g"})
	if err != nil {
		t.Fatal(err)
	}
	b, _ := event.As[event.CallsStarted](got[0])
	if _, err := do(event.CallsJoin{Call: b.Call}); machinetest.CodeOf(err) != event.Invalid {
		t.Errorf("join: %v, want %s", err, event.Invalid)
	}
	for _, body := range []event.Body{event.CallsEnd{Call: b.Call}, event.CallsDelete{Call: b.Call}} {
		if got, err := do(body); err != nil || len(got) != 1 {
			t.Errorf("%s: %v, %v", body.EventType(), got, err)
		}
	}
	if _, err := rig.DoAs(event.System, "", event.CallsStart{Group: "g"}); machinetest.CodeOf(err) != event.NotFound {
		t.Errorf("start of the daemon without the socket: %v, want %s", err, event.NotFound)
	}
}

func FuzzCommandBody(f *testing.F) {
	types := []string{"calls.start", "calls.schedule", "calls.cancel", "calls.join", "calls.leave", "calls.end", "calls.delete", "calls.tick",
		"calls.raise_hand", "calls.lower_hand", "calls.react", "calls.mute", "calls.unmute", "calls.expel", "calls.admit", "calls.set_behind"}
	for i := range types {
		f.Add(i, []byte(`{"group":"g","title":"x","call":"C","start":"2026-03-02T12:00:00Z"}`))
	}
	f.Add(1, []byte(`{"group":"g","start":"9999-12-31T23:59:59Z"}`))
	f.Add(1, []byte(`{"group":"g","start":"0001-01-01T00:00:00+23:59"}`))
	f.Add(10, []byte(`{"call":"C","emoji":"👍"}`))
	f.Add(13, []byte(`{"call":"C","user":"bob"}`))
	f.Add(7, []byte(`{"up":"9999-12-31T23:59:59Z"}`))
	f.Fuzz(func(t *testing.T, which int, body []byte) {
		rig := room(t)
		id := started(t, rig, "ada")
		rig.Must("bob", event.CallsJoin{Call: id})
		planned(t, rig, time.Hour)
		typ := types[((which%len(types))+len(types))%len(types)]
		body = []byte(strings.ReplaceAll(string(body), `"C"`, `"`+id+`"`))
		_, err := rig.Decide(event.Envelope{ID: "c", Type: typ, At: rig.Now.Add(2 * time.Hour), Actor: "ada", Session: "s", Body: json.RawMessage(body)})
		if err != nil {
			if _, ok := event.AsRefusal(err); !ok {
				t.Errorf("%s %q: %v, want a Refusal", typ, body, err)
			}
		}
		rig.Rebuild(func(int) int { return 0 })
	})
}
