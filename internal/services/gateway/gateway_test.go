package gateway

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"scaip/internal/event"
	"scaip/internal/log"
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

func TestDoorRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.login("ada", "a1")
	w.start()
	post := `{"id":"%s","type":"messaging.post","body":{"group":"g","text":"hi"}}`
	for _, c := range []struct {
		name, in, id string
		code         event.Code
	}{
		{"nothing", ``, "", event.Invalid},
		{"no JSON", `hello`, "", event.Invalid},
		{"array", `[]`, "", event.Invalid},
		{"null", `null`, "", event.Invalid},
		{"two values", fmt.Sprintf(post, "c") + `{}`, "c", event.Invalid},
		{"unknown field", `{"id":"c","type":"messaging.post","actor":"root","body":{"group":"g","text":"x"}}`, "c", event.Invalid},
		{"unknown field in body", `{"id":"c","type":"messaging.post","body":{"group":"g","text":"x","author":"root"}}`, "c", event.Invalid},
		{"no ID", `{"type":"messaging.post","body":{"group":"g","text":"x"}}`, "", event.Invalid},
		{"path as ID", fmt.Sprintf(post, "../../etc"), "", event.Invalid},
		{"long ID", fmt.Sprintf(post, strings.Repeat("a", 65)), "", event.Invalid},
		{"unknown type", `{"id":"c","type":"messaging.explode","body":{}}`, "c", event.Invalid},
		{"an event", `{"id":"c","type":"messaging.posted","body":{}}`, "c", event.Invalid},
		{"the daemon's", `{"id":"c","type":"calls.tick","body":{}}`, "c", event.Invalid},
		{"auth's", `{"id":"c","type":"auth.open_session","body":{"user":"root","session":"x"}}`, "c", event.Invalid},
		{"no body", `{"id":"c","type":"messaging.post"}`, "c", event.Invalid},
		{"array as body", `{"id":"c","type":"messaging.post","body":[]}`, "c", event.Invalid},
		{"number as text", `{"id":"c","type":"messaging.post","body":{"group":"g","text":1}}`, "c", event.Invalid},
		{"time from beyond", `{"id":"c","type":"calls.schedule","body":{"group":"g","start":"99999-01-01T00:00:00Z"}}`, "c", event.Invalid},
		{"not UTF-8", "{\"id\":\"c\",\"type\":\"messaging.post\",\"body\":{\"group\":\"g\",\"text\":\"\xff\"}}", "", event.Invalid},
		{"text as ping", `{"ping":"1"}`, "", event.Invalid},
		{"object as ping", `{"ping":{}}`, "", event.Invalid},
		{"ping and command", `{"ping":1,"id":"c"}`, "c", event.Invalid},
	} {
		t.Run(c.name, func(t *testing.T) {
			cl := w.connect("a1", "")
			defer cl.conn.CloseNow()
			cl.send(c.in)
			m := cl.next()
			if m.Refused == nil || m.Refused.ID != c.id || m.Refused.Code != c.code || len(m.Refused.Text) < 10 {
				t.Errorf("got %+v, want a refusal of %q with %s", m, c.id, c.code)
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

func TestWhoMayConnect(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.login("ada", "a1")
	w.loginUntil("ada", "old", time.Now().Add(-time.Second))
	w.start()
	for _, c := range []struct {
		name   string
		header http.Header
		code   event.Code
	}{
		{"no session", http.Header{}, event.Unauthentic},
		{"unknown", http.Header{"Authorization": {"Bearer nope"}}, event.Unauthentic},
		{"expired", http.Header{"Authorization": {"Bearer token-old"}}, event.Unauthentic},
		{"foreign origin", http.Header{"Authorization": {"Bearer token-a1"}, "Origin": {"https://evil.example"}}, event.Denied},
	} {
		conn, err := ws.Dial(t.Context(), w.srv.URL+"/ws", c.header, ws.Options{})
		if err == nil {
			conn.CloseNow()
		}
		if ref, _ := event.AsRefusal(err); ref.Code != c.code {
			t.Errorf("%s: got %v, want %s", c.name, err, c.code)
		}
	}
	if n := w.gw.Stats().Connections; n != 0 {
		t.Errorf("%d places are still taken", n)
	}
	c, err := ws.Dial(t.Context(), w.srv.URL+"/ws", http.Header{"Cookie": {"scaip=token-a1"}, "Origin": {w.srv.URL}}, ws.Options{})
	if err != nil {
		t.Fatalf("own page with a cookie: %v", err)
	}
	c.CloseNow()
}

func TestConnectionsAreBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.login("ada", "a1")
	w.login("ada", "a2")
	w.login("bob", "b1")
	w.start()
	var conns []*client
	for i := range MaxUserConns {
		conns = append(conns, w.connect([]string{"a1", "a2"}[i%2], ""))
	}
	_, err := w.dial("a1", "")
	if ref, _ := event.AsRefusal(err); ref.Code != event.TooMany {
		t.Errorf("one more: %v", err)
	}
	w.connect("b1", "").sync()
	conns[0].conn.CloseNow()
	w.until("a place is free", func() bool { return w.gw.Stats().Connections == MaxUserConns })
	w.connect("a1", "").sync()
}

func TestRateIsOfTheUser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.opt.Rate = 1
	w.login("ada", "a1")
	w.login("bob", "b1")
	w.start()
	one, two := w.connect("a1", ""), w.connect("a1", "")
	for range burstSeconds {
		one.sync()
	}
	two.send(`{"id":"c1","type":"messaging.post","body":{"group":"g","text":"hi"}}`)
	if m := two.next(); m.Refused == nil || m.Refused.Code != event.TooMany || m.Refused.ID != "c1" {
		t.Errorf("got %+v, want too_many for c1", m)
	}
	one.conn.CloseNow()
	two.conn.CloseNow()
	w.until("gone", func() bool { return w.gw.Stats().Connections == 0 })
	again := w.connect("a1", "")
	again.send(`{"ping":1}`)
	if m := again.next(); m.Refused == nil {
		t.Error("coming back is a way around the rate")
	}
	w.connect("b1", "").sync()
}

func TestSessionEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.login("ada", "a1")
	w.login("ada", "a2")
	w.login("bob", "b1")
	w.join("g", "ada", "bob")
	w.start()
	one, other, bob := w.connect("a1", ""), w.connect("a2", ""), w.connect("b1", "")
	start := time.Now()
	w.emit(event.AuthSessionClosed{Session: event.SessionID("token-a1"), User: "ada", Reason: "logout"})
	one.wantClosed(ws.Policy, "logout")
	if d := time.Since(start); d > time.Second {
		t.Errorf("after %v", d)
	}
	other.sync()
	bob.sync()
	if _, err := w.dial("a1", ""); err == nil {
		t.Error("a closed session connects")
	}
	w.loginUntil("bob", "short", time.Now().Add(300*time.Millisecond))
	w.connect("short", "").wantClosed(ws.Policy, "expired")
	bob.sync()
}

// TestSessionEndsDuringHandshake: the event has been read before the connection is known.
func TestSessionEndsDuringHandshake(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.login("ada", "a1")
	w.start()
	w.gw.mu.Lock()
	w.gw.who.end(event.SessionID("token-a1"), "disabled", time.Now())
	w.gw.mu.Unlock()
	_, err := w.dial("a1", "")
	if code, reason, _ := ws.CloseError(err); code != ws.Policy || reason != "disabled" {
		t.Errorf("got %v, want it closed as disabled", err)
	}
}

func TestStopSaysComeBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.login("ada", "a1")
	w.start()
	c := w.connect("a1", "")
	stopped := make(chan struct{})
	go func() { defer close(stopped); w.stop() }()
	if code, _ := c.closed(); code != ws.GoingAway {
		t.Errorf("closed with %d", code)
	}
	<-stopped
	if s := w.gw.Stats(); s.Open || s.Connections > 0 {
		t.Errorf("after the stop: %+v", s)
	}
}

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

