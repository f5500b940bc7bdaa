package services_test

import (
	"context"
	"errors"
	"hash/fnv"
	"iter"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"scaip/internal/log"
	"scaip/internal/log/memlog"
	"scaip/internal/store"
	"scaip/internal/store/memstore"
)

// dice is the chance of a simulation. Each user of it has a stream of its own, so that what one throws does not depend on when another
// does. (A run is still not quite the same twice: select and maps have chance of their own.)
type dice struct {
	seed uint64
	mu   sync.Mutex
	rngs map[string]*rand.Rand
}

func newDice(seed uint64) *dice { return &dice{seed: seed, rngs: map[string]*rand.Rand{}} }

// below returns a number in [0, n).
func (d *dice) below(who string, n int) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	rng := d.rngs[who]
	if rng == nil {
		h := fnv.New64a()
		_, _ = h.Write([]byte(who)) // never fails
		rng = rand.New(rand.NewPCG(d.seed, h.Sum64()))
		d.rngs[who] = rng
	}
	return rng.IntN(n)
}

// one is true once in n times.
func (d *dice) one(who string, n int) bool { return d.below(who, n) == 0 }

func (d *dice) millis(who string, from, to int) time.Duration {
	return time.Duration(from+d.below(who, to-from)) * time.Millisecond
}

// disk is what survives a crash: the topics, each in a log of its own, and the stores.
type disk struct {
	mu     sync.Mutex
	topics map[log.Topic]*memlog.Log
	times  map[log.Topic][]time.Time // when each record was first appended: a log does not change it when it loses its tail
	stores map[string]*memstore.Store
}

func newDisk() *disk {
	d := &disk{topics: map[log.Topic]*memlog.Log{}, times: map[log.Topic][]time.Time{}, stores: map[string]*memstore.Store{}}
	for _, topic := range topics {
		d.topics[topic] = d.fresh(topic)
	}
	return d
}

func (d *disk) fresh(topic log.Topic) *memlog.Log {
	l := memlog.New()
	_ = l.Create(context.Background(), topic, log.Retention{}) // a good name in memory
	return l
}

func (d *disk) topic(topic log.Topic) *memlog.Log {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.topics[topic]
}

func (d *disk) append(topic log.Topic, recs []log.Record) (int64, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	last, err := d.topics[topic].Append(context.Background(), topic, recs...)
	for range recs {
		d.times[topic] = append(d.times[topic], time.Now())
	}
	return last, err
}

// timed gives records the times at which they were first appended.
func (d *disk) timed(topic log.Topic, recs []log.Record) []log.Record {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := make([]log.Record, len(recs))
	for i, r := range recs {
		r.Time = d.times[topic][r.Offset]
		out[i] = r
	}
	return out
}

// lose makes a topic forget its last n records. Nobody uses the disk meanwhile.
func (d *disk) lose(topic log.Topic, n int) error {
	old := d.topics[topic]
	var kept []log.Record
	b, err := old.Bounds(context.Background(), topic)
	if err != nil {
		return err
	}
	for size := int(b.Next) - n; len(kept) < size; {
		for batch, err := range old.Read(context.Background(), topic, int64(len(kept))) {
			if err != nil {
				return err
			}
			kept = append(kept, batch[:min(len(batch), size-len(kept))]...)
			break
		}
	}
	d.topics[topic] = d.fresh(topic)
	d.times[topic] = d.times[topic][:len(kept)]
	_, err = d.topics[topic].Append(context.Background(), topic, kept...)
	return err
}

var errFlaky = errors.New("simulated failure")

// A life is one run of the process, from start to crash: its view of the disk. One operation in rate fails; after its death all do.
type life struct {
	disk *disk
	dice *dice
	rate int // 0: none fails
	dead atomic.Bool
}

// fails reports whether to fail now.
func (l *life) fails(who string) bool { return l.dead.Load() || l.rate > 0 && l.dice.one(who, l.rate) }

// dawdle takes some time; now and then so much that work piles up elsewhere.
func (l *life) dawdle(ctx context.Context, who string) {
	d := l.dice.millis(who, 0, 3)
	if l.rate > 0 && l.dice.one(who, 12) {
		d = l.dice.millis(who, 10, 200)
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// Append fails before it takes effect, after, or half-way.
func (l *life) Append(ctx context.Context, topic log.Topic, recs ...log.Record) (int64, error) {
	who := "append " + string(topic) + " " + recs[0].Origin
	if l.dawdle(ctx, who); l.fails(who) {
		return -1, errFlaky
	}
	n := len(recs)
	if l.rate > 0 && l.dice.one(who, 3*l.rate) {
		n = l.dice.below(who, n+1)
	}
	last, err := l.disk.append(topic, recs[:n])
	if l.dawdle(ctx, who); n < len(recs) || l.fails(who) {
		return -1, errors.Join(err, errFlaky)
	}
	return last, err
}

func (l *life) Read(ctx context.Context, topic log.Topic, from int64) iter.Seq2[[]log.Record, error] {
	return func(yield func([]log.Record, error) bool) {
		for batch, err := range l.disk.topic(topic).Read(ctx, topic, from) {
			if err == nil && l.fails("read "+string(topic)) {
				yield(nil, errFlaky)
				return
			}
			if !yield(l.disk.timed(topic, batch), err) {
				return
			}
		}
	}
}

func (l *life) Last(ctx context.Context, topic log.Topic) (log.Record, bool, error) {
	if l.fails("last " + string(topic)) {
		return log.Record{}, false, errFlaky
	}
	return l.disk.topic(topic).Last(ctx, topic)
}

func (l *life) Bounds(ctx context.Context, topic log.Topic) (log.Bounds, error) {
	if l.fails("bounds " + string(topic)) {
		return log.Bounds{}, errFlaky
	}
	return l.disk.topic(topic).Bounds(ctx, topic)
}

// store returns a service's store as this life sees it.
func (l *life) store(name string) store.Store {
	if l.disk.stores[name] == nil {
		l.disk.stores[name] = memstore.New()
	}
	return &flakyStore{l, name, l.disk.stores[name]}
}

// A flakyStore fails before a transaction, in it, or after its commit.
type flakyStore struct {
	life *life
	name string
	mem  *memstore.Store
}

func (s *flakyStore) View(f func(store.Reader) error) error {
	if s.life.fails("view " + s.name) {
		return store.Fault("view", errFlaky)
	}
	return s.mem.View(f)
}

func (s *flakyStore) Update(f func(store.Tx) error) error {
	if s.life.dawdle(context.Background(), s.name); s.life.fails(s.name) {
		return store.Fault("update", errFlaky)
	}
	err := s.mem.Update(func(tx store.Tx) error {
		if err := f(&flakyTx{tx, s}); err != nil {
			return err
		}
		if s.life.fails(s.name) {
			return store.Fault("commit", errFlaky)
		}
		return nil
	})
	s.life.dawdle(context.Background(), s.name) // not inside: a goroutine that waits for a mutex keeps a synctest clock from moving
	if err == nil && s.life.fails(s.name) {
		return store.Fault("commit", errFlaky)
	}
	return err
}

func (s *flakyStore) Close() error { return nil }

// A flakyTx fails now and then at a write.
type flakyTx struct {
	store.Tx
	in *flakyStore
}

func (t *flakyTx) Put(table, key string, value []byte) error {
	if rate := t.in.life.rate; rate > 0 && t.in.life.dice.one("put "+t.in.name, 20*rate) {
		return store.Fault("put", errFlaky)
	}
	return t.Tx.Put(table, key, value)
}
