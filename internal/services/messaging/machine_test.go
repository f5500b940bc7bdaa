package messaging

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
	"scaip/internal/store"
)

var _ services.Machine = New()

// room has the group g of ada (owner), bob and cyd, the archived group old of ada, and the running call c in g.
func room(t machinetest.TB) *machinetest.Rig {
	rig := machinetest.New(t, New())
	for _, g := range []string{"g", "old"} {
		rig.Hear(event.GroupsCreated{Group: g, Name: g, Owner: "ada"})
		rig.Hear(event.GroupsMemberAdded{Group: g, User: "ada", Role: event.GroupOwner})
	}
	for _, u := range []string{"bob", "cyd"} {
		rig.Hear(event.GroupsMemberAdded{Group: "g", User: u, Role: event.GroupMember})
	}
	rig.Hear(event.CallsStarted{Call: "c", Group: "g", Maker: "ada"})
	return rig
}

func posted(t machinetest.TB, rig *machinetest.Rig, author, text string) string {
	b, err := event.As[event.MessagingPosted](rig.Must(author, event.MessagingPost{Group: "g", Text: text})[0])
	if err != nil {
		t.Fatalf("%v", err)
	}
	return b.Message
}

func TestPost(t *testing.T) {
	cases := []struct {
		name  string
		actor string
		body  event.MessagingPost
		text  string
		code  event.Code
	}{
		{"text", "bob", event.MessagingPost{Group: "g", Text: " hello\r\nworld "}, "hello\nworld", ""},
		{"in a call", "bob", event.MessagingPost{Group: "g", Text: "hello", Call: "c"}, "hello", ""},
		{"as long as may be", "bob", event.MessagingPost{Group: "g", Text: strings.Repeat("ä", 4000)}, strings.Repeat("ä", 4000), ""},
		{"too long", "bob", event.MessagingPost{Group: "g", Text: strings.Repeat("ä", 4001)}, "", event.Invalid},
		{"empty", "bob", event.MessagingPost{Group: "g", Text: " \n"}, "", event.Invalid},
		{"control characters", "bob", event.MessagingPost{Group: "g", Text: "a\x00b"}, "", event.Invalid},
		{"not a member", "eve", event.MessagingPost{Group: "g", Text: "hello"}, "", event.NotFound},
		{"no such group", "bob", event.MessagingPost{Group: "none", Text: "hello"}, "", event.NotFound},
		{"a path as group", "bob", event.MessagingPost{Group: "g/x", Text: "hello"}, "", event.Invalid},
		{"archived", "ada", event.MessagingPost{Group: "old", Text: "hello"}, "", event.Conflict},
		{"another group's call", "ada", event.MessagingPost{Group: "g", Text: "hello", Call: "d"}, "", event.NotFound},
		{"a path as call", "ada", event.MessagingPost{Group: "g", Text: "hello", Call: "../c"}, "", event.Invalid},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			rig := room(t)
			rig.Hear(event.GroupsArchived{Group: "old"})
			got, err := rig.Do(c.actor, c.body)
			if code := machinetest.CodeOf(err); code != c.code {
				t.Fatalf("code %q (%v), want %q", code, err, c.code)
			}
			if err != nil {
				return
			}
			b, err := event.As[event.MessagingPosted](got[0])
			want := event.MessagingPosted{Message: b.Message, Group: "g", Number: 1, Author: c.actor, Text: c.text, Call: c.body.Call}
			if err != nil || b != want {
				t.Errorf("posted %+v, %v; want %+v", b, err, want)
			}
		})
	}
}

