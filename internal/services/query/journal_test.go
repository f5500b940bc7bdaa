package query

import (
	"slices"
	"testing"
	"time"

	"scaip/internal/event"
	"scaip/internal/media/seal"
)

func TestWhatARecordingIsToldOfItsCall(t *testing.T) {
	s := town(t)
	post := func(n uint64, call, text string) {
		s.hear(event.MessagingPosted{Message: text, Group: "g", Number: n, Author: "bob", Text: text, Call: call})
	}
	post(11, "c1", "hello")
	post(12, "", "elsewhere")
	post(13, "c1", "what?")
	post(14, "c1", "oops")
	s.hear(event.MessagingEdited{Message: "what?", Group: "g", Text: "what!"})
	s.hear(event.MessagingDeleted{Message: "oops", Group: "g"})
	s.hear(event.MessagingDeleted{Message: "elsewhere", Group: "g"})
	tell := Describe(s.rig.Store)
	got, ok, err := tell("c1")
	if err != nil || !ok || got.Title != "First" || !got.Start.Equal(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).Add(2*time.Minute)) || !got.End.Equal(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).Add(3*time.Minute)) {
		t.Fatalf("told %+v, %v, %v", got, ok, err)
	}
	var lines, types, people []string
	for _, l := range got.About.Chat {
		lines = append(lines, l.Name+": "+l.Text)
	}
	for _, e := range got.About.Events {
		types = append(types, e.Type)
	}
	for _, p := range got.About.People {
		people = append(people, p.Name)
	}
	if want := []string{"Bob: hello", "Bob: what!"}; !slices.Equal(lines, want) {
		t.Errorf("chat %q, want %q", lines, want)
	}
	if types[0] != "calls.started" || types[len(types)-1] != "calls.ended" || !slices.Contains(types, "calls.joined") {
		t.Errorf("events %q", types)
	}
	if want := []string{"Bob", "Ada Lovelace"}; !slices.Equal(people, want) {
		t.Errorf("people %q, want %q", people, want)
	}
	if _, ok, err := tell("none"); ok || err != nil {
		t.Errorf("of no call: %v, %v", ok, err)
	}
}

func TestFatesComeInOrder(t *testing.T) {
	s := town(t)
	s.hear(event.GroupsKeepSet{Group: "g", Keep: event.KeepDays, Days: 3})
	if _, a := get[struct{ Call Call }](t, s, "bob", "/api/calls/c3"); a.Call.Keep != event.KeepDays || a.Call.Days != 3 || !a.Call.Kept {
		t.Errorf("a running call %+v", a.Call)
	}
	until := s.rig.Now.Add(72 * time.Hour)
	s.hear(event.CallsEnded{Call: "c3", Group: "g", Reason: "empty", End: s.rig.Now, Keep: event.KeepDays, Until: &until})
	if _, a := get[struct{ Call Call }](t, s, "bob", "/api/calls/c3"); a.Call.Until == nil || !a.Call.Until.Equal(until) || !a.Call.Kept {
		t.Errorf("an ended call %+v", a.Call)
	}
	s.hear(event.CallsForgotten{Call: "c3", Group: "g", Reason: "days"})
	s.hear(event.CallsDeleted{Call: "c1", Group: "g"})
	if _, a := get[struct{ Call Call }](t, s, "bob", "/api/calls/c3"); a.Call.State != "ended" || a.Call.Kept {
		t.Errorf("a forgotten call %+v", a.Call)
	}
	if _, ok, err := Describe(s.rig.Store)("c3"); ok || err != nil {
		t.Errorf("a forgotten call is told of: %v, %v", ok, err)
	}
	fates := Fates(s.rig.Store)
	all, err := fates(0, 10)
	want := []seal.Fate{{Number: 1, Call: "c1"}, {Number: 2, Call: "c3"}, {Number: 3, Call: "c3", Gone: true}, {Number: 4, Call: "c1", Gone: true}}
	if err != nil || !slices.Equal(all, want) {
		t.Errorf("fates %+v, %v; want %+v", all, err, want)
	}
	if some, _ := fates(2, 1); !slices.Equal(some, want[2:3]) {
		t.Errorf("one after 2: %+v", some)
	}
	if none, _ := fates(4, 10); len(none) != 0 {
		t.Errorf("after the last: %+v", none)
	}
}
