package app

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"scaip/internal/event"
	"scaip/internal/log"
	"scaip/internal/media/seal"
	"scaip/internal/services"
)

// fullEvery is how soon everybody hears that calls are not kept, or are again.
const fullEvery = time.Second

// lastRecords is what is left of a kind of a call that is not kept any more: half a minute, 25 records a second.
const lastRecords = 750

// A keeping is the media log as the edges append to it: it gives up what has been kept of a running call before the call itself. While free space is below
// half the mark, the quota is spent, or the log has come to its limit, the topic of a call that grows becomes a ring; that is told, once, as
// calls.keeping_stopped. Below an eighth nothing is appended.
type keeping struct {
	log.Admin
	disk    *disk
	spent   func() bool // the quota is
	stopped chan stop

	mu    sync.Mutex
	rings map[log.Topic]bool
}

// stop is a call that is not kept any more, and why.
type stop struct{ call, reason string }

func newKeeping(l log.Admin, d *disk, spent func() bool) *keeping {
	return &keeping{Admin: l, disk: d, spent: spent, stopped: make(chan stop, 256), rings: map[log.Topic]bool{}}
}

// full says why calls are not kept: "disk" or "quota"; empty: they are.
func (k *keeping) full() string {
	switch {
	case k.disk.free.Load() < k.disk.mark/2:
		return "disk"
	case k.spent():
		return "quota"
	}
	return ""
}

// told is what everybody hears of full. A tenth more than half the mark ends "disk", so that it does not flutter: a call that becomes a ring makes space itself.
func (k *keeping) told(before string) string {
	now := k.full()
	if half := k.disk.mark / 2; now == "" && before == "disk" && k.disk.free.Load() < half+half/10 {
		return before
	}
	return now
}

// Append implements log.Log.
func (k *keeping) Append(ctx context.Context, t log.Topic, rs ...log.Record) (int64, error) {
	if k.disk.free.Load() < k.disk.mark/8 {
		return -1, fmt.Errorf("append to %s: %w: %w", t, log.ErrFull, errDiskFull)
	}
	if reason := k.full(); reason != "" {
		if err := k.ring(ctx, t, reason); err != nil {
			return -1, err
		}
	}
	last, err := k.Admin.Append(ctx, t, rs...)
	if errors.Is(err, log.ErrFull) { // none of a batch is in then, or a prefix, which its readers know when it comes again
		if err := k.ring(ctx, t, "disk"); err != nil {
			return -1, err
		}
		return k.Admin.Append(ctx, t, rs...)
	}
	return last, err
}

// Create implements log.Admin. A topic that has become a ring stays one, also where its call has new sockets, until it is deleted.
func (k *keeping) Create(ctx context.Context, t log.Topic, r log.Retention) error {
	k.mu.Lock()
	ring := k.rings[t]
	k.mu.Unlock()
	if ring {
		return nil
	}
	return k.Admin.Create(ctx, t, r)
}

// Delete implements log.Admin.
func (k *keeping) Delete(ctx context.Context, t log.Topic) error {
	k.mu.Lock()
	delete(k.rings, t)
	k.mu.Unlock()
	return k.Admin.Delete(ctx, t)
}

// ring makes a topic keep its last records alone.
func (k *keeping) ring(ctx context.Context, t log.Topic, reason string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.rings[t] {
		return nil
	}
	if err := k.Admin.Create(ctx, t, log.Retention{MaxRecords: lastRecords}); err != nil {
		return fmt.Errorf("stop keeping %s: %w", t, err)
	}
	k.rings[t] = true
	if call, ok := seal.CallOf(t); ok {
		k.disk.logger.Error("there is no room: a running call is not kept any more", "call", call, "full", reason)
		select {
		case k.stopped <- stop{call, reason}:
		default: // hundreds at once: the log has said it
		}
	}
	return nil
}

// run tells calls which calls are not kept any more, and everybody, by tell, whether those to come are, until ctx ends.
func (k *keeping) run(ctx context.Context, calls *services.Runner, tell func(full string)) error {
	look := time.NewTicker(fullEvery)
	defer look.Stop()
	var full string
	for {
		var s stop
		select {
		case <-ctx.Done():
			return nil
		case <-look.C:
			full = k.told(full)
			tell(full)
			continue
		case s = <-k.stopped:
		}
		cmd, err := event.NewCommand("stop-keeping-"+s.call, time.Now(), event.System, "", event.CallsStopKeeping{Call: s.call, Reason: s.reason})
		if err == nil {
			_, err = calls.Do(ctx, cmd, nil)
		}
		if err != nil && ctx.Err() == nil {
			k.disk.logger.Error("not told that a call is not kept any more", "call", s.call, "err", err)
		}
	}
}
