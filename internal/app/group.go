package app

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// A group is what runs until stop. Its parts return nil or ctx's error after their context has ended; anything else, and anything
// sooner, is a failure, and the first is in failed.
type group struct {
	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup
	failed chan error // of capacity 1
}

func newGroup(ctx context.Context) *group {
	g := &group{failed: make(chan error, 1)}
	g.ctx, g.cancel = context.WithCancel(ctx)
	return g
}

func (g *group) start(name string, run func(context.Context) error) {
	g.wg.Go(func() {
		err := run(g.ctx)
		if g.ctx.Err() != nil {
			return
		}
		if err == nil {
			err = fmt.Errorf("it ended by itself")
		}
		select {
		case g.failed <- fmt.Errorf("run %s: %w", name, err):
		default: // the first failure stops the daemon
		}
	})
}

// stop ends the context and reports whether all parts have returned in time.
func (g *group) stop(patience time.Duration) bool {
	g.cancel()
	done := make(chan struct{})
	go func() {
		g.wg.Wait()
		close(done)
	}()
	select {
	case <-done:
		return true
	case <-time.After(patience):
		return false
	}
}
