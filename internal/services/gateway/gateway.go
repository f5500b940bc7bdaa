// Package gateway is the edge where clients are connected: commands come in by WebSocket, events and refusals go out.
//
// It guarantees: an event reaches every connection of those it concerns, in the order of gateway.in, each once; a client that comes
// back with the cursor of the last message it saw gets what followed, without gap or repeat, or is told that this is no longer
// possible; nobody gets an event of a group that he is not in; a client that reads too slowly is closed and holds up nobody; the
// connections of a session that has ended are closed within a second.
//
// How it works: the [services.Runner] applies gateway.in to the store, which so holds who is in which group and which sessions live.
// The store lives in memory and is built anew from the event store at each start, which may run ahead of gateway.in. So what
// goes to clients is read from gateway.in itself (tail.go): from the records that the topic still holds, to fill the [window] of events that can
// be resumed, and then on. From there, each record is encoded once and offered to the connections concerned (route.go).
package gateway

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"scaip/internal/event"
	"scaip/internal/log"
	"scaip/internal/services"
	"scaip/internal/store"
	"scaip/internal/ws"
)

// Limits.
const (
	MaxMessage     = 32 << 10 // bytes of a client's message
	MaxUserConns   = 20       // connections of a user
	MaxConns       = 2000     // connections in all
	DefaultRate    = 20       // messages a second of a user, over all his connections
	burstSeconds   = 3        // as many seconds' messages may come at once
	maxBreaks      = 20       // messages against the format that a connection survives
	maxLimiters    = 4096     // users whose rate is remembered when they are gone
	restartPause   = time.Second
	closedMemory   = time.Minute // how long an ended session is remembered
	shutdownReason = "The server stops. Come back in a moment."
)

// Options are what [New] needs.
type Options struct {
	Boot   string      // an ID of this run of the daemon, the same that the runner has
	Log    log.Log     // holds gateway.in, auth.in and the outboxes
	Store  store.Store // the runner's
	Logger *slog.Logger
	Now    func() time.Time // time.Now if nil

	// CheckOrigin says whether a page of the request's Origin may connect; nil: ws.SameOrigin.
	CheckOrigin func(*http.Request) error

	// Admit refuses a command of this type while the server can't take it in (a full disk); nil: none.
	Admit func(typ string) error

	// Rate is how many messages a second a user may send; a burst may be three times that. 0: DefaultRate.
	Rate int
}

// Gateway is the machine (apply only) and the surface of the gateway.
type Gateway struct {
	o      Options
	runner *services.Runner
	gate   services.Gate
	in     *appender
	checks bodyChecks
	done   sync.WaitGroup // the connections
	opened *latch         // it takes connections: they may have to wait for the window
	filled *latch         // the window holds what gateway.in held at the start
	ping   time.Duration  // between two pings, and for the pong; pingEvery
	slow   atomic.Int64   // clients closed for being too slow

	mu       sync.Mutex // guards what follows
	open     bool       // connections are let in
	full     string     // as Full has it
	total    int        // connections, those included whose handshake is under way
	peers    map[string]*peer
	limiters map[string]*rate.Limiter // by user
	who      directory
	past     window
	waiters  map[command]chan event.Envelope
}

// peer is a user with connections, or with one whose handshake is under way.
type peer struct {
	reserved int // connections and handshakes
	conns    []*conn
}

// command names a command under way.
type command struct{ actor, id string }

// New returns a gateway; Attach gives it its runner, Run makes it work.
func New(o Options) *Gateway {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.Rate <= 0 {
		o.Rate = DefaultRate
	}
	if o.Admit == nil {
		o.Admit = func(string) error { return nil }
	}
	return &Gateway{
		o:        o,
		checks:   newBodyChecks(),
		in:       newAppender(o.Log, "gateway/"+o.Boot, o.Logger),
		ping:     pingEvery,
		opened:   newLatch(),
		filled:   newLatch(),
		peers:    map[string]*peer{},
		limiters: map[string]*rate.Limiter{},
		who:      newDirectory(),
		past:     newWindow(),
		waiters:  map[command]chan event.Envelope{},
	}
}

// Attach says which runner drives this machine. It comes before Run and Routes.
func (g *Gateway) Attach(r *services.Runner) {
	g.runner = r
	g.gate = services.NewGate(g.o.Store, r.Changed, g.o.Now)
}

// Routes are what clients may ask.
func (g *Gateway) Routes() []services.Route {
	return []services.Route{{Pattern: "GET /ws", Handler: http.HandlerFunc(g.serve)}}
}

// Opened is closed when the gateway takes connections. The first may wait a moment, until it has read what gateway.in holds: that takes longest of a
// start, and nobody else has to wait for it.
func (g *Gateway) Opened() <-chan struct{} { return g.opened.ch }

// latch is something that happens once.
type latch struct {
	once sync.Once
	ch   chan struct{} // closed when it has
}

func newLatch() *latch { return &latch{ch: make(chan struct{})} }

func (w *latch) pass() { w.once.Do(func() { close(w.ch) }) }

