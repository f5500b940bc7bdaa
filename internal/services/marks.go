package services

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"scaip/internal/log"
	"scaip/internal/store"
)

// A mark is a record that the router has appended to a target. A target that no longer holds its mark has lost its tail: what the cursors
// of the sources say was delivered may be gone.
type mark struct {
	Offset int64  `json:"offset"`
	Origin string `json:"origin"`
	Seq    uint64 `json:"seq"`
}

// marks holds the farthest mark of each target; refeeds the targets that have to be fed again, until that is complete.
const (
	marks   store.Table[mark] = "sys/mark"
	refeeds store.Table[bool] = "sys/refeed"
)

var errLostTail = errors.New("target has lost its tail")

// verify looks whether each target holds its mark, and feeds those again that do not. It runs before anything new is appended: a
// reader that had applied something newer would take what is fed again for repeats.
func (r *Router) verify(ctx context.Context) error {
	lost := map[log.Topic]bool{}
	tails := map[log.Topic]mark{}
	err := r.o.Store.View(func(rd store.Reader) error {
		for row, err := range marks.Scan(rd, store.Range{}) {
			if err != nil {
				return err
			}
			tails[log.Topic(row.Key)] = row.Value
		}
		for row, err := range refeeds.Scan(rd, store.Range{}) {
			if err != nil {
				return err
			}
			lost[log.Topic(row.Key)] = true
		}
		return nil
	})
	if err != nil {
		return err
	}
	for target, m := range tails {
		holds, err := r.holds(ctx, target, m)
		if err != nil {
			return fmt.Errorf("verify %s: %w", target, err)
		}
		if !holds {
			lost[target] = true
		}
	}
	r.mu.Lock()
	r.tails = tails
	r.mu.Unlock()
	if len(lost) == 0 {
		return nil
	}
	return r.refeed(ctx, lost)
}

// holds reports whether a target still has the record of m, or had it and was trimmed.
func (r *Router) holds(ctx context.Context, target log.Topic, m mark) (bool, error) {
	b, err := r.o.Log.Bounds(ctx, target)
	if err != nil || b.Next <= m.Offset {
		return false, err
	}
	if m.Offset < b.First {
		return true, nil
	}
	rec, ok, err := recordAt(ctx, r.o.Log, target, m.Offset)
	return ok && rec.Origin == m.Origin && rec.Seq == m.Seq, err
}

// recheck looks, after the log has failed, whether the target has lost its tail. The error is errLostTail or ctx's.
func (r *Router) recheck(ctx context.Context, target log.Topic, t *trouble) error {
	r.mu.Lock()
	m, ok := r.tails[target]
	r.mu.Unlock()
	var wait backoff
	for ok {
		holds, err := r.holds(ctx, target, m)
		if err == nil && holds {
			return nil
		}
		if err == nil {
			if err = r.flag(map[log.Topic]bool{target: true}); err == nil {
				return fmt.Errorf("%s: %w", target, errLostTail)
			}
		}
		t.report(fmt.Errorf("verify %s: %w", target, err))
		if wait.sleep(ctx); ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return nil
}

// flag notes that targets have to be fed again. Their marks go: while they are being fed again, a record may by chance stand where the
// mark says.
func (r *Router) flag(targets map[log.Topic]bool) error {
	return r.o.Store.Update(func(tx store.Tx) error {
		for target := range targets {
			if err := refeeds.Put(tx, string(target), true); err != nil {
				return err
			}
			if err := marks.Delete(tx, string(target)); err != nil {
				return err
			}
		}
		return nil
	})
}

// refeed appends to the targets everything that the sources have delivered to them so far. Outboxes go first: so a command still comes
// after every event that its sender can have seen.
func (r *Router) refeed(ctx context.Context, targets map[log.Topic]bool) error {
	if err := r.flag(targets); err != nil {
		return err
	}
	r.o.Logger.Warn("feeding targets again that have lost their tail", "targets", slices.Sorted(maps.Keys(targets)))
	r.mu.Lock()
	for target := range targets {
		delete(r.tails, target)
	}
	r.mu.Unlock()
	t := r.trouble("feed again")
	outs, others := split(r.o.Sources)
	for _, source := range append(outs, others...) {
		c, err := r.cursor(source)
		if err != nil {
			return err
		}
		b, err := r.o.Log.Bounds(ctx, source)
		if err != nil {
			return err
		}
		b.Next = min(b.Next, c.Offset+1)
		err = readRange(ctx, r.o.Log, source, b, func(batch []log.Record) error {
			batches := map[log.Topic][]log.Record{}
			for _, rec := range batch {
				to, _ := r.targets(source, rec) // what can't be routed was parked
				for _, target := range to {
					if targets[target] {
						batches[target] = append(batches[target], rec)
					}
				}
			}
			return r.spread(ctx, batches, t)
		})
		if err != nil {
			return fmt.Errorf("feed from %s: %w", source, err)
		}
	}
	return r.fed(targets)
}

// fed notes that the targets are complete again.
func (r *Router) fed(targets map[log.Topic]bool) error {
	r.mu.Lock()
	tails := maps.Clone(r.tails)
	r.mu.Unlock()
	return r.o.Store.Update(func(tx store.Tx) error {
		for target := range targets {
			if err := refeeds.Delete(tx, string(target)); err != nil {
				return err
			}
			if m, ok := tails[target]; ok {
				if err := marks.Put(tx, string(target), m); err != nil {
					return err
				}
			}
		}
		return nil
	})
}