func TestSlowClientIsClosedAndTheOthersAreNot(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.login("ada", "a1")
	w.login("bob", "b1")
	w.join("g", "ada", "bob")
	w.start()
	slow, bob := w.connect("a1", ""), w.connect("b1", "")
	text := strings.Repeat("x", 4000)
	sent := 0
	for w.gw.Stats().Slow == 0 { // the slow one reads nothing
		for range 100 {
			sent++
			w.emit(event.MessagingPosted{Group: "g", Number: uint64(sent), Text: text})
			if b, err := event.As[event.MessagingPosted](bob.nextEvent()); err != nil || b.Number != uint64(sent) {
				t.Fatalf("bob got %d, want %d, %v", b.Number, sent, err)
			}
		}
		if sent > 20_000 {
			t.Fatal("80 MB wait for a client that does not read")
		}
	}
	// He comes back from the last that he has read.
	cursor, n := slow.hello.Cursor, uint64(0)
	for {
		m, err := slow.read()
		if err != nil {
			break
		}
		if m.Event != nil {
			b, _ := event.As[event.MessagingPosted](*m.Event)
			cursor, n = m.Cursor, b.Number
		}
	}
	back := w.connect("a1", cursor)
	if !back.hello.Resumed {
		t.Fatalf("%s, message %d of %d, is not resumed", cursor, n, sent)
	}
	for n < uint64(sent) {
		n++
		if b, err := event.As[event.MessagingPosted](back.nextEvent()); err != nil || b.Number != n {
			t.Fatalf("got %d, want %d, %v", b.Number, n, err)
		}
	}
}

