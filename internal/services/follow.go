package services

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"scaip/internal/log"
	"scaip/internal/store"
)

// A cursor is how far a topic was read: the last record that took effect, or Offset = first-1 if none has. It is stored in the
// transaction of that effect.
type cursor struct {
	Offset int64     `json:"offset"`
	Origin string    `json:"origin,omitempty"`
	Seq    uint64    `json:"seq,omitempty"`
	Time   time.Time `json:"time"` // of the record; zero if it is not known
	redo
}

// cursors holds the cursor of each topic that is read, by the topic's name.
const cursors store.Table[cursor] = "sys/offset"

func cursorAt(rec log.Record) cursor {
	return cursor{Offset: rec.Offset, Origin: rec.Origin, Seq: rec.Seq, Time: rec.Time}
}

// is reports whether rec is the record that c was taken from.
func (c cursor) is(rec log.Record) bool {
	return c.Time.IsZero() || c.Offset == rec.Offset && c.Origin == rec.Origin && c.Seq == rec.Seq && c.Time.UnixMilli() == rec.Time.UnixMilli()
}

// A follower reads one topic, from a cursor on, whatever happens to the log meanwhile.
type follower struct {
	log    log.Log
	topic  log.Topic
	logger *slog.Logger

	// whole: run ends with errMissed when records were trimmed before they were read. Otherwise it goes on at the first one there is.
	whole bool

	// started, if not nil, is told the offset at which reading begins, each time it does.
	started func(from int64)
}

// errMissed: records were trimmed before they were read.
var errMissed = errors.New("records were trimmed before they were read")

// run hands what comes after c to take, in batches, until ctx ends or take returns an error, which it returns. Errors of the log are
// reported to t and tried again.
func (f *follower) run(ctx context.Context, c cursor, t *trouble, take func([]log.Record) error) error {
	var wait backoff
	for ctx.Err() == nil {
		from, err := f.resume(ctx, c)
		if f.whole && errors.Is(err, errMissed) {
			return err
		}
		if errors.Is(err, errMissed) {
			f.logger.Error(err.Error(), "topic", f.topic, "read", c.Offset, "first", from)
			err = nil
		}
		if err == nil {
			if f.started != nil {
				f.started(from)
			}
			for batch, e := range f.log.Read(ctx, f.topic, from) {
				if err = e; err != nil {
					break
				}
				t.report(nil)
				wait.reset()
				if err := take(batch); err != nil {
					return err
				}
				c = cursorAt(batch[len(batch)-1])
			}
		}
		if ctx.Err() == nil {
			t.report(err)
			wait.sleep(ctx)
		}
	}
	return ctx.Err()
}

// resume returns the offset at which to go on after c: the next one, if the topic still holds the record that c was taken from. If not, it has
// lost its tail in a crash, and may have grown again since; then anything in it may be new, and it is read from its first record. The
// reader knows the repeats. (To go on at its present end would be wrong: it is not known whether it has grown since it was cut off.) If records
// were trimmed before they were read, that is errMissed, beside the first offset there is.
func (f *follower) resume(ctx context.Context, c cursor) (int64, error) {
	b, err := f.log.Bounds(ctx, f.topic)
	if err != nil {
		return 0, fmt.Errorf("resume %s: %w", f.topic, err)
	}
	switch {
	case b.Next <= c.Offset:
		f.logger.Warn("topic has lost its tail, reading it again", "topic", f.topic, "read", c.Offset, "next", b.Next, "first", b.First)
		return b.First, nil
	case c.Offset < b.First-1:
		return b.First, errMissed
	case c.Offset < b.First || c.Time.IsZero():
		return c.Offset + 1, nil
	}
	rec, ok, err := recordAt(ctx, f.log, f.topic, c.Offset)
	if err != nil {
		return 0, fmt.Errorf("resume %s: %w", f.topic, err)
	}
	if ok && c.is(rec) {
		return c.Offset + 1, nil
	}
	f.logger.Warn("topic has lost its tail and grown again, reading it again", "topic", f.topic, "read", c.Offset, "first", b.First)
	return b.First, nil
}

// recordAt returns the record at offset, which the topic has reached; false if it holds none there.
func recordAt(ctx context.Context, l log.Log, topic log.Topic, offset int64) (log.Record, bool, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second) // in a Kafka topic, a hole at the end would be waited on
	defer cancel()
	for batch, err := range l.Read(ctx, topic, offset) {
		if errors.Is(err, log.ErrTruncated) {
			return log.Record{}, false, nil
		}
		if err != nil {
			return log.Record{}, false, err
		}
		return batch[0], batch[0].Offset == offset, nil
	}
	return log.Record{}, false, ctx.Err()
}

// A trouble is what one activity is failing at. It is logged once when it begins, and once when it is over.
type trouble struct {
	name   string
	logger *slog.Logger
	mu     sync.Mutex
	now    string
}

func (t *trouble) report(err error) {
	if errors.Is(err, context.Canceled) {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case err == nil && t.now != "":
		t.now = ""
		t.logger.Info("works again")
	case err != nil && t.now == "":
		t.now = err.Error()
		t.logger.Error("failing, trying again", "err", err)
	}
}

func (t *trouble) text() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.now
}

// register returns the trouble of this name, which it adds if it is new.
func register(all *[]*trouble, logger *slog.Logger, name string) *trouble {
	for _, t := range *all {
		if t.name == name {
			return t
		}
	}
	t := &trouble{name: name, logger: logger.With("at", name)}
	*all = append(*all, t)
	return t
}
