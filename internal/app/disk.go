package app

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"scaip/internal/event"
	"scaip/internal/store"
)

const diskEvery = 2 * time.Second

// A disk watches the free space of the data directory. Below the mark the daemon takes in nothing new: it still answers reads,
// closes calls and stops cleanly, which engines that meet the end of a disk do not.
type disk struct {
	dir    string
	mark   int64 // bytes
	logger *slog.Logger
	full   atomic.Bool
	free   atomic.Int64
}

func newDisk(dir string, mark int64, logger *slog.Logger) (*disk, error) {
	d := &disk{dir: dir, mark: mark, logger: logger}
	if err := d.look(); err != nil {
		return nil, err
	}
	return d, nil
}

// look measures once.
func (d *disk) look() error {
	free, err := store.FreeSpace(d.dir)
	if err != nil {
		return fmt.Errorf("measure free space: %w", err)
	}
	d.free.Store(free)
	// A tenth more than the mark ends it, so that it does not flutter.
	full := free < d.mark || d.full.Load() && free < d.mark+d.mark/10
	if d.full.Swap(full) != full {
		if full {
			d.logger.Error("the disk is nearly full: nothing new is taken in", "free_mib", free>>20, "mark_mib", d.mark>>20, "dir", d.dir)
		} else {
			d.logger.Info("there is space again", "free_mib", free>>20)
		}
	}
	return nil
}

// run measures until ctx ends.
func (d *disk) run(ctx context.Context) {
	tick := time.NewTicker(diskEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := d.look(); err != nil {
			d.logger.Warn("watch disk", "err", err)
		}
	}
}

var errDiskFull = event.Refuse(event.Unavailable, "The server's disk is nearly full. It takes in nothing new until its administrator has made space.")

// admit refuses what would need space, while there is none.
func (d *disk) admit() error {
	if d.full.Load() {
		return errDiskFull
	}
	return nil
}

// admitCommand lets commands pass even then that end something or make space.
func (d *disk) admitCommand(typ string) error {
	switch typ {
	case "calls.join", "calls.leave", "calls.end", "calls.cancel", "calls.delete", "messaging.delete",
		"groups.leave", "groups.remove_member", "groups.archive", "groups.set_keep", "users.disable":
		return nil
	}
	return d.admit()
}

// budget divides what is free, beyond the mark, between the two logs: their limits are what they hold already and their share. They lie
// below the disk's end together, because a log server that meets it is dead until the next start.
func (d *disk) budget(eventsHave, mediaHave int64) (events, media int64) {
	spare := max(d.free.Load()-d.mark, 0)
	return eventsHave + max(spare/5, 16<<20), mediaHave + max(spare/5*4, 16<<20)
}
