package gateway

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"scaip/internal/event"
	"scaip/internal/ws"
)

func TestCommandGoesInAndItsEventComesOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.login("ada", "a1")
	w.login("bob", "b1")
	w.join("g", "ada", "bob")
	w.start()
	ada, bob := w.connect("a1", ""), w.connect("b1", "")
	if h := ada.hello; h.Session.User != "ada" || h.Session.Role != "user" || h.Resumed || h.Limits.Message != 32768 || h.Limits.Rate != 1000 || h.Cursor != "g:3" {
		t.Errorf("hello %+v", h)
	}
	before := time.Now()
	ada.send(`{"id":"c1","type":"messaging.post","body":{"group":"g","text":"hi"}}`)
	r, cmd := w.command(0)
	if r.Origin != "gateway/b1" || r.Seq != 1 || r.Key != "ada" {
		t.Errorf("record %s %d key %q", r.Origin, r.Seq, r.Key)
	}
	if cmd.ID != "c1" || cmd.Actor != "ada" || cmd.Session != event.SessionID("token-a1") || cmd.At.Before(before.Add(-time.Second)) || cmd.At.Location() != time.UTC {
		t.Errorf("command %+v", cmd)
	}
	off := w.emitFor(cmd, event.MessagingPosted{Message: "m", Group: "g", Number: 1, Author: "ada", Text: "hi"})
	for _, c := range []*client{ada, bob} {
		m := c.next()
		if m.Event == nil || m.Event.Cause != "c1" || m.Event.Actor != "ada" || m.Cursor != fmt.Sprintf("g:%d", off) {
			t.Fatalf("got %+v", m)
		}
		if m.Event.Session != "" {
			t.Error("the session was sent")
		}
	}
	w.emitFor(cmd, event.Refused{Service: "messaging", Refusal: event.Refusal{Code: event.Denied, Text: "No."}})
	if e := ada.nextEvent(); e.Type != "messaging.refused" || e.Cause != "c1" {
		t.Errorf("got %+v", e)
	}
	bob.sync() // got nothing
}

func TestAudience(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, u := range []string{"ada", "bob", "cleo", "root"} {
		w.login(u, u)
	}
	w.join("g", "ada", "bob")
	w.join("h", "cleo")
	w.start()
	all := map[string]*client{}
	for _, u := range []string{"ada", "bob", "cleo", "root"} {
		all[u] = w.connect(u, "")
	}
	asked := func(user string) event.Envelope {
		return event.Envelope{ID: "cmd", Actor: user, Session: event.SessionID("token-" + user), At: time.Now()}
	}
	for _, c := range []struct {
		name  string
		cause event.Envelope
		body  event.Body
		want  string
	}{
		{"message", event.Envelope{}, event.MessagingPosted{Group: "g"}, "ada bob"},
		{"call", event.Envelope{}, event.CallsStarted{Group: "g"}, "ada bob"},
		{"profile", event.Envelope{}, event.UsersProfileUpdated{User: "ada"}, "ada bob"},
		{"user alone", event.Envelope{}, event.UsersProfileUpdated{User: "root"}, "root"},
		{"user of another's command", asked("root"), event.UsersDisabled{User: "bob"}, "ada bob root"},
		{"group, administrator's command", asked("root"), event.CallsDeleted{Group: "g"}, "ada bob root"},
		{"post of one who is not known to be in yet", asked("cleo"), event.MessagingPosted{Group: "g", Author: "cleo"}, "ada bob cleo"},
		{"call of one who is not known to be in yet", asked("cleo"), event.CallsStarted{Group: "g", Maker: "cleo"}, "ada bob cleo"},
		{"call that a stranger had planned", event.Envelope{}, event.CallsStarted{Group: "g", Maker: "cleo"}, "ada bob"},
		{"group, what follows of a stranger's command", asked("cleo"), event.CallsLeft{Group: "g", User: "cleo"}, "ada bob"},
		{"created", event.Envelope{}, event.GroupsCreated{Group: "k", Owner: "cleo"}, "cleo"},
		{"added, himself too", event.Envelope{}, event.GroupsMemberAdded{Group: "g", User: "cleo"}, "ada bob cleo"},
		{"message to the new one", event.Envelope{}, event.MessagingPosted{Group: "g"}, "ada bob cleo"},
		{"removed, himself too", event.Envelope{}, event.GroupsMemberRemoved{Group: "g", User: "bob"}, "ada bob cleo"},
		{"message after removal", event.Envelope{}, event.MessagingPosted{Group: "g"}, "ada cleo"},
		{"refusal", asked("bob"), event.Refused{Service: "groups"}, "bob"},
		{"unchanged", asked("bob"), event.Unchanged{Service: "groups"}, "bob"},
		{"session", event.Envelope{}, event.AuthSessionOpened{Session: "x", User: "ada", Expires: time.Now().Add(time.Hour)}, ""},
	} {
		off := w.emitFor(c.cause, c.body)
		w.until("read", func() bool { w.gw.mu.Lock(); defer w.gw.mu.Unlock(); return w.gw.past.last >= off })
		var got []string
		for u, cl := range all {
			cl.send(`{"ping":1}`)
			for m := cl.next(); m.Pong == nil; m = cl.next() {
				if m.Event.Type != c.body.EventType() {
					t.Errorf("%s: %s got %s", c.name, u, m.Event.Type)
				}
				got = append(got, u)
			}
		}
		slices.Sort(got)
		if g := strings.Join(got, " "); g != c.want {
			t.Errorf("%s: went to %q, want %q", c.name, g, c.want)
		}
	}
}

