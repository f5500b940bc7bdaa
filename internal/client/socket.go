package client

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	mrand "math/rand/v2"
	"slices"
	"sync"
	"time"

	"scaip/internal/event"
	"scaip/internal/ws"
)

// Hello is the server's first word on the event socket.
type Hello struct {
	Session struct {
		User    string    `json:"user"`
		Role    string    `json:"role"`
		Expires time.Time `json:"expires"`
	} `json:"session"`
	Connection string    `json:"connection"`
	Cursor     string    `json:"cursor"`
	Resumed    bool      `json:"resumed"`
	Time       time.Time `json:"time"`
	Presence   []string  `json:"presence"`
}

// Presence says that a user has come or gone.
type Presence struct {
	User   string `json:"user"`
	Online bool   `json:"online"`
}

// Incoming is one message of the server; the one field that is set says which.
type Incoming struct {
	Hello    *Hello          `json:"hello"`
	Cursor   string          `json:"cursor"`
	Event    *event.Envelope `json:"event"`
	Presence *Presence       `json:"presence"`
	Refused  *struct {
		ID string `json:"id"`
		event.Refusal
	} `json:"refused"`
}

// SocketOptions configure a Socket.
type SocketOptions struct {
	Cursor string         // where to go on, from Me; empty: events begin now
	Handle func(Incoming) // hears every message, in order, in Run's goroutine; must not call Send. May be nil

	// Peek sees every message first, undecoded, as long as it has not returned. If it says true that was all: nobody else hears of the message. For
	// who counts a great many. May be nil.
	Peek func(raw []byte) bool
}

// Socket is the event socket: connected, resumed and connected again as long as Run runs. Send and Events may be called from any
// goroutine.
type Socket struct {
	client *Client
	o      SocketOptions

	mu      sync.Mutex
	conn    *ws.Conn // nil while not connected
	cursor  string
	pending map[string]*pending // by command ID
	order   []string            // of pending
	subs    map[*subscription]bool
}

// pending is a command that waits for its answer.
type pending struct {
	raw    []byte
	answer chan answer // of capacity 1
}

type answer struct {
	event event.Envelope
	err   error
}

type subscription struct {
	events chan event.Envelope
	done   chan struct{}
}

// NewSocket returns a socket that connects when Run runs.
func (c *Client) NewSocket(o SocketOptions) *Socket {
	return &Socket{client: c, o: o, cursor: o.Cursor, pending: map[string]*pending{}, subs: map[*subscription]bool{}}
}

const (
	minPause     = 50 * time.Millisecond
	maxPause     = 2 * time.Second
	pingEvery    = 10 * time.Second
	silenceAfter = 25 * time.Second // without a word from the server the connection counts as broken
	doubtful     = 8                // refused handshakes in a row that are believed: a daemon that has just started may not know the session yet
)

// Run keeps the socket connected until ctx ends (nil) or the session does (event.Refusal).
func (s *Socket) Run(ctx context.Context) error {
	return reconnect(ctx, func(ctx context.Context, up func()) error { return s.once(ctx, up) })
}

// reconnect calls once again and again, with growing pauses, until ctx ends (nil) or the server means it. once calls up when it is
// connected.
func reconnect(ctx context.Context, once func(ctx context.Context, up func()) error) error {
	pause, refused := minPause, 0
	for {
		err := once(ctx, func() { pause, refused = minPause, 0 })
		if ctx.Err() != nil {
			return nil
		}
		var final finalError
		if errors.As(err, &final) {
			return final.err
		}
		if r, ok := event.AsRefusal(err); ok && r.Code != event.Unavailable && r.Code != event.TooMany {
			if refused++; refused >= doubtful {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause/2 + mrand.N(pause/2+1)):
		}
		pause = min(2*pause, maxPause)
	}
}

// finalError ends reconnect.
type finalError struct{ err error }

func (f finalError) Error() string { return fmt.Sprint(f.err) }

// once is one connection.
func (s *Socket) once(ctx context.Context, up func()) error {
	s.mu.Lock()
	q := query("cursor", s.cursor)
	s.mu.Unlock()
	conn, err := ws.Dial(ctx, s.client.URL+"/ws"+q, s.client.header(), ws.Options{ReadLimit: 4 << 20, Client: s.client.HTTP})
	if err != nil {
		return err
	}
	defer conn.CloseNow()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	beat := newBeat()
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	wg.Go(func() {
		beat.watch(ctx, conn, func() []byte { return []byte(`{"ping":1}`) })
	})
	defer func() {
		s.mu.Lock()
		s.conn = nil
		s.mu.Unlock()
	}()
	defer context.AfterFunc(ctx, conn.CloseNow)() // spares Next from watching ctx
	for {
		_, raw, err := conn.Next(context.Background())
		if err != nil {
			return closed(err)
		}
		beat.touch()
		if s.o.Peek != nil && s.o.Peek(raw) {
			s.passed(raw)
			continue
		}
		var in Incoming
		if err := json.Unmarshal(raw, &in); err != nil {
			return fmt.Errorf("read event socket: %w", err)
		}
		if in.Hello != nil {
			up()
			if err := s.greet(ctx, conn, in.Hello); err != nil {
				return err
			}
		}
		s.take(ctx, in)
	}
}

// passed notes the cursor of a message that Peek has dealt with.
func (s *Socket) passed(raw []byte) {
	if rest, ok := bytes.CutPrefix(raw, []byte(`{"cursor":"`)); ok {
		cursor, _, _ := bytes.Cut(rest, []byte(`"`))
		s.mu.Lock()
		defer s.mu.Unlock()
		s.cursor = string(cursor)
	}
}

