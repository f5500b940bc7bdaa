package edge

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"scaip/internal/event"
	"scaip/internal/log"
	"scaip/internal/log/memlog"
	"scaip/internal/media"
	"scaip/internal/services"
	"scaip/internal/store/memstore"
	"scaip/internal/ws"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 10 * time.Second // for what must come

// rig is an edge with its real runner, on logs and a store in memory, behind a real HTTP server. The test plays auth, calls and dispatch.
type rig struct {
	t      testing.TB
	kind   string
	events *memlog.Log
	media  log.Admin
	edge   *Edge
	url    string
	logged *bytes.Buffer // what the edge logged; read it after stop
	stop   func()        // the edge and its runner
	seen   int64         // offset in the outbox: events before were waited for

	mu   sync.Mutex
	seqs map[log.Topic]uint64
	ids  int
}

// newRig starts an edge; change, if not nil, alters its options.
func newRig(t testing.TB, kind string, change func(*Options)) *rig {
	t.Helper()
	g := &rig{t: t, kind: kind, events: memlog.New(), seqs: map[log.Topic]uint64{}}
	ml := memlog.New()
	g.media = ml
	for _, topic := range []log.Topic{"calls.out", "auth.out", services.Inbox(kind), services.Outbox(kind)} {
		if err := g.events.Create(t.Context(), topic, log.Retention{}); err != nil {
			t.Fatal(err)
		}
	}
	g.start("boot1", change)
	t.Cleanup(func() {
		g.stop()
		_ = ml.Close()
		_ = g.events.Close()
	})
	return g
}

// start runs an edge on the rig's logs, with an empty store.
func (g *rig) start(boot string, change func(*Options)) {
	g.t.Helper()
	g.logged = &bytes.Buffer{}
	o := Options{
		Service: g.kind, Boot: boot, Media: g.media, Store: memstore.New(),
		Logger: slog.New(slog.NewTextHandler(g.logged, &slog.HandlerOptions{Level: slog.LevelWarn})),
	}
	if change != nil {
		change(&o)
	}
	g.media = o.Media
	g.edge = New(o)
	feeds := services.Feeds{
		"auth.out":  {"auth.session_opened": true, "auth.session_closed": true},
		"calls.out": {"calls.started": true, "calls.joined": true, "calls.left": true, "calls.muted": true, "calls.unmuted": true, "calls.ended": true, "calls.deleted": true},
	}
	runner := services.NewRunner(services.Options{Machine: g.edge, Store: o.Store, Log: g.events, Feeds: feeds, Boot: boot, Logger: o.Logger})
	g.edge.Attach(runner)
	mux := http.NewServeMux()
	for _, r := range g.edge.Routes() {
		mux.Handle(r.Pattern, r.Handler)
	}
	srv := httptest.NewServer(mux)
	g.url = srv.URL
	edgeCtx, stopEdge := context.WithCancel(context.Background())
	runnerCtx, stopRunner := context.WithCancel(context.Background())
	var runs, edges sync.WaitGroup
	runs.Go(func() {
		if err := runner.Run(runnerCtx); err != nil {
			g.t.Errorf("runner: %v", err)
		}
	})
	edges.Go(func() {
		if err := g.edge.Run(edgeCtx); err != nil {
			g.t.Errorf("edge: %v", err)
		}
	})
	g.stop = sync.OnceFunc(func() {
		stopEdge()
		edges.Wait()
		stopRunner()
		runs.Wait()
		srv.Close()
		_ = o.Store.Close()
	})
	g.saw(event.MediaBegan{Service: g.kind})
	g.until("it takes sockets", func() bool {
		g.edge.mu.Lock()
		defer g.edge.mu.Unlock()
		return g.edge.running
	})
}

// event appends another service's event to its outbox and, as dispatch does, to the edge's inbox.
func (g *rig) event(body event.Body) {
	g.t.Helper()
	g.mu.Lock()
	defer g.mu.Unlock()
	g.ids++
	env, err := event.NewCommand(fmt.Sprintf("event-%d", g.ids), time.Now(), event.System, "", body)
	if err != nil {
		g.t.Fatal(err)
	}
	env.Cause = env.ID
	raw, err := json.Marshal(env)
	if err != nil {
		g.t.Fatal(err)
	}
	out := services.Outbox(event.Service(env.Type))
	g.seqs[out]++
	rec := log.Record{Origin: string(out), Seq: g.seqs[out], Value: raw}
	for _, topic := range []log.Topic{out, services.Inbox(g.kind)} {
		if _, err := g.events.Append(g.t.Context(), topic, rec); err != nil {
			g.t.Fatal(err)
		}
	}
}

func tokenOf(user string) string { return "token-of-" + user }

// session opens a session for a user.
func (g *rig) session(user string, expires time.Time) {
	g.t.Helper()
	g.event(event.AuthSessionOpened{Session: event.SessionID(tokenOf(user)), User: user, Role: event.RoleUser, Expires: expires})
}

// call starts a call and seats users in it, each with a session: the first at seat 1.
func (g *rig) call(id string, users ...string) {
	g.t.Helper()
	g.event(event.CallsStarted{Call: id, Group: "g", Maker: users[0], Start: time.Now().UTC()})
	for i, u := range users {
		g.session(u, time.Now().Add(time.Hour))
		g.event(event.CallsJoined{Call: id, Group: "g", User: u, Seat: i + 1})
	}
}

