package query

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"scaip/internal/event"
	"scaip/internal/media"
	"scaip/internal/media/past"
	"scaip/internal/services"
	"scaip/internal/store"
	"scaip/internal/ws"
)

// PastOptions of the sockets of the past. All are required but Now and Logger.
type PastOptions struct {
	Store store.Store
	Gate  services.Gate

	// Open opens the frames of a call that began at start.
	Open func(ctx context.Context, call string, start time.Time) (media.Source, error)

	Logger *slog.Logger
	Now    func() time.Time
}

// Past serves the sockets over which members play calls of their groups from any moment on: GET /media/past/{call}. Serve its Routes, and Run it.
type Past struct {
	o PastOptions

	mu      sync.Mutex
	ctx     context.Context // of Run: sessions outlive their requests. nil: it does not run.
	open    map[string]int  // by user
	all     int
	ended   sync.WaitGroup
	opened  chan struct{}
	started sync.Once
}

// most is how many sockets a viewer may have; those who have the link of a clip are one viewer together.
func most(viewer string) int {
	if strings.HasPrefix(viewer, clipViewers) {
		return maxClipped
	}
	return maxPast
}

// Bounds of the sockets of the past.
const (
	maxPast     = 8   // of a user
	maxClipped  = 100 // of a clip
	maxPastAll  = 1000
	pastNotSent = 256 << 10
	pastBuffer  = 32 << 10
)

// NewPast returns a Past that does not run yet.
func NewPast(o PastOptions) *Past {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	return &Past{o: o, open: map[string]int{}, opened: make(chan struct{})}
}

// Routes are the HTTP routes.
func (p *Past) Routes() []services.Route {
	return []services.Route{{Pattern: "GET /media/past/{call}", Handler: http.HandlerFunc(p.serve)}}
}

// Run takes sockets until ctx ends; then it closes all of them (1001), waits for them and returns nil.
func (p *Past) Run(ctx context.Context) error {
	p.mu.Lock()
	p.ctx = ctx
	p.mu.Unlock()
	p.started.Do(func() { close(p.opened) })
	<-ctx.Done()
	p.mu.Lock()
	p.ctx = nil
	p.mu.Unlock()
	p.ended.Wait()
	return nil
}

// Opened is closed when sockets are taken.
func (p *Past) Opened() <-chan struct{} { return p.opened }

func (p *Past) serve(w http.ResponseWriter, r *http.Request) {
	s, c, err := p.allowed(r)
	if err != nil {
		services.WriteError(w, p.o.Logger, err)
		return
	}
	ctx, err := p.enter(s.User)
	if err != nil {
		services.WriteError(w, p.o.Logger, err)
		return
	}
	defer p.leave(s.User)
	conn, err := ws.Accept(w, r, ws.Options{NotSent: pastNotSent, WriteBuffer: pastBuffer})
	if err != nil {
		return // Accept has answered
	}
	past.Serve(ctx, past.Options{
		Call: c.ID, Start: c.Start, Conn: conn, Now: p.o.Now,
		Open:  func(ctx context.Context) (media.Source, error) { return p.o.Open(ctx, c.ID, c.Start) },
		State: func() (bool, error) { return p.state(s, c.ID) },
	})
}

// allowed returns the session and the call that it may see; one that has not begun has no past.
func (p *Past) allowed(r *http.Request) (s services.Session, c Call, err error) {
	if s, err = p.o.Gate.Authenticate(r); err != nil {
		return s, c, err
	}
	err = p.o.Store.View(func(v store.Reader) (err error) {
		c, err = seenCall(v, r.PathValue("call"), s.User)
		return err
	})
	if err == nil && c.State != "running" && c.State != "ended" {
		err = noCall()
	}
	if err == nil && !c.Kept {
		err = event.Refuse(event.NotFound, "The recording of this call was not kept.")
	}
	return s, c, err
}

// state says whether the call runs; a Refusal if the session has ended or the user may not see the call any more.
func (p *Past) state(s services.Session, call string) (running bool, err error) {
	err = p.o.Store.View(func(v store.Reader) error {
		_, open, err := services.SessionByID(v, s.ID, p.o.Now())
		if err != nil {
			return err
		}
		if !open {
			return event.Refuse(event.Unauthentic, "Sign in first.")
		}
		c, err := seenCall(v, call, s.User)
		running = c.State == "running"
		return err
	})
	return running, err
}

// enter counts a socket.
func (p *Past) enter(user string) (context.Context, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.ctx == nil:
		return nil, event.Refuse(event.Unavailable, "The server restarts.")
	case p.open[user] >= most(user) || p.all >= maxPastAll:
		return nil, event.Refuse(event.TooMany, "Too many recordings are played at once. Close one.")
	}
	p.open[user]++
	p.all++
	p.ended.Add(1)
	return p.ctx, nil
}

func (p *Past) leave(user string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	defer p.ended.Done()
	p.all--
	if p.open[user]--; p.open[user] == 0 {
		delete(p.open, user)
	}
}
