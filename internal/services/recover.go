package services

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"time"

	"scaip/internal/event"
	"scaip/internal/log"
	"scaip/internal/store"
)

// A redo is the stretch of an inbox that a service goes through again after its store was lost and rebuilt. The rebuild has applied
// all events; but those that the lost store had not got to were never decided.
type redo struct {
	Until   int64     `json:"until,omitempty"`  // offset of the first record that needs no special care
	Horizon time.Time `json:"horizon,omitzero"` // commands from before are no longer remembered: they were answered
}

// forgotten reports whether e, at rec, is a command that is not to be decided (again).
func (d redo) forgotten(rec log.Record, e event.Envelope) bool {
	return rec.Offset < d.Until && e.At.Before(d.Horizon)
}

// redecide looks at a repeat once more. Within a redo, another service's event that the rebuild has applied is decided now, if it has
// led to nothing yet.
func (c *change) redecide(in input, v verdict, d redo) error {
	e := in.event
	owner := event.Service(e.Type)
	if in.record.Offset >= d.Until || in.err != nil || owner == c.r.name || !ofOutbox(in.record.Origin, owner) || e.At.Before(d.Horizon) {
		return nil
	}
	again, err := c.repeat(log.Record{Origin: "redo " + in.record.Origin, Seq: in.record.Seq})
	if err != nil || again {
		return err
	}
	if v.level > plain {
		return c.park(in, v.reason)
	}
	if led, err := seen.Has(c.tx, seenKey(e.Actor, e.ID)); err != nil || led {
		return err
	}
	bodies, err := c.decide(e)
	if err != nil {
		return fmt.Errorf("decide %s: %w", e.Type, err)
	}
	return c.emit(e, bodies)
}

// recover returns the cursor from which the inbox is to be consumed. If the store is empty (a volatile one, or one that was lost), or
// older than the event store (one that was restored), it is first brought up to date from the event store.
func (r *Runner) recover(ctx context.Context) (cursor, error) {
	c, found, behind, err := r.state(ctx)
	if err != nil {
		return c, err
	}
	if !found || behind {
		if c, err = r.refill(ctx); err != nil {
			return c, err
		}
	}
	if err := r.loadTold(ctx, c); err != nil {
		return c, err
	}
	list, err := r.Parked(ctx)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stats.Parked = len(list)
	r.stats.next(string(Inbox(r.name)), c.Offset+1)
	return c, err
}

// state reads the cursor and tells whether the outbox topics are ahead of the store.
func (r *Runner) state(ctx context.Context) (c cursor, found, behind bool, err error) {
	for _, o := range r.outboxes() {
		last, err := o.last(ctx)
		if err != nil {
			return c, false, false, fmt.Errorf("find end of %s: %w", o.topic, err)
		}
		var mark uint64
		err = r.o.Store.View(func(rd store.Reader) (err error) {
			mark, _, err = origins.Get(rd, o.origin)
			return err
		})
		if err != nil {
			return c, false, false, err
		}
		behind = behind || last > mark
		if o == r.events {
			r.mu.Lock()
			r.stats.Made = max(mark, last)
			r.mu.Unlock()
		}
	}
	err = r.o.Store.View(func(rd store.Reader) (err error) {
		c, found, err = cursors.Get(rd, string(Inbox(r.name)))
		return err
	})
	return c, found, behind, err
}

// refill applies the event store to the service's store, and finds where to go on in the inbox. The inbox's bounds are taken first: an
// event that the replay does not meet any more is appended to the inbox after them.
func (r *Runner) refill(ctx context.Context) (cursor, error) {
	inbox := Inbox(r.name)
	b, err := r.o.Log.Bounds(ctx, inbox)
	if err != nil {
		return cursor{}, fmt.Errorf("refill store: %w", err)
	}
	p := r.newReplay(r.o.Store, func(ctx context.Context, f func(context.Context) error) error { return f(ctx) })
	if err := p.run(ctx); err != nil {
		return cursor{}, fmt.Errorf("refill store: %w", err)
	}
	c := cursor{Offset: b.Next - 1}
	var passed uint64
	if r.o.Boot == "" {
		if c, passed, err = r.findUndecided(ctx, b); err != nil {
			return cursor{}, fmt.Errorf("refill store: %w", err)
		}
	}
	if p.events > 0 {
		r.o.Logger.Info("store rebuilt from the event store", "events", p.events, "inbox", c.Offset+1, "until", c.Until)
	}
	return c, r.o.Store.Update(func(tx store.Tx) error {
		if r.passed != nil && passed > 0 {
			if err := origins.Put(tx, r.passed.origin, passed); err != nil {
				return err
			}
		}
		return cursors.Put(tx, string(inbox), c)
	})
}