// greet begins a connection: what was never answered is sent again.
func (s *Socket) greet(ctx context.Context, conn *ws.Conn, h *Hello) error {
	s.mu.Lock()
	s.conn = conn
	if !h.Resumed || s.cursor == "" {
		s.cursor = h.Cursor
	}
	var again [][]byte
	for _, id := range s.order {
		again = append(again, s.pending[id].raw)
	}
	s.mu.Unlock()
	for _, raw := range again {
		if err := conn.Write(ctx, false, raw); err != nil {
			return err
		}
	}
	return nil
}

// take handles a message.
func (s *Socket) take(ctx context.Context, in Incoming) {
	if e := in.Event; e != nil {
		a := answer{event: *e}
		if e.Type == event.Service(e.Type)+".refused" {
			var r event.Refusal
			_ = json.Unmarshal(e.Body, &r) // a body that is none leaves an empty refusal, which still is one
			a.err = r
		}
		s.answer(e.Cause, a)
	}
	if r := in.Refused; r != nil {
		s.answer(r.ID, answer{err: r.Refusal})
	}
	if s.o.Handle != nil {
		s.o.Handle(in)
	}
	s.mu.Lock()
	if in.Cursor != "" {
		s.cursor = in.Cursor // after Handle: what was not handled comes again
	}
	var subs []*subscription
	if in.Event != nil {
		for sub := range s.subs {
			subs = append(subs, sub)
		}
	}
	s.mu.Unlock()
	for _, sub := range subs {
		select {
		case sub.events <- *in.Event:
		case <-sub.done:
		case <-ctx.Done():
		}
	}
}

// answer settles a pending command.
func (s *Socket) answer(id string, a answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.pending[id]; p != nil {
		p.answer <- a
		s.forget(id)
	}
}

// forget drops a pending command; with mu held.
func (s *Socket) forget(id string) {
	delete(s.pending, id)
	if i := slices.Index(s.order, id); i >= 0 {
		s.order = slices.Delete(s.order, i, i+1)
	}
}

// NewID returns a random ID for a command.
func NewID() string { return rand.Text() }

// Send sends a command under a new ID; see SendAs.
func (s *Socket) Send(ctx context.Context, body event.Body) (event.Envelope, error) {
	return s.SendAs(ctx, NewID(), body)
}

// SendAs sends a command and waits for its answer: the first event that it caused ("….unchanged" if its effect stood already), or the
// event.Refusal. It is sent again under the same ID after each break, so it takes effect once; if ctx ends first it may or may not have.
func (s *Socket) SendAs(ctx context.Context, id string, body event.Body) (event.Envelope, error) {
	raw, err := json.Marshal(struct {
		ID   string     `json:"id"`
		Type string     `json:"type"`
		Body event.Body `json:"body"`
	}{id, body.EventType(), body})
	if err != nil {
		return event.Envelope{}, fmt.Errorf("send %s: %w", body.EventType(), err)
	}
	p := &pending{raw: raw, answer: make(chan answer, 1)}
	s.mu.Lock()
	if s.pending[id] != nil {
		s.mu.Unlock()
		return event.Envelope{}, fmt.Errorf("send %s: ID %q is waiting already", body.EventType(), id)
	}
	s.pending[id] = p
	s.order = append(s.order, id)
	conn := s.conn
	s.mu.Unlock()
	if conn != nil {
		// An error here breaks the connection; the next one sends it again. The ctx must not: it would close the socket for all.
		_ = conn.Write(context.WithoutCancel(ctx), false, raw)
	}
	select {
	case a := <-p.answer:
		if a.err != nil {
			return event.Envelope{}, fmt.Errorf("send %s: %w", body.EventType(), a.err)
		}
		return a.event, nil
	case <-ctx.Done():
		s.mu.Lock()
		s.forget(id)
		s.mu.Unlock()
		return event.Envelope{}, fmt.Errorf("send %s: %w", body.EventType(), ctx.Err())
	}
}

// Events yields the events that come from this call on, until ctx ends or the loop is left. Of 1,024 that wait unread the socket stops
// reading, so a loop should not Send for long.
func (s *Socket) Events(ctx context.Context) iter.Seq[event.Envelope] {
	sub := &subscription{events: make(chan event.Envelope, 1024), done: make(chan struct{})}
	s.mu.Lock()
	s.subs[sub] = true
	s.mu.Unlock()
	return func(yield func(event.Envelope) bool) {
		defer func() {
			close(sub.done)
			s.mu.Lock()
			delete(s.subs, sub)
			s.mu.Unlock()
		}()
		for {
			select {
			case <-ctx.Done():
				return
			case e := <-sub.events:
				if !yield(e) {
					return
				}
			}
		}
	}
}

// Cursor is where another socket could go on.
func (s *Socket) Cursor() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cursor
}

// Break drops the connection, as a bad network would; Run connects again. For tests.
func (s *Socket) Break() {
	s.mu.Lock()
	conn := s.conn
	s.mu.Unlock()
	if conn != nil {
		conn.CloseNow()
	}
}

// closed translates how a connection ended: by the server's final word or not.
func closed(err error) error {
	code, reason, ok := ws.CloseError(err)
	if ok && code == ws.Policy {
		return finalError{event.Refuse(event.Unauthentic, "The server closed the connection: "+reason+".")}
	}
	return err
}
