package services

import (
	"context"
	"errors"
	"fmt"

	"scaip/internal/event"
	"scaip/internal/log"
	"scaip/internal/store"
)

// A work is a run of records to be brought into a store in one transaction.
type work struct {
	topic    log.Topic
	ins      []input
	step     func(*change, input, verdict) error // processes one record
	finish   func(*change) error                 // after the last; may be nil
	verdicts map[int]verdict                     // of the records that failed
}

// errSplit: the records are to be done in two transactions.
var errSplit = errors.New("too much for one transaction")

func (r *Runner) newChange(tx store.Tx, topic log.Topic) *change {
	return &change{r: r, tx: tx, topic: topic, marks: map[string]uint64{}}
}

// transact does w. When a record fails, the transaction is undone and run again with that record's verdict worsened; when the store fails,
// it is tried again. The error is ctx's, or errSplit when one transaction can't hold them all.
func (r *Runner) transact(ctx context.Context, t *trouble, s store.Store, w *work) (*change, error) {
	var wait backoff
	w.verdicts = map[int]verdict{}
	for {
		var c *change
		err := s.Update(func(tx store.Tx) error {
			c = r.newChange(tx, w.topic)
			return c.run(w)
		})
		if err == nil {
			t.report(nil)
			return c, nil
		}
		if errors.Is(err, store.ErrTooLarge) && len(w.ins) > 1 {
			return nil, errSplit
		}
		var bad *recordError
		if errors.As(err, &bad) {
			r.worsen(w, bad)
			continue
		}
		t.report(err)
		if wait.sleep(ctx); ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
}

func (r *Runner) worsen(w *work, bad *recordError) {
	v := w.verdicts[bad.i]
	if v.level++; v.level == degraded {
		v.reason = bad.err.Error()
		in := w.ins[bad.i]
		r.o.Logger.Error("record parked", "topic", w.topic, "offset", in.record.Offset, "type", in.event.Type, "id", in.event.ID, "err", bad.err)
	}
	w.verdicts[bad.i] = v
}

// run does w in the transaction. What a machine gets wrong is a *recordError, unless the record is to be skipped already: then only the
// store can have failed.
func (c *change) run(w *work) error {
	for i, in := range w.ins {
		v := w.verdicts[i]
		err := w.step(c, in, v)
		if err != nil && !isFault(err) && v.level < skipped {
			return &recordError{i, err}
		}
		if err != nil {
			return err
		}
	}
	if w.finish != nil {
		if err := w.finish(c); err != nil {
			return err
		}
	}
	return c.saveMarks()
}

// direct decides a command outside the inbox. known: it was decided before.
func (c *change) direct(cmd event.Envelope, also func(store.Tx) error) (known bool, err error) {
	if known, err = seen.Has(c.tx, seenKey(cmd.Actor, cmd.ID)); known || err != nil {
		return known, err
	}
	bodies, err := c.decide(cmd)
	if err != nil {
		return false, fmt.Errorf("decide %s: %w", cmd.Type, err)
	}
	if err := c.emit(cmd, bodies); err != nil {
		return false, err
	}
	if also != nil {
		g := &guard{tx: c.tx, prefix: "secret/", reads: true}
		err := protect(func() error { return also(g) })
		if g.err != nil {
			err = g.err
		}
		if err != nil {
			return false, err
		}
	}
	return false, c.saveMarks()
}

// madeOrNil returns the events of an attempt; c is nil if the transaction never began.
func (c *change) madeOrNil() []event.Envelope {
	if c == nil {
		return nil
	}
	return c.made
}
