package services

import (
	"context"
	"time"

	"scaip/internal/event"
)

// settleWait is how long a request waits for what it asks for to arrive.
const settleWait = 500 * time.Millisecond

// Settle runs look, and again after each commit of the store, while look refuses with event.NotFound and for half a second at most: what
// somebody has just been told of over a socket (a new group, say) may still be on its way to this service. It returns look's last
// error. A Gate without Changed does not wait.
func (g Gate) Settle(ctx context.Context, look func() error) error {
	if g.Changed == nil {
		return look()
	}
	patience := time.NewTimer(settleWait)
	defer patience.Stop()
	for {
		changed := g.Changed() // before looking, so that no change is missed
		err := look()
		if r, ok := event.AsRefusal(err); !ok || r.Code != event.NotFound {
			return err
		}
		select {
		case <-changed:
		case <-patience.C:
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
