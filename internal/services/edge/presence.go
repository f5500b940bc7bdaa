package edge

import (
	"context"
	"fmt"
	"sync"
	"time"

	"scaip/internal/event"
)

// who is a user in a call.
type who struct{ call, user string }

// presenceState is what the others know of him: whether he has a socket, whether it sends nothing, and whether it sends a screen.
type presenceState struct{ open, idle, screen bool }

// presence tells the daemon who is connected. Sockets set the state of the moment; one goroutine brings what has been announced in line
// with it. So the order is right however sockets come, go and replace each other, and an announcement that fails is made again.
type presence struct {
	wake chan struct{}

	mu    sync.Mutex
	state map[who]presenceState
	dirty map[who]bool

	announced map[who]presenceState // of run's goroutine
	commands  int                   // likewise
}

func (p *presence) init() {
	p.wake = make(chan struct{}, 1)
	p.state, p.dirty, p.announced = map[who]presenceState{}, map[who]bool{}, map[who]presenceState{}
}

func (p *presence) set(w who, s presenceState) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s.open {
		p.state[w] = s
	} else {
		delete(p.state, w)
	}
	p.dirty[w] = true
	select {
	case p.wake <- struct{}{}:
	default: // it is awake already
	}
}

// take returns the states that may not have been announced.
func (p *presence) take() map[who]presenceState {
	p.mu.Lock()
	defer p.mu.Unlock()
	changed := map[who]presenceState{}
	for w := range p.dirty {
		changed[w] = p.state[w]
	}
	clear(p.dirty)
	return changed
}

func (p *presence) again(w who) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.dirty[w] = true
}

// begin says that this edge has just started.
func (p *presence) begin(ctx context.Context, e *Edge) error {
	return p.do(ctx, e, event.MediaBegin{Service: e.o.Service})
}

func (p *presence) run(ctx context.Context, e *Edge) {
	retry := time.NewTicker(time.Second)
	defer retry.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-p.wake:
		case <-retry.C:
		}
		for w, s := range p.take() {
			if p.announced[w] == s {
				continue
			}
			var body event.Body = event.MediaClose{Service: e.o.Service, Call: w.call, User: w.user}
			if s.open {
				body = event.MediaOpen{Service: e.o.Service, Call: w.call, User: w.user, Idle: s.idle, Screen: s.screen}
			}
			if err := p.do(ctx, e, body); err != nil {
				p.again(w)
				if ctx.Err() == nil {
					e.logError("who is connected not announced", w.call, err)
				}
				continue
			}
			if p.announced[w] = s; !s.open {
				delete(p.announced, w)
			}
		}
	}
}

func (p *presence) do(ctx context.Context, e *Edge, body event.Body) error {
	p.commands++
	cmd, err := e.command(fmt.Sprintf("%s-%d", e.o.Boot, p.commands), body)
	if err != nil {
		return err
	}
	if _, err := e.runner.Do(ctx, cmd, nil); err != nil {
		return fmt.Errorf("announce %s: %w", body.EventType(), err)
	}
	return nil
}
