package gateway

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"scaip/internal/event"
	"scaip/internal/log"
	"scaip/internal/log/memlog"
	"scaip/internal/services"
	"scaip/internal/services/dispatch"
	"scaip/internal/store/memstore"
	"scaip/internal/ws"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is a gateway on a log. The test takes the place of the other services: it reads auth.in and appends to outboxes and to gateway.in.
type world struct {
	t   testing.TB
	log *memlog.Log
	opt Options

	tune func(*Gateway)        // before it runs; may be nil
	wrap func(log.Log) log.Log // the gateway's view of the log; may be nil

	mu   sync.Mutex
	seq  map[string]uint64
	boot int

	gw   *Gateway
	srv  *httptest.Server
	stop func()
}

func newWorld(t testing.TB) *world {
	w := &world{t: t, log: memlog.New(), seq: map[string]uint64{}, opt: Options{Rate: 1000}}
	for _, topic := range []log.Topic{"gateway.in", "gateway.out", "auth.in", "auth.out", "users.out", "groups.out", "messaging.out", "calls.out"} {
		if err := w.log.Create(t.Context(), topic, log.Retention{}); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		if w.stop != nil {
			w.stop()
		}
		w.log.Close()
	})
	return w
}

// start runs a daemon's gateway; again: a new one, after the old one has stopped.
func (w *world) start() {
	w.t.Helper()
	if w.stop != nil {
		w.stop()
	}
	w.boot++
	o := w.opt
	o.Boot, o.Log, o.Store = fmt.Sprintf("b%d", w.boot), log.Log(w.log), memstore.New()
	o.Logger = slog.New(slog.NewTextHandler(io.Discard, nil))
	if w.wrap != nil {
		o.Log = w.wrap(o.Log)
	}
	g := New(o)
	if w.tune != nil {
		w.tune(g)
	}
	r := services.NewRunner(services.Options{
		Machine: g, Store: o.Store, Log: w.log, Feeds: services.FeedsOf(dispatch.Table(), "gateway"), Boot: o.Boot, Logger: o.Logger,
	})
	g.Attach(r)
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { r.Run(ctx) })
	wg.Go(func() { g.Run(ctx) })
	mux := http.NewServeMux()
	for _, route := range append(g.Routes(), g.AdminRoutes()...) {
		mux.Handle(route.Pattern, route.Handler)
	}
	w.gw, w.srv = g, httptest.NewServer(mux)
	w.stop = func() {
		cancel()
		wg.Wait()
		w.srv.Close()
		http.DefaultClient.CloseIdleConnections()
		o.Store.Close()
		w.stop = nil
	}
	w.until("open", func() bool { return g.Stats().Open })
}

// until waits for a condition that comes about without an event to wait for.
func (w *world) until(what string, ok func() bool) {
	w.t.Helper()
	deadline := time.After(10 * time.Second)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline:
			w.t.Fatalf("waited in vain: %s", what)
		}
	}
}

// out appends an event to its service's outbox and returns the record, which dispatch has not brought to the gateway yet.
func (w *world) out(cause event.Envelope, body event.Body) log.Record {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	origin := event.Service(body.EventType()) + ".out"
	w.seq[origin]++
	if cause.ID == "" {
		cause.ID = fmt.Sprintf("%s-%d", event.Service(body.EventType()), w.seq[origin])
		cause.At = time.Now().UTC()
	}
	e, err := event.Wrap(cause, int(w.seq[origin]), body)
	if err != nil {
		w.t.Fatal(err)
	}
	raw, err := json.Marshal(e)
	if err != nil {
		w.t.Fatal(err)
	}
	r := log.Record{Origin: origin, Seq: w.seq[origin], Value: raw}
	w.append(log.Topic(origin), r)
	return r
}

func (w *world) append(topic log.Topic, r log.Record) int64 {
	w.t.Helper()
	off, err := w.log.Append(context.Background(), topic, r)
	if err != nil {
		w.t.Fatal(err)
	}
	return off
}

// emit brings an event all the way to gateway.in and returns its offset there.
func (w *world) emit(body event.Body) int64 { return w.emitFor(event.Envelope{}, body) }

func (w *world) emitFor(cause event.Envelope, body event.Body) int64 {
	w.t.Helper()
	return w.append("gateway.in", w.out(cause, body))
}

// login opens a session of user; its token is "token-"+id.
func (w *world) login(user, id string) { w.loginUntil(user, id, time.Now().Add(time.Hour)) }

