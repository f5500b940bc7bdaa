package media

import (
	"context"
	"sync"
)

// A Pacer holds whoever reads frames back until they are wanted: up to a limit, a time on the call's clock, that whoever plays them raises.
// So the speed of playing, and a pause, cost the reader nothing, and nothing is read far ahead of its time. Any goroutine may use it.
type Pacer struct {
	mu     sync.Mutex
	limit  int64         // µs
	raised chan struct{} // closed when limit has grown; nil: nobody waits
}

// NewPacer returns a pacer with its first limit.
func NewPacer(limit int64) *Pacer { return &Pacer{limit: limit} }

// Raise lets frames through up to limit. It never falls.
func (p *Pacer) Raise(limit int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if limit <= p.limit {
		return
	}
	p.limit = limit
	if p.raised != nil {
		close(p.raised)
		p.raised = nil
	}
}

// Limit returns the limit.
func (p *Pacer) Limit() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.limit
}

// Wait returns nil once the limit is not below pts, or ctx's error.
func (p *Pacer) Wait(ctx context.Context, pts int64) error {
	for {
		p.mu.Lock()
		if pts <= p.limit {
			p.mu.Unlock()
			return nil
		}
		if p.raised == nil {
			p.raised = make(chan struct{})
		}
		raised := p.raised
		p.mu.Unlock()
		select {
		case <-raised:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
