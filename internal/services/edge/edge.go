// Package edge is what audio and video have in common: the media sockets of calls. Frames come in over WebSockets, are checked, and go, in one
// order, into the queue to the call's media topic and, by one hub a call, out to all who receive.
//
// It guarantees: only who sits in a running call has a socket there, and within a second after that ends the socket is closed; what is in
// the log are well-formed frames of their sender's own tracks, in the order in which others get them; a frame is sent to others only once
// there is room for it in the queue to the log, and while the log takes none only after it has been logged; no queue grows without bound, and a slow or hostile client costs nobody else a frame.
package edge

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"scaip/internal/event"
	"scaip/internal/log"
	"scaip/internal/media"
	"scaip/internal/services"
	"scaip/internal/store"
)

// Options of an edge.
type Options struct {
	Service string      // media.Audio or media.Video
	Boot    string      // names this run of the daemon; an ID
	Media   log.Admin   // the media log
	Store   store.Store // the service's own, volatile; written by its runner
	Logger  *slog.Logger
	Now     func() time.Time // with a monotonic reading; nil: time.Now
	Loudest int              // audio: how many speakers each one gets; 0: 8, negative: all

	// MaxBytes bounds a call's topic: frames beyond are refused. 0: the log's default.
	MaxBytes int64

	// CheckOrigin says which pages may connect; nil: those of the host they ask for.
	CheckOrigin func(*http.Request) error
}

const defaultLoudest = 8

// Edge is the audio or the video service: its Machine, its sockets and what lies between. Make it with New, give it its runner with
// Attach, serve its Routes, and Run it.
type Edge struct {
	o        Options
	base     time.Time // origin of e.mono
	runner   *services.Runner
	gate     services.Gate
	presence presence
	topics   topics
	counters counters
	waiting  chan struct{} // holds one for each socket that waits for its seat

	starts chan *room    // to Run, which owns the rooms' goroutines
	done   chan struct{} // closed when Run has begun to stop

	opened  chan struct{} // closed when running has become true
	mu      sync.Mutex
	running bool
	rooms   map[string]*room // by call: those that have sockets
	made    int              // rooms so far
	sockets sync.WaitGroup   // their handlers
}

// New returns an edge that is not yet attached to its runner.
func New(o Options) *Edge {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	switch {
	case o.Service != media.Audio || o.Loudest < 0:
		o.Loudest = 0
	case o.Loudest == 0:
		o.Loudest = defaultLoudest
	}
	e := &Edge{
		o:       o,
		base:    o.Now(),
		waiting: make(chan struct{}, maxWaiting),
		starts:  make(chan *room),
		done:    make(chan struct{}),
		rooms:   map[string]*room{},
		opened:  make(chan struct{}),
	}
	e.presence.init()
	e.topics.init()
	return e
}

// Attach gives the edge its runner, before Run and before the first request.
func (e *Edge) Attach(r *services.Runner) {
	e.runner = r
	e.gate = services.NewGate(e.o.Store, r.Changed, e.o.Now)
}

// Routes are the HTTP routes of the edge.
func (e *Edge) Routes() []services.Route {
	return []services.Route{{Pattern: "GET /media/" + e.o.Service + "/{call}", Handler: http.HandlerFunc(e.serve)}}
}

// mono reads the clock of latencies and ages: ns since New, never 0.
func (e *Edge) mono() int64 { return int64(e.o.Now().Sub(e.base)) + 1 }

// Run serves until ctx ends: it waits for the runner, says that no socket of an earlier run is open, takes sockets, and at the end
// closes all of them (1001) and waits for them; then it returns nil. The runner must outlive it.
func (e *Edge) Run(ctx context.Context) error {
	select {
	case <-e.runner.Ready():
	case <-ctx.Done():
		return nil
	}
	if err := e.presence.begin(ctx, e); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	if err := e.findTopics(ctx); err != nil {
		e.o.Logger.Warn("media topics of deleted calls not looked for", "service", e.o.Service, "err", err)
	}
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	var wg sync.WaitGroup
	wg.Go(func() { e.presence.run(inner, e) })
	wg.Go(func() { e.topics.run(inner, e) })
	wg.Go(func() { e.watch(inner) })
	rooms, stopRooms := context.WithCancel(context.WithoutCancel(ctx)) // they outlive the sockets
	defer stopRooms()
	e.setRunning(true)
	for ctx.Err() == nil {
		select {
		case r := <-e.starts:
			wg.Go(func() { e.runRoom(rooms, r) })
		case <-ctx.Done():
		}
	}
	e.setRunning(false)
	close(e.done)
	e.closeAll()
	e.sockets.Wait()
	kill := time.AfterFunc(appendTimeout, stopRooms) // the rooms end by themselves once what they took is logged
	defer kill.Stop()
	wg.Wait()
	return nil
}

