package client

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"scaip/internal/event"
	"scaip/internal/ws"
)

// peer is one connection of the event socket, seen from the server's side of a test.
type peer struct {
	t      *testing.T
	conn   *ws.Conn
	cursor string // that the client came with
	done   chan struct{}
}

// serve is a server whose event socket the test itself plays; peers yields the connections.
func serve(t *testing.T) (*Client, chan *peer) {
	t.Helper()
	peers := make(chan *peer)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer secret" {
			w.WriteHeader(401)
			json.NewEncoder(w).Encode(event.Refusal{Code: event.Unauthentic, Text: "Sign in first."})
			return
		}
		conn, err := ws.Accept(w, r, ws.Options{})
		if err != nil {
			return
		}
		defer conn.CloseNow()
		p := &peer{t: t, conn: conn, cursor: r.URL.Query().Get("cursor"), done: make(chan struct{})}
		select {
		case peers <- p:
			<-p.done
		case <-t.Context().Done():
		}
	}))
	t.Cleanup(srv.Close)
	return &Client{URL: srv.URL, Token: "secret"}, peers
}

func (p *peer) say(text string) {
	p.t.Helper()
	if err := p.conn.Write(p.t.Context(), false, []byte(text)); err != nil {
		p.t.Error(err)
	}
}

// hear returns the ID of the next command.
func (p *peer) hear() string {
	p.t.Helper()
	for {
		_, raw, err := p.conn.Read(p.t.Context())
		if err != nil {
			p.t.Error(err)
			return ""
		}
		var cmd struct{ ID, Type string }
		if err := json.Unmarshal(raw, &cmd); err != nil {
			p.t.Error(err)
		}
		if cmd.ID != "" {
			return cmd.ID
		}
	}
}

func run(t *testing.T, s *Socket) {
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { s.Run(ctx); close(ended) }()
	t.Cleanup(func() { cancel(); <-ended })
}

func TestCommandIsSentAgainUnderItsID(t *testing.T) {
	c, peers := serve(t)
	s := c.NewSocket(SocketOptions{Cursor: "c0"})
	run(t, s)
	got := make(chan event.Envelope, 1)
	go func() {
		e, err := s.Send(t.Context(), event.GroupsCreate{Name: "Team"})
		if err != nil {
			t.Error(err)
		}
		got <- e
	}()

	p := <-peers
	if p.cursor != "c0" {
		t.Errorf("it came with cursor %q, want c0", p.cursor)
	}
	p.say(`{"hello":{"cursor":"c1","resumed":true}}`)
	p.say(`{"cursor":"c2","event":{"id":"e1","type":"users.created","body":{}}}`)
	first := p.hear()
	p.conn.CloseNow()
	close(p.done)

	p = <-peers
	defer close(p.done)
	if p.cursor != "c2" {
		t.Errorf("after the break it came with cursor %q, want c2", p.cursor)
	}
	p.say(`{"hello":{"cursor":"c2","resumed":true}}`)
	if again := p.hear(); again != first {
		t.Errorf("it was sent again as %q, want %q", again, first)
	}
	p.say(`{"cursor":"c3","event":{"id":"e2","type":"groups.created","cause":"` + first + `","body":{"group":"g"}}}`)
	p.say(`{"cursor":"c4","event":{"id":"e3","type":"groups.member_added","cause":"` + first + `","body":{}}}`)
	if e := <-got; e.ID != "e2" {
		t.Errorf("answered by %q, want e2, the first event", e.ID)
	}
}

func TestNotResumedTakesTheNewCursor(t *testing.T) {
	c, peers := serve(t)
	handled := make(chan Incoming, 10)
	s := c.NewSocket(SocketOptions{Cursor: "old", Handle: func(in Incoming) { handled <- in }})
	run(t, s)
	p := <-peers
	p.say(`{"hello":{"cursor":"new","resumed":false}}`)
	if in := <-handled; in.Hello == nil || in.Hello.Resumed {
		t.Errorf("handled %+v, want the hello", in)
	}
	p.conn.CloseNow()
	close(p.done)
	p = <-peers
	close(p.done)
	if p.cursor != "new" {
		t.Errorf("cursor %q, want new", p.cursor)
	}
}

