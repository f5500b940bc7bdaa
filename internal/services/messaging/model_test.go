package messaging

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"scaip/internal/event"
	"scaip/internal/services/machinetest"
)

// world is the state of one random run: the machine, and the messages of group g as a reader of the rules would keep them. Its
// methods are the moves (see rapid.StateMachineActions).
type world struct {
	rig      *machinetest.Rig
	in       map[string]bool
	messages []Message // Number is the index + 1
}

// TestAgainstModel runs random commands beside a model: numbers are dense, pages are what the model says, and the store rebuilt
// from the events, mixed in any way, equals the live one.
func TestAgainstModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := &world{rig: room(t), in: map[string]bool{"ada": true, "bob": true, "cyd": true}}
		t.Repeat(rapid.StateMachineActions(w))
		w.rig.Rebuild(func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "next") })
	})
}

func user(t *rapid.T) string {
	return rapid.SampledFrom([]string{"ada", "bob", "cyd", "eve"}).Draw(t, "user")
}

func (w *world) pick(t *rapid.T) *Message {
	if len(w.messages) == 0 {
		t.Skip("no message yet")
	}
	return &w.messages[rapid.IntRange(0, len(w.messages)-1).Draw(t, "message")]
}

// do gives the command, which is to be taken or not, and reports whether it was.
func (w *world) do(t *rapid.T, actor string, want bool, body event.Body) bool {
	_, err := w.rig.Do(actor, body)
	if want != (err == nil) {
		t.Fatalf("%s %+v of %s: %v, want ok %v", body.EventType(), body, actor, err, want)
	}
	return err == nil
}

func (w *world) Member(t *rapid.T) {
	u := user(t)
	if u == "ada" {
		return // the owner stays
	}
	if w.in[u] {
		w.rig.Hear(event.GroupsMemberRemoved{Group: "g", User: u})
	} else {
		w.rig.Hear(event.GroupsMemberAdded{Group: "g", User: u, Role: event.GroupMember})
	}
	w.in[u] = !w.in[u]
}

func (w *world) Post(t *rapid.T) {
	u, text := user(t), rapid.SampledFrom([]string{"a", "b", "c\nd"}).Draw(t, "text")
	if w.do(t, u, w.in[u], event.MessagingPost{Group: "g", Text: text}) {
		b, _ := event.As[event.MessagingPosted](w.rig.Said[len(w.rig.Said)-1])
		w.messages = append(w.messages, Message{ID: b.Message, Group: "g", Number: uint64(len(w.messages) + 1), Author: u, Text: text})
	}
}

func (w *world) Edit(t *rapid.T) {
	u, m := user(t), w.pick(t)
	if w.do(t, u, w.in[u] && m.Author == u && !m.Deleted, event.MessagingEdit{Message: m.ID, Text: "edited"}) {
		m.Text = "edited"
	}
}

func (w *world) Delete(t *rapid.T) {
	u, m := user(t), w.pick(t)
	if w.do(t, u, w.in[u] && (m.Author == u || u == "ada"), event.MessagingDelete{Message: m.ID}) {
		m.Text, m.Deleted, m.Reactions = "", true, nil
	}
}

func (w *world) React(t *rapid.T) {
	u, m := user(t), w.pick(t)
	emoji, on := rapid.SampledFrom([]string{"👍", "🎉", "❤️"}).Draw(t, "emoji"), rapid.Bool().Draw(t, "on")
	if !w.do(t, u, w.in[u] && !m.Deleted, event.MessagingReact{Message: m.ID, Emoji: emoji, On: on}) {
		return
	}
	i := slices.IndexFunc(m.Reactions, func(r Reaction) bool { return r.Emoji == emoji })
	switch {
	case on && i < 0:
		m.Reactions = append(m.Reactions, Reaction{Emoji: emoji, Users: []string{u}})
	case on && !slices.Contains(m.Reactions[i].Users, u):
		m.Reactions[i].Users = append(m.Reactions[i].Users, u)
		slices.Sort(m.Reactions[i].Users)
	case !on && i >= 0:
		m.Reactions[i].Users = slices.DeleteFunc(m.Reactions[i].Users, func(x string) bool { return x == u })
		if len(m.Reactions[i].Users) == 0 {
			m.Reactions = slices.Delete(m.Reactions, i, i+1)
		}
	}
}

// Check holds a page against the model.
func (w *world) Check(t *rapid.T) {
	limit := rapid.IntRange(1, 10).Draw(t, "limit")
	want := w.messages[max(0, len(w.messages)-limit):]
	got := read(t, w.rig, limit)
	if len(got) != len(want) {
		t.Fatalf("page of %d messages, want %d", len(got), len(want))
	}
	for i, g := range got {
		m := want[i]
		if g.ID != m.ID || g.Number != m.Number || g.Author != m.Author || g.Text != m.Text || g.Deleted != m.Deleted ||
			fmt.Sprint(g.Reactions) != fmt.Sprint(m.Reactions) {
			t.Fatalf("message %+v, want %+v", g, m)
		}
	}
}