func TestEditDeleteReact(t *testing.T) {
	cases := []struct {
		name  string
		actor string
		body  func(id, gone string) event.Body
		code  event.Code
		types []string
	}{
		{"edit", "bob", func(id, _ string) event.Body { return event.MessagingEdit{Message: id, Text: "new"} }, "", []string{"messaging.edited"}},
		{"edit to the same", "bob", func(id, _ string) event.Body { return event.MessagingEdit{Message: id, Text: " first"} }, "", []string{}},
		{"edit to nothing", "bob", func(id, _ string) event.Body { return event.MessagingEdit{Message: id} }, event.Invalid, nil},
		{"edit another's", "ada", func(id, _ string) event.Body { return event.MessagingEdit{Message: id, Text: "new"} }, event.Denied, nil},
		{"edit as a stranger", "eve", func(id, _ string) event.Body { return event.MessagingEdit{Message: id, Text: "new"} }, event.NotFound, nil},
		{"edit a deleted one", "bob", func(_, gone string) event.Body { return event.MessagingEdit{Message: gone, Text: "new"} }, event.Conflict, nil},
		{"edit nothing", "bob", func(_, _ string) event.Body { return event.MessagingEdit{Message: "none", Text: "new"} }, event.NotFound, nil},
		{"delete", "bob", func(id, _ string) event.Body { return event.MessagingDelete{Message: id} }, "", []string{"messaging.deleted"}},
		{"delete as an owner", "ada", func(id, _ string) event.Body { return event.MessagingDelete{Message: id} }, "", []string{"messaging.deleted"}},
		{"delete another's", "cyd", func(id, _ string) event.Body { return event.MessagingDelete{Message: id} }, event.Denied, nil},
		{"delete as a stranger", "eve", func(id, _ string) event.Body { return event.MessagingDelete{Message: id} }, event.NotFound, nil},
		{"delete twice", "bob", func(_, gone string) event.Body { return event.MessagingDelete{Message: gone} }, "", []string{}},
		{"react", "ada", func(id, _ string) event.Body { return event.MessagingReact{Message: id, Emoji: "👍", On: true} }, "", []string{"messaging.reacted"}},
		{"react twice", "cyd", func(id, _ string) event.Body { return event.MessagingReact{Message: id, Emoji: "🎉", On: true} }, "", []string{}},
		{"take back", "cyd", func(id, _ string) event.Body { return event.MessagingReact{Message: id, Emoji: "🎉"} }, "", []string{"messaging.reacted"}},
		{"take back what is not", "ada", func(id, _ string) event.Body { return event.MessagingReact{Message: id, Emoji: "🎉"} }, "", []string{}},
		{"react with a word", "ada", func(id, _ string) event.Body { return event.MessagingReact{Message: id, Emoji: "no👍", On: true} }, event.Invalid, nil},
		{"react with nothing", "ada", func(id, _ string) event.Body { return event.MessagingReact{Message: id, On: true} }, event.Invalid, nil},
		{"react to a deleted one", "ada", func(_, gone string) event.Body { return event.MessagingReact{Message: gone, Emoji: "👍", On: true} }, event.Conflict, nil},
		{"react as a stranger", "eve", func(id, _ string) event.Body { return event.MessagingReact{Message: id, Emoji: "👍", On: true} }, event.NotFound, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			rig := room(t)
			id, gone := posted(t, rig, "bob", "first"), posted(t, rig, "bob", "second")
			rig.Must("cyd", event.MessagingReact{Message: id, Emoji: "🎉", On: true})
			rig.Must("bob", event.MessagingDelete{Message: gone})
			got, err := rig.Do(c.actor, c.body(id, gone))
			if code := machinetest.CodeOf(err); code != c.code {
				t.Fatalf("code %q (%v), want %q", code, err, c.code)
			}
			if c.types != nil && !slices.Equal(machinetest.Types(got), c.types) {
				t.Errorf("events %v, want %v", machinetest.Types(got), c.types)
			}
		})
	}
}

func TestWhoIsRemovedOrArchivedCanWriteNoMore(t *testing.T) {
	rig := room(t)
	id := posted(t, rig, "bob", "first")
	rig.Hear(event.GroupsMemberRemoved{Group: "g", User: "bob"})
	if _, err := rig.Do("bob", event.MessagingEdit{Message: id, Text: "new"}); machinetest.CodeOf(err) != event.NotFound {
		t.Errorf("edit after being removed: %v, want %s", err, event.NotFound)
	}
	rig.Hear(event.GroupsMemberAdded{Group: "g", User: "bob", Role: event.GroupMember})
	rig.Must("bob", event.MessagingEdit{Message: id, Text: "new"})
	rig.Hear(event.GroupsArchived{Group: "g"})
	for _, body := range []event.Body{
		event.MessagingEdit{Message: id, Text: "newer"}, event.MessagingDelete{Message: id}, event.MessagingReact{Message: id, Emoji: "👍", On: true},
	} {
		if _, err := rig.Do("bob", body); machinetest.CodeOf(err) != event.Conflict {
			t.Errorf("%s in an archived group: %v, want %s", body.EventType(), err, event.Conflict)
		}
	}
}