func (e *Edge) setRunning(on bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.running = on
	if on {
		close(e.opened) // Run runs once
	}
}

// Opened is closed when the edge begins to take sockets.
func (e *Edge) Opened() <-chan struct{} { return e.opened }

// find returns the open sockets that match.
func (e *Edge) find(match func(*socket) bool) []*socket {
	e.mu.Lock()
	defer e.mu.Unlock()
	var found []*socket
	for _, r := range e.rooms {
		for _, s := range r.sockets {
			if match(s) {
				found = append(found, s)
			}
		}
	}
	return found
}

// enter puts a socket into its call's room, which is made if there is none, and in the place of the user's earlier socket, which is
// closed. If it returns a code, the socket is to be closed with that instead.
func (e *Edge) enter(s *socket, clock media.Clock) (code int, reason string) {
	e.mu.Lock()
	if !e.running {
		e.mu.Unlock()
		return closeGoingAway, "the server restarts"
	}
	r := e.rooms[s.call]
	made := r == nil
	if !made && r.sockets[s.user] != nil && s.attempt.before(r.sockets[s.user].attempt) {
		e.mu.Unlock()
		return closeReplaced, "a later attempt was faster"
	}
	if made {
		e.made++
		r = e.newRoom(s.call, clock, e.made)
		e.rooms[s.call] = r
	}
	old := r.sockets[s.user]
	r.sockets[s.user] = s
	s.room = r
	e.sockets.Add(1)
	e.presence.set(who{s.call, s.user}, presenceState{open: true, idle: true})
	e.mu.Unlock()
	if old != nil { // before the new one's first frame is taken
		old.close(closeReplaced, "another window took over")
	}
	if made {
		select {
		case e.starts <- r:
		case <-e.done:
			r.fail(errStopped)
		}
	}
	return 0, ""
}

// leave takes a closed socket out of its room, and closes the room behind the last one.
func (e *Edge) leave(s *socket) {
	e.mu.Lock()
	defer e.mu.Unlock()
	defer e.sockets.Done()
	r := s.room
	if r.sockets[s.user] != s { // replaced
		return
	}
	delete(r.sockets, s.user)
	e.presence.set(who{s.call, s.user}, presenceState{})
	if len(r.sockets) == 0 {
		e.forget(r)
	}
}

// forget takes a room out, so that the next socket makes a new one. The caller holds e.mu.
func (e *Edge) forget(r *room) {
	if e.rooms[r.call] == r {
		delete(e.rooms, r.call)
	}
	r.close()
}

var errStopped = errors.New("the edge has stopped")

// closeAll closes every socket because the daemon stops.
func (e *Edge) closeAll() {
	for _, s := range e.find(func(*socket) bool { return true }) {
		s.close(closeGoingAway, "the server restarts")
	}
}

// watch closes sockets whose session has run out and those whose client takes nothing any more.
func (e *Edge) watch(ctx context.Context) {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now, mono := e.o.Now(), e.mono()
		for _, s := range e.find(func(s *socket) bool { return !now.Before(s.expires) }) {
			s.close(closePolicy, "expired")
		}
		for _, s := range e.find(func(s *socket) bool { return s.open() && s.stuck(mono) }) {
			e.counters.stuck.Add(1)
			s.close(closeTooSlow, "too slow")
		}
	}
}

// logError reports an operator's error with the call it belongs to.
func (e *Edge) logError(what, call string, err error) {
	e.o.Logger.Error(what, "service", e.o.Service, "call", call, "err", err)
}

// command makes a command of the edge's own.
func (e *Edge) command(id string, body event.Body) (event.Envelope, error) {
	cmd, err := event.NewCommand(id, e.o.Now(), event.System, "", body)
	if err != nil {
		return event.Envelope{}, fmt.Errorf("make command: %w", err)
	}
	return cmd, nil
}
