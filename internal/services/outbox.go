package services

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"scaip/internal/event"
	"scaip/internal/log"
	"scaip/internal/store"
)

// outboxTable holds what is to be appended to the outbox topics: topic/number → the record's value. A row is written in the transaction
// of its cause, and kept for a week after it was relayed, so that a log that lost its tail can be filled again.
const outboxTable = "sys/outbox"

// An outbox is a topic that the service alone writes, and the rows that wait for it. The relay, its one goroutine, is a change data
// capture: it follows the rows and appends them. Its cursor is the log's own last record, never a stored mark, because a stored mark can
// be ahead of a log that lost its tail.
type outbox struct {
	topic  log.Topic
	origin string
	store  store.Store
	log    log.Log
	logger *slog.Logger
	wake   chan struct{} // holds one: rows were committed
	sent   atomic.Uint64 // highest Seq known to be in the log
	filled chan struct{} // closed when the log first holds every row
}

// relayMost bounds an append, in bytes.
const relayMost = 4 << 20

func (o *outbox) key(seq uint64) string { return fmt.Sprintf("%s/%016x", o.topic, seq) }

// put adds a row, and now and then removes rows that were relayed long ago.
func (o *outbox) put(tx store.Tx, seq uint64, value []byte) error {
	if len(value) > log.MaxValue {
		return fmt.Errorf("put outbox row: %w", log.ErrTooLarge)
	}
	if seq%forgetEvery == 0 {
		if err := o.forget(tx, value); err != nil {
			return err
		}
	}
	return tx.Put(outboxTable, o.key(seq), value)
}

// forget removes rows older than a week before the event in newest, but none that is not in the log.
func (o *outbox) forget(tx store.Tx, newest []byte) error {
	var now event.Envelope
	if err := json.Unmarshal(newest, &now); err != nil {
		return fmt.Errorf("decode outbox row: %w", err)
	}
	var old []string
	sent := o.key(o.sent.Load())
	for kv, err := range tx.Scan(outboxTable, store.Range{Prefix: string(o.topic) + "/"}) {
		if err != nil {
			return err
		}
		var e event.Envelope
		if err := json.Unmarshal(kv.Value, &e); err != nil {
			return fmt.Errorf("decode outbox row: %w", err)
		}
		if kv.Key > sent || !e.At.Before(now.At.Add(-keep)) || len(old) == forgetMost {
			break
		}
		old = append(old, kv.Key)
	}
	for _, k := range old {
		if err := tx.Delete(outboxTable, k); err != nil {
			return err
		}
	}
	return nil
}

// rows returns the waiting records from number from on, as many as make a good append.
func (o *outbox) rows(from uint64) (recs []log.Record, err error) {
	err = o.store.View(func(r store.Reader) error {
		recs, err = o.read(r, from)
		return err
	})
	return recs, err
}

func (o *outbox) read(r store.Reader, from uint64) (recs []log.Record, err error) {
	size := 0
	for kv, err := range r.Scan(outboxTable, store.Range{Prefix: string(o.topic) + "/", From: o.key(from)}) {
		if err != nil {
			return nil, err
		}
		seq, err := strconv.ParseUint(kv.Key[len(o.topic)+1:], 16, 64)
		if err != nil {
			return nil, fmt.Errorf("read outbox row %q: %w", kv.Key, err)
		}
		recs = append(recs, log.Record{Origin: o.origin, Seq: seq, Value: kv.Value})
		if size += len(kv.Value); size > relayMost || len(recs) == 1000 {
			break
		}
	}
	return recs, nil
}

// last returns the highest number that the topic holds of this outbox; 0 if none.
func (o *outbox) last(ctx context.Context) (uint64, error) {
	rec, ok, err := o.log.Last(ctx, o.topic)
	if errors.Is(err, log.ErrNoTopic) {
		return 0, nil // a service that never makes an event needs no outbox
	}
	if err != nil || !ok || rec.Origin != o.origin {
		return 0, err // another run's records come before this one's
	}
	return rec.Seq, nil
}

// restore puts back the rows of what the topic holds, as far as rows are kept at all, and the number they have come to: so that a topic that
// loses its tail after the store was lost can be filled again all the same.
func (o *outbox) restore(ctx context.Context) error {
	last, err := o.last(ctx)
	if err != nil || last == 0 {
		return err
	}
	newest, err := lastEvent(ctx, o.log, o.topic)
	if err != nil {
		return err
	}
	b, err := o.log.Bounds(ctx, o.topic)
	if err != nil {
		return err
	}
	return readRange(ctx, o.log, o.topic, b, func(batch []log.Record) error {
		for len(batch) > 0 {
			n := chunk(batch)
			err := o.store.Update(func(tx store.Tx) error { return o.restoreRows(tx, batch[:n], newest.At.Add(-keep)) })
			if err != nil {
				return err
			}
			batch = batch[n:]
		}
		return nil
	})
}

func (o *outbox) restoreRows(tx store.Tx, recs []log.Record, from time.Time) error {
	mark, _, err := origins.Get(tx, o.origin)
	if err != nil {
		return err
	}
	for _, in := range decodeAll(recs) {
		if in.record.Origin != o.origin {
			continue
		}
		mark = max(mark, in.record.Seq)
		if in.err != nil || in.event.At.Before(from) {
			continue
		}
		if err := tx.Put(outboxTable, o.key(in.record.Seq), in.record.Value); err != nil {
			return err
		}
	}
	return origins.Put(tx, o.origin, mark)
}

// relay appends rows to the topic until ctx ends. It never polls: it waits for wake.
func (o *outbox) relay(ctx context.Context, t *trouble) {
	var wait backoff
	var once sync.Once
	for next := uint64(0); ctx.Err() == nil; {
		n, err := o.advance(ctx, next)
		t.report(err)
		switch {
		case err != nil:
			next = 0 // whatever the failed append did, the log knows
			wait.sleep(ctx)
		case n == next:
			wait.reset()
			once.Do(func() { close(o.filled) })
			select {
			case <-o.wake:
			case <-ctx.Done():
			}
		default:
			wait.reset()
			next = n
		}
	}
}

// advance appends the rows from number next on, and returns the number that then is next; the same if there was no row. A next of
// 0 means that the log has to be asked.
func (o *outbox) advance(ctx context.Context, next uint64) (uint64, error) {
	recs, err := o.rows(next)
	if err != nil || len(recs) == 0 {
		return next, err
	}
	if next == 0 {
		last, err := o.last(ctx)
		if err != nil {
			return 0, fmt.Errorf("find end of %s: %w", o.topic, err)
		}
		o.sent.Store(last)
		return last + 1, nil
	}
	if recs[0].Seq > next {
		o.logger.Error("log lost more than the outbox still has", "topic", o.topic, "next", next, "oldest", recs[0].Seq)
	}
	if _, err := o.log.Append(ctx, o.topic, recs...); err != nil {
		return 0, fmt.Errorf("relay to %s: %w", o.topic, err)
	}
	last := recs[len(recs)-1].Seq
	o.sent.Store(last)
	return last + 1, nil
}

func (o *outbox) notify() {
	select {
	case o.wake <- struct{}{}:
	default: // the relay has yet to wake up and will see these rows too
	}
}

// A backoff is the pause between attempts: 5 ms at first, then twice as long each time, at most a second.
type backoff struct{ next time.Duration }

func (b *backoff) reset() { b.next = 0 }

func (b *backoff) sleep(ctx context.Context) {
	b.next = min(max(2*b.next, 5*time.Millisecond), time.Second)
	t := time.NewTimer(b.next)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
