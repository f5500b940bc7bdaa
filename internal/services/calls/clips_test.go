package calls

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"scaip/internal/event"
	"scaip/internal/services/machinetest"
)

func refuses(t *testing.T, rig *machinetest.Rig, actor string, body event.Body, code event.Code) {
	t.Helper()
	if _, err := rig.Do(actor, body); machinetest.CodeOf(err) != code {
		t.Errorf("%s of %s: got %v, want %s", body.EventType(), actor, err, code)
	}
}

func TestClips(t *testing.T) {
	rig := room(t)
	running := started(t, rig, "ada")
	hash := strings.Repeat("ab", 32)
	clip := func(call string) event.CallsMakeClip {
		return event.CallsMakeClip{Call: call, From: 1, To: 2, Hash: hash, Expires: rig.Now.Add(time.Hour)}
	}
	refuses(t, rig, "bob", clip(running), event.Conflict) // it still runs
	rig.Must("ada", event.CallsEnd{Call: running})
	id := running
	for name, change := range map[string]func(*event.CallsMakeClip){
		"a hash that is none":      func(c *event.CallsMakeClip) { c.Hash = "ab" },
		"a hash in capitals":       func(c *event.CallsMakeClip) { c.Hash = strings.ToUpper(hash) },
		"an end before its start":  func(c *event.CallsMakeClip) { c.From, c.To = 5, 5 },
		"a time below zero":        func(c *event.CallsMakeClip) { c.From = -1 },
		"more than four hours":     func(c *event.CallsMakeClip) { c.To = (5 * time.Hour).Microseconds() },
		"no time left":             func(c *event.CallsMakeClip) { c.Expires = rig.Now },
		"too much time left":       func(c *event.CallsMakeClip) { c.Expires = rig.Now.Add(400 * 24 * time.Hour) },
		"a title of too much text": func(c *event.CallsMakeClip) { c.Title = strings.Repeat("x", 101) },
	} {
		t.Run(name, func(t *testing.T) {
			c := clip(id)
			change(&c)
			refuses(t, rig, "bob", c, event.Invalid)
		})
	}
	refuses(t, rig, "eve", clip(id), event.NotFound) // not in the group

	made, err := event.As[event.CallsClipMade](rig.Must("bob", clip(id))[0])
	if err != nil || made.Maker != "bob" || made.Hash != hash || made.Group != "g" {
		t.Fatalf("made %+v, %v", made, err)
	}
	revoke := event.CallsRevokeClip{Call: id, Clip: made.Clip}
	refuses(t, rig, "cyd", revoke, event.Denied)
	refuses(t, rig, "eve", revoke, event.NotFound)
	rig.Must("bob", revoke)
	refuses(t, rig, "bob", revoke, event.NotFound)
	made, _ = event.As[event.CallsClipMade](rig.Must("bob", clip(id))[0])
	rig.Must("ada", event.CallsRevokeClip{Call: id, Clip: made.Clip}) // the owner

	for i := range maxClips {
		c := clip(id)
		c.Hash = fmt.Sprintf("%064x", i)
		rig.Must("bob", c)
	}
	refuses(t, rig, "bob", clip(id), event.Conflict)
	rig.Must("ada", event.CallsDelete{Call: id})
	refuses(t, rig, "bob", clip(id), event.NotFound)
}

func TestNoClipsOfWhatIsNotKept(t *testing.T) {
	rig := room(t)
	rig.Hear(event.GroupsKeepSet{Group: "g", Keep: event.KeepNone})
	id, _ := hungUp(t, rig)
	refuses(t, rig, "bob", event.CallsMakeClip{Call: id, From: 1, To: 2, Hash: strings.Repeat("ab", 32), Expires: rig.Now.Add(time.Hour)}, event.NotFound)
}