func (w *world) loginUntil(user, id string, expires time.Time) {
	w.emit(event.AuthSessionOpened{Session: event.SessionID("token-" + id), User: user, Role: w.role(user), Expires: expires.UTC()})
}

func (w *world) role(user string) string {
	if user == "root" {
		return event.RoleAdmin
	}
	return event.RoleUser
}

func (w *world) join(group string, users ...string) {
	for _, u := range users {
		w.emit(event.GroupsMemberAdded{Group: group, User: u, Role: event.GroupMember})
	}
}

func (w *world) post(group string, n int) int64 {
	return w.emit(event.MessagingPosted{Message: fmt.Sprintf("m%d", n), Group: group, Number: uint64(n), Author: "a", Text: "hello"})
}

// client is a connection of a test.
type client struct {
	w     *world
	conn  *ws.Conn
	hello hello
}

// message is anything that the server says.
type message struct {
	Hello    *hello          `json:"hello"`
	Cursor   string          `json:"cursor"`
	Event    *event.Envelope `json:"event"`
	Refused  *refused        `json:"refused"`
	Pong     json.RawMessage `json:"pong"`
	Presence *presence       `json:"presence"`
	Full     *string         `json:"full"`
}

func (w *world) dial(id, cursor string) (*client, error) {
	header := http.Header{"Authorization": {"Bearer token-" + id}}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	conn, err := ws.Dial(ctx, w.srv.URL+"/ws?cursor="+cursor, header, ws.Options{ReadLimit: 1 << 20})
	if err != nil {
		return nil, err
	}
	c := &client{w: w, conn: conn}
	m, err := c.read()
	if err != nil {
		return nil, err
	}
	if m.Hello == nil {
		w.t.Fatalf("the server speaks first, but said %+v", m)
	}
	c.hello = *m.Hello
	return c, nil
}

func (w *world) connect(id, cursor string) *client {
	w.t.Helper()
	c, err := w.dial(id, cursor)
	if err != nil {
		w.t.Fatalf("connect %s: %v", id, err)
	}
	w.t.Cleanup(c.conn.CloseNow)
	return c
}

// read returns the next message.
func (c *client) read() (message, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	var m message
	_, data, err := c.conn.Read(ctx)
	if err == nil {
		err = json.Unmarshal(data, &m)
	}
	return m, err
}

// next returns the next message that is no presence.
func (c *client) next() message {
	c.w.t.Helper()
	for {
		m, err := c.read()
		if err != nil {
			c.w.t.Fatalf("read: %v", err)
		}
		if m.Presence == nil {
			return m
		}
	}
}

func (c *client) nextEvent() event.Envelope {
	c.w.t.Helper()
	m := c.next()
	if m.Event == nil {
		c.w.t.Fatalf("got %+v, want an event", m)
	}
	return *m.Event
}

func (c *client) send(text string) {
	c.w.t.Helper()
	if err := c.conn.Write(context.Background(), false, []byte(text)); err != nil {
		c.w.t.Fatalf("send: %v", err)
	}
}

// sync makes sure that the server has taken in what was sent, and that nothing but the pong was waiting.
func (c *client) sync() {
	c.w.t.Helper()
	c.send(`{"ping":7}`)
	if m := c.next(); string(m.Pong) != "7" {
		c.w.t.Fatalf("got %+v (%s), want the pong", m, typeOf(m))
	}
}

func typeOf(m message) string {
	if m.Event == nil {
		return ""
	}
	return m.Event.Type + " " + string(m.Event.Body)
}

// closed reads until the server closes, and returns why.
func (c *client) closed() (int, string) {
	c.w.t.Helper()
	for {
		if _, err := c.read(); err != nil {
			code, reason, ok := ws.CloseError(err)
			if !ok {
				c.w.t.Fatalf("not closed, but: %v", err)
			}
			return code, reason
		}
	}
}

func (c *client) wantClosed(code int, reason string) {
	c.w.t.Helper()
	if gotCode, gotReason := c.closed(); gotCode != code || gotReason != reason {
		c.w.t.Errorf("closed with %d %q, want %d %q", gotCode, gotReason, code, reason)
	}
}

// commands yields what arrives in auth.in, from offset on.
func (w *world) command(offset int64) (log.Record, event.Envelope) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for batch, err := range w.log.Read(ctx, "auth.in", offset) {
		if err != nil {
			w.t.Fatal(err)
		}
		var e event.Envelope
		if err := json.Unmarshal(batch[0].Value, &e); err != nil {
			w.t.Fatal(err)
		}
		return batch[0], e
	}
	panic("unreachable")
}