// saw waits for an event like body in the edge's outbox, after the one it saw last.
func (g *rig) saw(body event.Body) {
	g.t.Helper()
	want, err := json.Marshal(body)
	if err != nil {
		g.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(g.t.Context(), patience)
	defer cancel()
	var seen []string
	for records, err := range g.events.Read(ctx, services.Outbox(g.kind), g.seen) {
		if err != nil {
			g.t.Fatalf("no %s %s was announced, but %v (%v)", body.EventType(), want, seen, err)
		}
		for _, r := range records {
			var env event.Envelope
			if err := json.Unmarshal(r.Value, &env); err != nil {
				g.t.Fatal(err)
			}
			if env.Type == body.EventType() && bytes.Equal(env.Body, want) {
				g.seen = r.Offset + 1
				return
			}
			seen = append(seen, env.Type+string(env.Body))
		}
	}
}

// announced lists all events of the edge's outbox.
func (g *rig) announced() []string {
	g.t.Helper()
	b, err := g.events.Bounds(g.t.Context(), services.Outbox(g.kind))
	if err != nil {
		g.t.Fatal(err)
	}
	var all []string
	for records, err := range g.events.Read(g.t.Context(), services.Outbox(g.kind), 0) {
		if err != nil {
			g.t.Fatal(err)
		}
		for _, r := range records {
			var env event.Envelope
			if err := json.Unmarshal(r.Value, &env); err != nil {
				g.t.Fatal(err)
			}
			all = append(all, strings.TrimPrefix(env.Type, g.kind+".")+string(env.Body))
		}
		if int64(len(all)) >= b.Next {
			return all
		}
	}
	return all
}

// until waits for a state that nothing announces.
func (g *rig) until(what string, ok func() bool) {
	g.t.Helper()
	for end := time.Now().Add(patience); !ok(); runtime.Gosched() {
		if time.Now().After(end) {
			g.t.Fatalf("it never came true that %s", what)
		}
	}
}

func (g *rig) tryDial(user, call, query string, header http.Header) (*ws.Conn, error) {
	if header == nil {
		header = http.Header{}
	}
	if user != "" {
		header.Set("Authorization", "Bearer "+tokenOf(user))
	}
	tr := &http.Transport{}
	g.t.Cleanup(tr.CloseIdleConnections)
	ctx, cancel := context.WithTimeout(g.t.Context(), patience)
	defer cancel()
	conn, err := ws.Dial(ctx, g.url+"/media/"+g.kind+"/"+call+query, header, ws.Options{ReadLimit: 2 << 20, Client: &http.Client{Transport: tr}})
	if err == nil {
		g.t.Cleanup(conn.CloseNow)
	}
	return conn, err
}

// statusOf makes the handshake fail and returns the refusal.
func (g *rig) statusOf(user, call string, header http.Header) (int, event.Refusal) {
	g.t.Helper()
	req, err := http.NewRequestWithContext(g.t.Context(), "GET", g.url+"/media/"+g.kind+"/"+call, nil)
	if err != nil {
		g.t.Fatal(err)
	}
	req.Header = http.Header{
		"Connection": {"Upgrade"}, "Upgrade": {"websocket"}, "Sec-Websocket-Version": {"13"}, "Sec-Websocket-Key": {"AAAAAAAAAAAAAAAAAAAAAA=="},
	}
	for k, v := range header {
		req.Header[k] = v
	}
	if user != "" {
		req.Header.Set("Authorization", "Bearer "+tokenOf(user))
	}
	tr := &http.Transport{}
	defer tr.CloseIdleConnections()
	resp, err := (&http.Client{Transport: tr}).Do(req)
	if err != nil {
		g.t.Fatal(err)
	}
	defer resp.Body.Close()
	var ref event.Refusal
	raw, _ := io.ReadAll(io.LimitReader(resp.Body, 4096))
	_ = json.Unmarshal(raw, &ref)
	return resp.StatusCode, ref
}

// frames returns what a topic holds.
func (g *rig) frames(topic log.Topic) (all []media.Frame) {
	g.t.Helper()
	b, err := g.media.Bounds(g.t.Context(), topic)
	if err != nil {
		g.t.Fatal(err)
	}
	if b.First == b.Next {
		return nil
	}
	seq := map[string]uint64{}
	for records, err := range g.media.Read(g.t.Context(), topic, b.First) {
		if err != nil {
			g.t.Fatal(err)
		}
		for _, r := range records {
			pieces, err := media.Unpack(r.Value)
			if err != nil || r.Seq <= seq[r.Origin] || !strings.HasPrefix(r.Origin, g.kind+"/boot") {
				g.t.Fatalf("record %d of %s, number %d: %v", r.Offset, r.Origin, r.Seq, err)
			}
			seq[r.Origin] = r.Seq
			for _, p := range pieces {
				all = append(all, p.Frame)
			}
			if r.Offset == b.Next-1 {
				return all
			}
		}
	}
	return all
}

// put gives a frame to the room past a socket's limits; false: there is no room.
func (r *room) put(x arrival) bool {
	ok, due := r.in.offer(x)
	if due {
		r.hub.Deliver()
	}
	return ok
}