func TestCursorOfQuery(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.login("ada", "a1")
	w.join("g", "ada")
	for n := range 5 {
		w.post("g", n+1)
	}
	w.start()
	q := func(seqs map[string]uint64) string {
		raw, _ := json.Marshal(seqs)
		return "q:" + base64.RawURLEncoding.EncodeToString(raw)
	}
	c := w.connect("a1", q(map[string]uint64{"groups.out": 1, "messaging.out": 3}))
	if !c.hello.Resumed {
		t.Fatal("not resumed")
	}
	for _, want := range []uint64{4, 5} {
		if b, _ := event.As[event.MessagingPosted](c.nextEvent()); b.Number != want {
			t.Errorf("got %d, want %d", b.Number, want)
		}
	}
	// query may be ahead of gateway.in
	ahead := w.connect("a1", q(map[string]uint64{"groups.out": 1, "messaging.out": 7}))
	for n := 6; n <= 8; n++ {
		w.post("g", n)
	}
	if b, _ := event.As[event.MessagingPosted](ahead.nextEvent()); b.Number != 8 {
		t.Errorf("got %d, want 8: the others are known", b.Number)
	}
	for _, bad := range []string{"q:", "q:!", "q:bnVsbA", "g:", "g:-2", "g:x", "g:999", "x:1", "7"} {
		if w.connect("a1", bad).hello.Resumed {
			t.Errorf("%s is resumed", bad)
		}
	}
}

func TestResumeAfterRestart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.login("ada", "a1")
	w.join("g", "ada")
	w.start()
	c := w.connect("a1", "")
	off := w.post("g", 1)
	if m := c.next(); m.Cursor != cursorAt(off) {
		t.Fatalf("cursor %s, want %d", m.Cursor, off)
	}
	w.stop()
	w.post("g", 2)
	late := w.out(event.Envelope{}, event.MessagingPosted{Group: "g", Number: 3}) // the rebuild sees it before dispatch has delivered it
	w.start()
	c = w.connect("a1", cursorAt(off))
	if !c.hello.Resumed {
		t.Fatal("not resumed")
	}
	w.append("gateway.in", late)
	w.append("gateway.in", late) // dispatch repeats itself after a crash
	w.post("g", 4)
	for want := uint64(2); want <= 4; want++ {
		if b, _ := event.As[event.MessagingPosted](c.nextEvent()); b.Number != want {
			t.Fatalf("got %d, want %d", b.Number, want)
		}
	}
	c.sync()

	w.stop()
	if err := w.log.Trim(t.Context(), "gateway.in", off+2); err != nil {
		t.Fatal(err)
	}
	w.start()
	if w.connect("a1", cursorAt(off)).hello.Resumed {
		t.Error("resumed after what is no longer there")
	}
	if !w.connect("a1", cursorAt(off+1)).hello.Resumed {
		t.Error("not resumed, though all that follows is there")
	}
	for seq, want := range map[uint64]bool{1: false, 2: true, 3: true} { // 2 is what was trimmed
		raw, _ := json.Marshal(map[string]uint64{"messaging.out": seq, "groups.out": 1})
		if got := w.connect("a1", "q:"+base64.RawURLEncoding.EncodeToString(raw)).hello.Resumed; got != want {
			t.Errorf("messaging.out %d: resumed %v, want %v", seq, got, want)
		}
	}
}

func TestPeerThatVanishesIsClosed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.tune = func(g *Gateway) { g.ping = 100 * time.Millisecond }
	w.login("ada", "a1")
	w.login("bob", "b1")
	w.start()
	w.connect("a1", "") // does not read, so does not answer pings
	bob := w.connect("b1", "")
	pongs := make(chan string, 1)
	go func() {
		m, _ := bob.read() // answers pings meanwhile
		pongs <- string(m.Pong)
	}()
	w.until("the silent one is closed", func() bool { return w.gw.Stats().Connections == 1 })
	bob.send(`{"ping":1}`)
	if got := <-pongs; got != "1" {
		t.Errorf("the other one got %q", got)
	}
}

// broken is a log whose readers end with an error whenever trip gives something.
type broken struct {
	log.Log
	trip chan struct{}
}

func (b broken) Read(ctx context.Context, topic log.Topic, from int64) iter.Seq2[[]log.Record, error] {
	return func(yield func([]log.Record, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		go func() {
			select {
			case <-b.trip:
				cancel()
			case <-ctx.Done():
			}
		}()
		b.Log.Read(ctx, topic, from)(yield)
	}
}

func TestGatewayBeginsAnewWhenItsInboxBreaks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	trip := make(chan struct{})
	w.wrap = func(l log.Log) log.Log { return broken{l, trip} }
	w.login("ada", "a1")
	w.join("g", "ada")
	w.start()
	c := w.connect("a1", "")
	off := w.post("g", 1)
	c.nextEvent()
	trip <- struct{}{}
	if code, _ := c.closed(); code != ws.GoingAway {
		t.Errorf("closed with %d", code)
	}
	w.post("g", 2)
	w.until("open again", func() bool { return w.gw.Stats().Open })
	c = w.connect("a1", cursorAt(off))
	if b, _ := event.As[event.MessagingPosted](c.nextEvent()); b.Number != 2 || !c.hello.Resumed {
		t.Errorf("got %d, resumed %v", b.Number, c.hello.Resumed)
	}
	w.post("g", 3)
	if b, _ := event.As[event.MessagingPosted](c.nextEvent()); b.Number != 3 {
		t.Errorf("got %d", b.Number)
	}
	c.sync()
}