// fillTime is how long a connection waits for the window at most.
const fillTime = 5 * time.Second

// fill waits until the window has been filled for the first time, or is not going to be soon.
func (g *Gateway) fill(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, fillTime)
	defer cancel()
	select {
	case <-g.filled.ch:
	case <-ctx.Done():
	}
}

// Seen returns the offset in gateway.in of the first record that the connections have not been offered yet.
func (g *Gateway) Seen() int64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.past.last + 1
}

// Stats is a picture of the gateway for status.
type Stats struct {
	Open        bool `json:"open"`
	Connections int  `json:"connections"`
	Users       int  `json:"users"`  // online
	Window      int  `json:"window"` // events that can be resumed
	WindowBytes int  `json:"windowBytes"`
	Slow        int  `json:"slow"` // clients closed since the start for being too slow
}

// Stats returns a picture of now.
func (g *Gateway) Stats() Stats {
	g.mu.Lock()
	defer g.mu.Unlock()
	s := Stats{Open: g.open, Connections: g.total, Window: g.past.len(), WindowBytes: g.past.bytes, Slow: int(g.slow.Load())}
	for _, p := range g.peers {
		if len(p.conns) > 0 {
			s.Users++
		}
	}
	return s
}

// Run serves connections until ctx ends; then it closes them (1001) and waits for them. If gateway.in can't be read on, it closes the
// connections and begins anew.
func (g *Gateway) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	wg.Go(func() { g.in.run(ctx) })
	for ctx.Err() == nil {
		err := g.tail(ctx)
		g.shutAll()
		if ctx.Err() != nil {
			break
		}
		g.o.Logger.Error("gateway begins anew", "err", err)
		select {
		case <-ctx.Done():
		case <-time.After(restartPause):
		}
	}
	wg.Wait()
	g.done.Wait()
	return nil
}

// shutAll lets nobody in any more and closes all connections.
func (g *Gateway) shutAll() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.open = false
	for _, p := range g.peers {
		for _, c := range p.conns {
			c.shut(ws.GoingAway, shutdownReason)
		}
	}
}

var errNotOpen = event.Refuse(event.Unavailable, "The server is starting or stopping. Try again in a moment.")

// admit reserves a place for a connection of user; release gives it back.
func (g *Gateway) admit(user string) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	p := g.peers[user]
	switch {
	case !g.open:
		return errNotOpen
	case g.total >= MaxConns:
		return event.Refuse(event.Unavailable, "The server has as many connections as it can take.")
	case p != nil && p.reserved >= MaxUserConns:
		return event.Refuse(event.TooMany, "You have too many connections. Close some windows.")
	}
	if p == nil {
		p = &peer{}
		g.peers[user] = p
	}
	p.reserved++
	g.total++
	g.done.Add(1)
	return nil
}

func (g *Gateway) release(user string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.total--
	if p := g.peers[user]; p.reserved == 1 {
		delete(g.peers, user)
	} else {
		p.reserved--
	}
	g.done.Done()
}

// limiter returns the rate limiter of user. It outlives his connections, or coming back would be a way around it.
func (g *Gateway) limiter(user string) *rate.Limiter {
	l := g.limiters[user]
	if l != nil {
		return l
	}
	if len(g.limiters) >= maxLimiters {
		for u, l := range g.limiters {
			if g.peers[u] == nil && l.TokensAt(g.o.Now()) >= float64(l.Burst()) {
				delete(g.limiters, u)
			}
		}
	}
	l = rate.NewLimiter(rate.Limit(g.o.Rate), burstSeconds*g.o.Rate)
	g.limiters[user] = l
	return l
}

// serve is a connection, from handshake to close.
func (g *Gateway) serve(w http.ResponseWriter, r *http.Request) {
	s, err := g.gate.Authenticate(r)
	if err == nil {
		g.fill(r.Context())
		err = g.admit(s.User)
	}
	if err != nil {
		services.WriteError(w, g.o.Logger, err)
		return
	}
	defer g.release(s.User)
	sock, err := ws.Accept(w, r, ws.Options{ReadLimit: MaxMessage, CheckOrigin: g.o.CheckOrigin, NotSent: 128 << 10})
	if err != nil {
		return // it has been answered
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	c := g.newConn(sock, s, stop)
	defer g.detach(c)
	g.attach(c, r.URL.Query().Get("cursor"))

	var wg sync.WaitGroup
	wg.Go(func() { c.write(ctx, func() [][]byte { return g.catchUp(c) }) })
	wg.Go(func() { c.watch(ctx, s.Expires.Sub(g.o.Now()), g.ping) })
	g.read(c)
	wg.Wait()
}

// read takes in what the client says until the connection ends.
func (g *Gateway) read(c *conn) {
	for {
		binary, data, err := c.sock.Next(context.Background()) // ends when watch closes the connection
		if err != nil {
			c.shut(ws.Normal, "") // ws has closed it already, with ws.TooBig if that was it
			return
		}
		g.take(c, binary, data)
	}
}
