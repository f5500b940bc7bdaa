package past

import (
	"context"
	"sync"
	"time"

	"scaip/internal/event"
	"scaip/internal/media"
	"scaip/internal/ws"
)

// session is one socket. Its reader takes seeks in; run starts a play for each and ends the one before.
type session struct {
	o      Options
	clock  media.Clock
	cancel context.CancelFunc // ends the session
	wake   chan struct{}      // next has changed

	mu   sync.Mutex
	next *play // the latest that was asked for

	opening sync.Mutex
	src     *opened // of the next who reads; nil: it is to be opened

	// of run alone
	running bool
	end     int64 // of the call, when it does not run any more; 0: not asked yet
}

// seek makes what the client asks for the next play. One that was asked for and has not begun yet never will.
func (s *session) seek(k Seek) {
	p := newPlay(s, k)
	s.mu.Lock()
	s.next = p
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default: // it is awake already
	}
}

// run plays until ctx ends and returns why it closes.
func (s *session) run(ctx context.Context) (code int, reason string) {
	var err error
	if s.running, err = s.o.State(); err != nil {
		return refusal(err)
	}
	end := s.reach(ctx)
	if s.say(serverMessage{Hello: &hello{Call: s.o.Call, Start: s.o.Start, End: end, Live: s.running}}) != nil {
		return ws.Normal, ""
	}
	look, ping := time.NewTicker(lookEvery), time.NewTicker(pingEvery)
	defer look.Stop()
	defer ping.Stop()
	var current *play
	stop := func() {}
	defer func() { stop() }()
	for looks := 1; ; looks++ {
		select {
		case <-ctx.Done():
			return ws.Normal, ""
		case <-ping.C:
			if !s.alive(ctx) {
				return ws.Normal, ""
			}
		case <-s.wake:
			s.mu.Lock()
			next := s.next
			s.mu.Unlock()
			if next != current { // else it was taken the last time
				stop()
				current, stop = next, next.start(ctx)
			}
		case <-look.C:
			if looks%stateEvery == 0 {
				if code, reason := s.look(ctx); code != 0 {
					return code, reason
				}
			}
			if current != nil {
				current.wait(s.clock.At(s.o.Now()), s.running)
			}
		}
	}
}

// look asks how the call stands and tells the client.
func (s *session) look(ctx context.Context) (code int, reason string) {
	was := s.running
	var err error
	if s.running, err = s.o.State(); err != nil {
		return refusal(err)
	}
	if !s.running && !was {
		return 0, ""
	}
	end, live := s.reach(ctx), s.running
	if s.say(serverMessage{End: &end, Live: &live}) != nil {
		return ws.Normal, ""
	}
	return 0, ""
}

// reach says how far the call goes by now.
func (s *session) reach(ctx context.Context) int64 {
	if s.running {
		return s.clock.At(s.o.Now())
	}
	// A source that was opened while the call ran may be gone by now, and then holds nothing; one that is opened anew and holds nothing is of a call that does.
	for try := 0; s.end == 0 && try < 2; try++ {
		src, err := s.open(ctx)
		if err != nil {
			break
		}
		s.end, err = src.End(ctx)
		s.release(src, err != nil || s.end == 0)
	}
	return s.end
}

// opened is the call's source with those who read it. It stays open between seeks: the index of a long call takes longer to read than a moment.
type opened struct {
	media.Source
	readers int
}

// open returns the source for one more reader, who releases it.
func (s *session) open(ctx context.Context) (*opened, error) {
	s.opening.Lock()
	defer s.opening.Unlock()
	if s.src == nil {
		src, err := s.o.Open(ctx)
		if err != nil {
			return nil, err
		}
		s.src = &opened{Source: src}
	}
	s.src.readers++
	return s.src, nil
}

// release ends a reading. A source that has moved is opened anew by who reads next.
func (s *session) release(src *opened, moved bool) {
	s.opening.Lock()
	defer s.opening.Unlock()
	src.readers--
	if moved && s.src == src {
		s.src = nil
	}
	if src.readers == 0 && s.src != src {
		_ = src.Close()
	}
}

// close closes the source when nobody reads any more.
func (s *session) close() {
	if s.src != nil {
		_ = s.src.Close()
	}
}

// alive notices a client that has vanished.
func (s *session) alive(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, pingEvery)
	defer cancel()
	return s.o.Conn.Ping(ctx) == nil
}

func refusal(err error) (code int, reason string) {
	if r, ok := event.AsRefusal(err); ok {
		return ws.Policy, r.Text
	}
	return ws.TryLater, "try again"
}
