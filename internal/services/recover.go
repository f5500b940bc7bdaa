package services

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"scaip/internal/event"
	"scaip/internal/log"
	"scaip/internal/store"
)

// A redo is the stretch of an inbox that a service goes through again after its store was lost and rebuilt.
type redo struct {
	Until   int64     `json:"until,omitempty"`  // offset of the first record that needs no special care
	Horizon time.Time `json:"horizon,omitzero"` // commands from before are no longer remembered: they were answered
}

// forgotten reports whether e, at rec, is a command that is not to be decided (again).
func (d redo) forgotten(rec log.Record, e event.Envelope) bool {
	return rec.Offset < d.Until && e.At.Before(d.Horizon)
}

// undecided holds, of other services' origins, the events that a rebuild has applied but that the lost store had not got to: they were
// never decided. They still come through the inbox.
const undecided store.Table[undecidedRow] = "sys/undecided"

type undecidedRow struct {
	After   uint64    `json:"after"`   // Seq of the last one that was decided
	Until   uint64    `json:"until"`   // Seq of the last one that the rebuild has applied
	Horizon time.Time `json:"horizon"` // events from before were decided long ago
}

// redecide looks at a repeat once more: if a rebuild has applied it, it is decided now, unless it has led to something before.
func (c *change) redecide(in input, v verdict) error {
	e, rec := in.event, in.record
	owner := event.Service(e.Type)
	if in.err != nil || owner == c.r.name || !ofOutbox(rec.Origin, owner) {
		return nil
	}
	row, ok, err := undecided.Get(c.tx, rec.Origin)
	if err != nil || !ok || rec.Seq <= row.After || rec.Seq > row.Until {
		return err
	}
	old := row.Horizon
	if row.After = rec.Seq; row.After < row.Until {
		err = undecided.Put(c.tx, rec.Origin, row)
	} else {
		err = undecided.Delete(c.tx, rec.Origin)
	}
	if err != nil || e.At.Before(old) {
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
// older than the event store or than what the inbox still holds (one that was restored; or somebody has trimmed the inbox, also while it was
// consumed), it is first brought up to date from the event store.
func (r *Runner) recover(ctx context.Context) (cursor, error) {
	c, found, behind, err := r.state(ctx)
	if err != nil {
		return c, err
	}
	missed, err := r.missed(ctx, c, found)
	if err != nil {
		return c, err
	}
	if !found || behind || missed {
		if c, err = r.refill(ctx); err != nil {
			return c, err
		}
	}
	if !r.works {
		if err := r.loadTold(ctx, c); err != nil {
			return c, err
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stats.next(string(Inbox(r.name)), c.Offset+1)
	return c, nil
}

// missed reports whether records of the inbox were removed before they had taken effect here: the store is an old copy, or somebody has trimmed
// the topic by hand. What they said of other services is then taken from the event store.
func (r *Runner) missed(ctx context.Context, c cursor, found bool) (bool, error) {
	b, err := r.o.Log.Bounds(ctx, Inbox(r.name))
	if err != nil {
		return false, fmt.Errorf("find bounds of the inbox: %w", err)
	}
	if !found || b.Next <= c.Offset || c.Offset >= b.First-1 {
		return false, nil
	}
	r.o.Logger.Error(errMissed.Error()+": the store is brought up to date from the event store", "read", c.Offset, "first", b.First)
	return true, nil
}

// state reads the cursor and tells whether the outbox topics are ahead of the store.
func (r *Runner) state(ctx context.Context) (c cursor, found, behind bool, err error) {
	for _, o := range r.outboxes() {
		last, err := o.last(ctx)
		if err != nil {
			return c, false, false, fmt.Errorf("find end of %s: %w", o.topic, err)
		}
		o.sent.Store(last)
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
	if r.o.Boot != "" {
		p.from = r.begin
	}
	if err := p.run(ctx); err != nil {
		return cursor{}, fmt.Errorf("refill store: %w", err)
	}
	if p.events > 0 {
		r.o.Logger.Info("store rebuilt from the event store", "events", p.events)
	}
	u := &undone{name: r.name, cursor: cursor{Offset: b.Next - 1}}
	if r.works {
		u.cursor.Offset = b.First - 1 // the Observer has not been told of what is there
	}
	if r.o.Boot == "" {
		if u, err = r.findUndone(ctx, b); err != nil {
			return cursor{}, fmt.Errorf("refill store: %w", err)
		}
		for _, o := range r.outboxes() {
			if err := o.restore(ctx); err != nil {
				return cursor{}, fmt.Errorf("restore outbox %s: %w", o.topic, err)
			}
		}
	}
	return u.cursor, r.o.Store.Update(u.save)
}

// begin says, once for each topic, where a volatile store begins to read it.
func (r *Runner) begin(ctx context.Context, topic log.Topic) (int64, error) {
	if from, ok := r.begun[topic]; ok {
		return from, nil
	}
	var from int64
	if topic == r.events.topic { // nothing in it is of this run yet
		b, err := r.o.Log.Bounds(ctx, topic)
		if err != nil {
			return 0, err
		}
		from = b.Next
	} else if r.o.From != nil {
		var err error
		if from, err = r.o.From(ctx, topic); err != nil {
			return 0, fmt.Errorf("find where %s begins to matter: %w", topic, err)
		}
	}
	r.begun[topic] = from
	return from, nil
}

// undone is where a rebuilt service goes on in its inbox.
type undone struct {
	name   string
	cursor cursor            // the last record that is known to have been decided
	marks  map[string]uint64 // highest Seq up to there, by Origin
}

// findUndone finds the last record of the inbox that is known to have been decided, because an event of this service names it as its
// cause, or because it was passed on. What comes after it has led to nothing that anybody knows of: the service's own state is still
// the one in which the lost store met it, or would have. Of a command that was sent again, the first record counts: whether the others
// were met is not known, and meeting them again changes nothing.
func (r *Runner) findUndone(ctx context.Context, b log.Bounds) (*undone, error) {
	passed := ""
	if r.passed != nil {
		e, err := lastEvent(ctx, r.o.Log, r.passed.topic)
		if err != nil {
			return nil, err
		}
		passed = seenKey(e.Actor, e.ID)
	}
	made, err := lastEvent(ctx, r.o.Log, r.events.topic)
	if err != nil {
		return nil, err
	}
	u := &undone{name: r.name, cursor: cursor{Offset: b.First - 1}, marks: map[string]uint64{}}
	met, commands := map[string]uint64{}, map[string]bool{}
	err = readRange(ctx, r.o.Log, Inbox(r.name), b, func(batch []log.Record) error {
		return r.o.Store.View(func(rd store.Reader) error {
			for _, in := range decodeAll(batch) {
				met[in.record.Origin] = max(met[in.record.Origin], in.record.Seq)
				key := seenKey(in.event.Actor, in.event.ID)
				known, err := seen.Has(rd, key)
				if err != nil {
					return err
				}
				if in.err == nil && !commands[key] && (known || key == passed) {
					commands[key] = true
					u.cursor = cursorAt(in.record)
					maps.Copy(u.marks, met)
				}
			}
			return nil
		})
	})
	u.cursor.redo = redo{Until: b.Next, Horizon: made.At.Add(-keep)}
	return u, err
}

// save notes what is still to be decided of other services' events, which commands were taken, and, as the last step of a recovery, the cursor.
func (u *undone) save(tx store.Tx) error {
	applied := map[string]uint64{}
	for row, err := range origins.Scan(tx, store.Range{}) {
		if err != nil {
			return err
		}
		applied[row.Key] = row.Value
	}
	for origin, until := range applied {
		service, _, isOut := strings.Cut(origin, ".out")
		if u.marks == nil || !isOut || service == u.name || u.marks[origin] >= until {
			continue
		}
		row := undecidedRow{After: u.marks[origin], Until: until, Horizon: u.cursor.Horizon}
		if err := undecided.Put(tx, origin, row); err != nil {
			return err
		}
	}
	for origin, mark := range u.marks {
		if origin == "" || mark <= applied[origin] {
			continue
		}
		if err := origins.Put(tx, origin, mark); err != nil {
			return err
		}
	}
	return cursors.Put(tx, string(Inbox(u.name)), u.cursor)
}

// lastEvent returns the envelope in a topic's last record; a zero one if there is none.
func lastEvent(ctx context.Context, l log.Log, topic log.Topic) (e event.Envelope, err error) {
	rec, ok, err := l.Last(ctx, topic)
	if errors.Is(err, log.ErrNoTopic) {
		return e, nil
	}
	if err == nil && ok {
		err = json.Unmarshal(rec.Value, &e)
	}
	return e, err
}

// observedTail is how many records of its inbox a volatile service looks back over at its start, to know what it may have told its
// clients before.
const observedTail = 10_000

// loadTold notes what the Observer must not be told again: what has come through the inbox before the cursor. A lasting store knows. A
// volatile one knows too much, since the rebuild has read the outboxes, which are ahead of the inbox; so the inbox itself is asked.
func (r *Runner) loadTold(ctx context.Context, c cursor) error {
	if _, ok := r.o.Machine.(Observer); !ok {
		return nil
	}
	if r.o.Boot == "" {
		return r.o.Store.View(func(rd store.Reader) error {
			for row, err := range origins.Scan(rd, store.Range{}) {
				if err != nil {
					return err
				}
				r.told[row.Key] = row.Value
			}
			return nil
		})
	}
	b, err := r.o.Log.Bounds(ctx, Inbox(r.name))
	if err != nil {
		return err
	}
	b = log.Bounds{First: max(b.First, c.Offset+1-observedTail), Next: min(b.Next, c.Offset+1)}
	return readRange(ctx, r.o.Log, Inbox(r.name), b, func(batch []log.Record) error {
		for _, rec := range batch {
			r.told[rec.Origin] = max(r.told[rec.Origin], rec.Seq)
		}
		return nil
	})
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