func TestRefusals(t *testing.T) {
	c, peers := serve(t)
	s := c.NewSocket(SocketOptions{})
	run(t, s)
	p := <-peers
	defer close(p.done)
	p.say(`{"hello":{"cursor":"c1"}}`)
	for _, answer := range []string{
		`{"cursor":"c","event":{"id":"e","type":"groups.refused","cause":"ID","body":{"code":"denied","text":"No."}}}`,
		`{"refused":{"id":"ID","code":"denied","text":"No."}}`,
	} {
		errs := make(chan error, 1)
		go func() { _, err := s.Send(t.Context(), event.GroupsCreate{}); errs <- err }()
		p.say(strings.Replace(answer, "ID", p.hear(), 1))
		if r, ok := event.AsRefusal(<-errs); !ok || r.Code != event.Denied || r.Text != "No." {
			t.Errorf("after %s: %v, want denied", answer, r)
		}
	}
}

func TestEventsAreYieldedInOrder(t *testing.T) {
	c, peers := serve(t)
	s := c.NewSocket(SocketOptions{})
	events := s.Events(t.Context())
	run(t, s)
	p := <-peers
	defer close(p.done)
	p.say(`{"hello":{"cursor":"c1"}}`)
	for _, id := range []string{"a", "b", "c"} {
		p.say(`{"cursor":"` + id + `","event":{"id":"` + id + `","type":"x.y","body":{}}}`)
	}
	got := ""
	for e := range events {
		if got += e.ID; got == "abc" {
			return
		}
		if len(got) == 3 {
			t.Fatalf("events %q, want abc", got)
		}
	}
}

func TestEndOfSessionEndsRun(t *testing.T) {
	c, peers := serve(t)
	s := c.NewSocket(SocketOptions{})
	ended := make(chan error, 1)
	go func() { ended <- s.Run(t.Context()) }()
	p := <-peers
	p.say(`{"hello":{"cursor":"c1"}}`)
	go p.conn.Close(ws.Policy, "logout")
	if r, ok := event.AsRefusal(<-ended); !ok || r.Code != event.Unauthentic || !strings.Contains(r.Text, "logout") {
		t.Errorf("Run ended with %v, want unauthentic: logout", r)
	}
	close(p.done)
}

func TestSendEndsWithItsContext(t *testing.T) {
	s := (&Client{URL: "http://127.0.0.1:1"}).NewSocket(SocketOptions{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Send(ctx, event.GroupsCreate{}); !errors.Is(err, context.Canceled) || len(s.pending)+len(s.order) > 0 {
		t.Errorf("got %v, %d still pending", err, len(s.pending))
	}
}

func TestHTTPRefusal(t *testing.T) {
	c, _ := serve(t)
	c.Token = "wrong"
	if _, err := c.Me(t.Context()); !isCode(err, event.Unauthentic) {
		t.Errorf("got %v, want unauthentic", err)
	}
}

func isCode(err error, code event.Code) bool {
	r, ok := event.AsRefusal(err)
	return ok && r.Code == code
}

func TestClockTrustsTheQuickestPing(t *testing.T) {
	var c clock
	c.set(1000, 500_000)
	if got := c.at(2000); got != 501_000 {
		t.Errorf("at first: %d, want 501000", got)
	}
	c.note(10_000, 10_400, 1_010_200) // 400 µs: offset 1,000,000 exactly
	c.note(20_000, 90_000, 1_060_000) // 70 ms: worse
	if got := c.at(30_000); got != 1_030_000 {
		t.Errorf("got %d, want 1030000", got)
	}
	for i := range int64(16) { // the clocks have drifted; old readings go
		c.note(100_000+i, 101_000+i, 1_100_550+i)
	}
	if got := c.at(100_000); got != 1_100_050 {
		t.Errorf("after a drift: %d, want 1100050", got)
	}
}