// atTheDoor are messages that are refused, with the ID that the refusal carries.
func atTheDoor() map[string]struct{ in, id string } {
	const post = `{"id":"%s","type":"messaging.post","body":{"group":"g","text":"hi"}}`
	return map[string]struct{ in, id string }{
		"nothing":               {``, ""},
		"no JSON":               {`hello`, ""},
		"array":                 {`[]`, ""},
		"null":                  {`null`, ""},
		"two values":            {fmt.Sprintf(post, "c") + `{}`, "c"},
		"unknown field":         {`{"id":"c","type":"messaging.post","actor":"root","body":{"group":"g","text":"x"}}`, "c"},
		"unknown field in body": {`{"id":"c","type":"messaging.post","body":{"group":"g","text":"x","author":"root"}}`, "c"},
		"no ID":                 {`{"type":"messaging.post","body":{"group":"g","text":"x"}}`, ""},
		"path as ID":            {fmt.Sprintf(post, "../../etc"), ""},
		"long ID":               {fmt.Sprintf(post, strings.Repeat("a", 65)), ""},
		"unknown type":          {`{"id":"c","type":"messaging.explode","body":{}}`, "c"},
		"an event":              {`{"id":"c","type":"messaging.posted","body":{}}`, "c"},
		"the daemon's":          {`{"id":"c","type":"calls.tick","body":{}}`, "c"},
		"auth's":                {`{"id":"c","type":"auth.open_session","body":{"user":"root","session":"x"}}`, "c"},
		"no body":               {`{"id":"c","type":"messaging.post"}`, "c"},
		"array as body":         {`{"id":"c","type":"messaging.post","body":[]}`, "c"},
		"number as text":        {`{"id":"c","type":"messaging.post","body":{"group":"g","text":1}}`, "c"},
		"time from beyond":      {`{"id":"c","type":"calls.schedule","body":{"group":"g","start":"99999-01-01T00:00:00Z"}}`, "c"},
		"not UTF-8":             {"{\"id\":\"c\",\"type\":\"messaging.post\",\"body\":{\"group\":\"g\",\"text\":\"\xff\"}}", ""},
		"text as ping":          {`{"ping":"1"}`, ""},
		"object as ping":        {`{"ping":{}}`, ""},
		"ping and command":      {`{"ping":1,"id":"c"}`, "c"},
	}
}

func TestDoorRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.login("ada", "a1")
	w.start()
	post := `{"id":"%s","type":"messaging.post","body":{"group":"g","text":"hi"}}`
	for name, c := range atTheDoor() {
		t.Run(name, func(t *testing.T) {
			cl := w.connect("a1", "")
			defer cl.conn.CloseNow()
			cl.send(c.in)
			m := cl.next()
			if m.Refused == nil || m.Refused.ID != c.id || m.Refused.Code != event.Invalid || len(m.Refused.Text) < 10 {
				t.Errorf("got %+v, want a refusal of %q as invalid", m, c.id)
			}
		})
	}
	if b, err := w.log.Bounds(t.Context(), "auth.in"); err != nil || b.Next != 0 {
		t.Errorf("%d commands entered the log, %v", b.Next, err)
	}
	t.Run("too many breaks", func(t *testing.T) {
		cl := w.connect("a1", "")
		for range maxBreaks {
			cl.send(`{`)
		}
		cl.wantClosed(ws.Policy, "malformed")
	})
	t.Run("binary", func(t *testing.T) {
		cl := w.connect("a1", "")
		if err := cl.conn.Write(t.Context(), true, []byte(fmt.Sprintf(post, "c"))); err != nil {
			t.Fatal(err)
		}
		if m := cl.next(); m.Refused == nil {
			t.Errorf("got %+v", m)
		}
	})
	t.Run("too big", func(t *testing.T) {
		cl := w.connect("a1", "")
		cl.send(`{"id":"c","type":"messaging.post","body":{"text":"` + strings.Repeat("a", MaxMessage) + `"}}`)
		if code, _ := cl.closed(); code != ws.TooBig {
			t.Errorf("closed with %d", code)
		}
	})
}

func TestChecksAreThoseOfClients(t *testing.T) {
	checks := newBodyChecks()
	for typ, access := range event.CommandAccess() {
		client := access == event.AnyUser || access == event.Admin
		if (checks[typ] != nil) != client {
			t.Errorf("%s, for %s, has a check: %v", typ, access, checks[typ] != nil)
		}
	}
	for typ := range checks {
		if event.CommandAccess()[typ] == "" {
			t.Errorf("%s has a check, but no row in event.CommandAccess", typ)
		}
	}
}

// TestSessionEndsDuringHandshake: the event has been read before the connection is known.
func TestPresence(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, u := range []string{"ada", "bob", "cleo"} {
		w.login(u, u)
	}
	w.join("g", "ada", "bob")
	w.start()
	ada := w.connect("ada", "")
	want := func(c *client, user string, online bool) {
		t.Helper()
		m, err := c.read()
		if err != nil || m.Presence == nil || *m.Presence != (presence{user, online}) {
			t.Fatalf("got %+v, %v; want presence of %s: %v", m, err, user, online)
		}
	}
	w.connect("cleo", "")
	bob := w.connect("bob", "")
	if !slices.Equal(bob.hello.Presence, []string{"ada"}) || len(ada.hello.Presence) != 0 {
		t.Errorf("hello says %v and %v", bob.hello.Presence, ada.hello.Presence)
	}
	want(ada, "bob", true)
	second := w.connect("bob", "")
	bob.conn.CloseNow()
	w.until("one of two closed", func() bool { return w.gw.Stats().Connections == 3 })
	ada.sync()
	second.conn.CloseNow()
	want(ada, "bob", false)
	w.join("g", "cleo")
	if e := ada.nextEvent(); e.Type != "groups.member_added" {
		t.Errorf("got %s", e.Type)
	}
	want(ada, "cleo", true)
}

// Who has no part in any call hears it too: he may be about to start one.
func TestEverybodyHearsThatCallsAreNotKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.login("ada", "ada")
	w.login("bob", "bob")
	w.start()
	ada := w.connect("ada", "")
	if ada.hello.Full != "" {
		t.Errorf("at first it is %q", ada.hello.Full)
	}
	w.gw.Full("quota")
	w.gw.Full("quota")
	bob := w.connect("bob", "")
	if bob.hello.Full != "quota" {
		t.Errorf("who comes then hears %q", bob.hello.Full)
	}
	w.gw.Full("")
	for _, want := range []string{"quota", ""} {
		if m, err := ada.read(); err != nil || m.Full == nil || *m.Full != want {
			t.Fatalf("got %+v, %v; want full: %q", m, err, want)
		}
	}
}

// broken is a log whose readers end with an error whenever trip gives something.