func TestAtMostTwentyEmojiAMessage(t *testing.T) {
	rig := room(t)
	id := posted(t, rig, "bob", "first")
	for i := range maxEmoji {
		rig.Must("bob", event.MessagingReact{Message: id, Emoji: string(rune(0x1F600 + i)), On: true})
	}
	if _, err := rig.Do("bob", event.MessagingReact{Message: id, Emoji: "👍", On: true}); machinetest.CodeOf(err) != event.Conflict {
		t.Errorf("emoji %d: %v, want %s", maxEmoji+1, err, event.Conflict)
	}
	rig.Must("ada", event.MessagingReact{Message: id, Emoji: string(rune(0x1F600)), On: true})
}

func TestEmoji(t *testing.T) {
	for _, s := range []string{"👍", "👩‍🚀", "🇫🇷", "1️⃣", "❤️", "ℹ️", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "©"} {
		if !isEmoji(s) {
			t.Errorf("%q is an emoji", s)
		}
	}
	for _, s := range []string{"", "a", "1", "👍a", "👍 ", "né", "\xff", "👍\x00", "\u202e👍", strings.Repeat("👍", 9)} {
		if isEmoji(s) {
			t.Errorf("%q is no emoji", s)
		}
	}
}

func TestDeletedMessageKeepsItsPlaceAndNothingElse(t *testing.T) {
	rig := room(t)
	id := posted(t, rig, "bob", "secret")
	rig.Must("ada", event.MessagingReact{Message: id, Emoji: "👍", On: true})
	rig.Now = rig.Now.Add(time.Minute)
	rig.Must("bob", event.MessagingDelete{Message: id})
	if dump := machinetest.Dump(t, rig.Store); strings.Contains(dump, "secret") || strings.Contains(dump, "👍") {
		t.Errorf("the store still holds what was deleted:\n%s", dump)
	}
	page := read(t, rig, 10)
	want := Message{ID: id, Group: "g", Number: 1, Author: "bob", At: page[0].At, Deleted: true, Reactions: []Reaction{}}
	if got := fmt.Sprintf("%+v", page); got != fmt.Sprintf("%+v", []Message{want}) {
		t.Errorf("page %s, want %+v", got, want)
	}
}

func read(t machinetest.TB, rig *machinetest.Rig, limit int) (page []Message) {
	err := rig.Store.View(func(r store.Reader) (err error) {
		page, _, err = Page(r, place{"g", 1 << 62}, limit)
		return err
	})
	if err != nil {
		t.Fatalf("read page: %v", err)
	}
	return page
}

func FuzzCommandBody(f *testing.F) {
	types := []string{"messaging.post", "messaging.edit", "messaging.delete", "messaging.react"}
	for i := range types {
		f.Add(i, []byte(`{"group":"g","text":"hello","call":"c","message":"M","emoji":"👍","on":true}`))
	}
	f.Add(0, []byte(`{"group":"g","text":"\ud800"}`))
	f.Fuzz(func(t *testing.T, which int, body []byte) {
		rig := room(t)
		body = []byte(strings.ReplaceAll(string(body), `"M"`, `"`+posted(t, rig, "bob", "first")+`"`))
		typ := types[((which%len(types))+len(types))%len(types)]
		_, err := rig.Decide(event.Envelope{ID: "c", Type: typ, At: rig.Now, Actor: "bob", Session: "s", Body: json.RawMessage(body)})
		if err != nil {
			if _, ok := event.AsRefusal(err); !ok {
				t.Errorf("%s %q: %v, want a Refusal", typ, body, err)
			}
		}
		rig.Rebuild(func(int) int { return 0 })
	})
}
