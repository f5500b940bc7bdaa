package gateway

import (
	"context"
	"iter"
	"net/http"
	"testing"
	"time"

	"scaip/internal/event"
	"scaip/internal/log"
	"scaip/internal/ws"
)

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