// findUndecided returns the cursor of the last record of the inbox that is known to have been decided, because an event of this service
// names it as its cause, or because it was passed on. What comes after it has led to nothing that anybody knows of.
func (r *Runner) findUndecided(ctx context.Context, b log.Bounds) (c cursor, passed uint64, err error) {
	decided := map[string]bool{}
	if r.passed != nil {
		if passed, err = r.lastPassed(ctx, decided); err != nil {
			return c, 0, err
		}
	}
	c = cursor{Offset: b.First - 1}
	err = readRange(ctx, r.o.Log, Inbox(r.name), b, func(batch []log.Record) error {
		return r.o.Store.View(func(rd store.Reader) error {
			for _, in := range decodeAll(batch) {
				key := seenKey(in.event.Actor, in.event.ID)
				known, err := seen.Has(rd, key)
				if err != nil {
					return err
				}
				if in.err == nil && (known || decided[key]) {
					c = cursorAt(in.record)
				}
			}
			return nil
		})
	})
	if err != nil {
		return c, 0, err
	}
	c.Until = b.Next
	if last, ok, err := r.o.Log.Last(ctx, r.events.topic); err == nil && ok {
		var e event.Envelope
		if json.Unmarshal(last.Value, &e) == nil {
			c.Horizon = e.At.Add(-keep)
		}
	}
	return c, passed, nil
}

// lastPassed notes the command that was passed on last, and returns its number.
func (r *Runner) lastPassed(ctx context.Context, decided map[string]bool) (uint64, error) {
	rec, ok, err := r.o.Log.Last(ctx, r.passed.topic)
	if err != nil || !ok || rec.Origin != r.passed.origin {
		return 0, err
	}
	var e event.Envelope
	if json.Unmarshal(rec.Value, &e) == nil {
		decided[seenKey(e.Actor, e.ID)] = true
	}
	return rec.Seq, nil
}

// observedTail is how many records of its inbox a volatile service looks back over at its start, to know what it may have told its
// clients before.
const observedTail = 10_000

// loadTold notes what the Observer must not be told again: what has come through the inbox before the cursor. In a volatile store,
// sys/origin may be ahead of that, since the rebuild has read the outboxes; so the inbox itself is asked.
func (r *Runner) loadTold(ctx context.Context, c cursor) error {
	if _, ok := r.o.Machine.(Observer); !ok {
		return nil
	}
	err := r.o.Store.View(func(rd store.Reader) error {
		for row, err := range origins.Scan(rd, store.Range{}) {
			if err != nil {
				return err
			}
			r.told[row.Key] = row.Value
		}
		return nil
	})
	if err != nil || r.o.Boot == "" {
		return err
	}
	b, err := r.o.Log.Bounds(ctx, Inbox(r.name))
	if err != nil {
		return err
	}
	b = log.Bounds{First: max(b.First, c.Offset+1-observedTail), Next: min(b.Next, c.Offset+1)}
	met := map[string]uint64{}
	err = readRange(ctx, r.o.Log, Inbox(r.name), b, func(batch []log.Record) error {
		for _, rec := range batch {
			met[rec.Origin] = max(met[rec.Origin], rec.Seq)
		}
		return nil
	})
	maps.Copy(r.told, met)
	return err
}

// readRange reads what a topic holds within b.
func readRange(ctx context.Context, l log.Log, topic log.Topic, b log.Bounds, take func([]log.Record) error) error {
	last, ok, err := l.Last(ctx, topic)
	if err != nil || !ok || b.First >= b.Next || last.Offset < b.First {
		return err
	}
	end := min(b.Next-1, last.Offset)
	for batch, err := range l.Read(ctx, topic, b.First) {
		if err != nil {
			return err
		}
		n := 0
		for n < len(batch) && batch[n].Offset <= end {
			n++
		}
		if err := take(batch[:n]); err != nil {
			return err
		}
		if n < len(batch) || batch[n-1].Offset >= end {
			return nil
		}
	}
	return ctx.Err()
}
