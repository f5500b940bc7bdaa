package edge

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"scaip/internal/log"
	"scaip/internal/media"
)

// room is a call that has sockets: the way of its frames into the log, and the hub that brings them to the viewers. It begins with the first
// socket and ends behind the last. What was in the log before has no sender any more.
type room struct {
	call  string
	clock media.Clock
	hub   *media.Hub
	in    *appender

	sockets map[string]*socket // by user; guarded by Edge.mu

	ready chan struct{} // closed when its topic is there, or err set
	err   error

	closing   chan struct{} // closed when the last socket has gone
	closeOnce sync.Once
	failOnce  sync.Once
}

// newRoom returns a room that runRoom has to start; number makes its records' origin its own.
func (e *Edge) newRoom(call string, clock media.Clock, number int) *room {
	r := &room{
		call:  call,
		clock: clock,
		hub:   media.NewHub(media.HubOptions{Kind: e.o.Service, Loudest: e.o.Loudest, Limits: media.LimitsOf(e.o.Service), Now: e.mono}),

		sockets: map[string]*socket{},
		ready:   make(chan struct{}),
		closing: make(chan struct{}),
	}
	r.in = newAppender(fmt.Sprintf("%s/%s/%d", e.o.Service, e.o.Boot, number), media.Topic(call, e.o.Service), r.hub)
	return r
}

// close ends the room once what its sockets gave has been logged.
func (r *room) close() { r.closeOnce.Do(func() { close(r.closing) }) }

// fail lets those who wait for the room go.
func (r *room) fail(err error) {
	r.failOnce.Do(func() {
		r.err = err
		close(r.ready)
	})
}

// runRoom runs a room until it closes, its topic is gone or ctx ends.
func (e *Edge) runRoom(ctx context.Context, r *room) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if err := e.createTopic(ctx, r.call); err != nil {
		e.roomFailed(ctx, r, err)
		return
	}
	r.failOnce.Do(func() { close(r.ready) })
	var wg sync.WaitGroup
	if e.o.Service == media.Video {
		wg.Go(func() { e.steer(ctx, r) })
	}
	if err := r.in.run(ctx, e, r); err != nil { // nil: closed and empty
		e.roomFailed(ctx, r, err)
	}
	cancel()
	wg.Wait()
	e.counters.retire(r.hub.Stats())
}

// roomFailed closes the room's sockets; their clients come back and find a new room.
func (e *Edge) roomFailed(ctx context.Context, r *room, err error) {
	r.fail(err)
	e.mu.Lock()
	var sockets []*socket
	for _, s := range r.sockets {
		sockets = append(sockets, s)
	}
	e.forget(r)
	e.mu.Unlock()
	code, reason := closeTooSlow, "the media log failed; try again"
	switch {
	case errors.Is(err, log.ErrNoTopic): // deleted with its call
		code, reason = closeCallEnded, "deleted"
	case ctx.Err() == nil:
		e.logError("media room failed", r.call, err)
	}
	for _, s := range sockets {
		s.close(code, reason)
	}
}

// wait waits until the room runs, or says why it does not.
func (r *room) wait(patience time.Duration) error {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-r.ready:
		return r.err
	case <-timer.C:
		return errors.New("the media log takes too long")
	}
}
