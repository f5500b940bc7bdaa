package services

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"scaip/internal/event"
	"scaip/internal/log"
	"scaip/internal/store"
)

// A replay applies what the event store holds (the service's own outbox, and of others what is delivered to it) to a store. It can be
// broken off and run again: what a store has applied stands in it.
type replay struct {
	r      *Runner
	into   store.Store
	limits map[string]uint64 // highest Seq wanted of each Origin; nil: all there is
	at     time.Time         // if not zero: only events that are not later

	// from says where a topic may be begun; nil: at its first record.
	from func(context.Context, log.Topic) (int64, error)

	// call runs a transaction: in the machine's goroutine, which may be another one.
	call func(context.Context, func(context.Context) error) error

	next   map[log.Topic]int64 // where to go on in each topic
	got    map[string]uint64   // highest Seq met of each Origin, wanted or not
	events uint64              // applied
}

func (r *Runner) newReplay(into store.Store, call func(context.Context, func(context.Context) error) error) *replay {
	return &replay{r: r, into: into, call: call, next: map[log.Topic]int64{}, got: map[string]uint64{}}
}

// run replays the own outbox, then the feeds one after another: how topics interleave does not matter, because events of different
// services write different tables.
func (p *replay) run(ctx context.Context) error {
	topics := slices.Sorted(maps.Keys(p.r.o.Feeds))
	for _, topic := range append([]log.Topic{p.r.events.topic}, topics...) {
		if !p.r.needs(topic) {
			continue
		}
		if err := p.topic(ctx, topic); err != nil {
			return fmt.Errorf("replay %s: %w", topic, err)
		}
	}
	return nil
}

// keeps reports whether the machine's tables depend on events of this type.
func (r *Runner) keeps(typ string) bool {
	s, ok := r.o.Machine.(Selective)
	return !ok || event.Service(typ) == r.name || s.Keeps(typ)
}

// needs reports whether a rebuild needs anything of a topic.
func (r *Runner) needs(topic log.Topic) bool {
	for typ := range r.o.Feeds[topic] {
		if r.keeps(typ) {
			return true
		}
	}
	return topic == r.events.topic
}

// topic replays one topic up to its present end, or, with limits, until they are reached. A feed may have lost its tail and be about to
// be filled again: that is waited for. The own outbox is not waited for: its rows are in the store.
func (p *replay) topic(ctx context.Context, topic log.Topic) error {
	from, end, err := p.bounds(ctx, topic)
	if err != nil || p.done(topic, from-1, end) {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stalled := time.AfterFunc(replayPatience, func() { cancel(errShort) })
	defer stalled.Stop()
	for batch, err := range p.r.o.Log.Read(ctx, topic, from) {
		if err != nil {
			return orCause(ctx, err)
		}
		stalled.Reset(replayPatience)
		if err := p.apply(ctx, topic, batch); err != nil {
			return err
		}
		last := batch[len(batch)-1].Offset
		p.next[topic] = last + 1
		if p.done(topic, last, end) {
			return nil
		}
	}
	return context.Cause(ctx)
}

// replayPatience is how long a replay waits for a feed that has lost its tail to be filled again.
const replayPatience = 5 * time.Second

var errShort = errors.New("the topic ends before what was applied from it")

// orCause returns the reason why ctx was cancelled, if it was.
func orCause(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

func (p *replay) bounds(ctx context.Context, topic log.Topic) (from, end int64, err error) {
	b, err := p.r.o.Log.Bounds(ctx, topic)
	if errors.Is(err, log.ErrNoTopic) {
		return 0, -1, nil // nobody ever wrote it
	}
	if err != nil {
		return 0, 0, err
	}
	last, ok, err := p.r.o.Log.Last(ctx, topic)
	if err != nil {
		return 0, 0, err
	}
	if end = b.First - 1; ok {
		end = last.Offset
	}
	from = max(b.First, p.next[topic])
	if p.from != nil {
		begin, err := p.from(ctx, topic)
		return max(from, begin), end, err
	}
	return from, end, nil
}

// done reports whether a topic read up to offset at has been read far enough.
func (p *replay) done(topic log.Topic, at, end int64) bool {
	if p.limits == nil {
		return at >= end
	}
	reached := true
	for origin, limit := range p.limits {
		if ofTopic(origin, topic) && p.got[origin] < limit {
			reached = false
		}
	}
	return reached || topic == p.r.events.topic && at >= end
}

// ofTopic reports whether records of origin are first found in the outbox topic.
func ofTopic(origin string, topic log.Topic) bool {
	return origin == string(topic) || len(origin) > len(topic) && origin[:len(topic)+1] == string(topic)+"/"
}

// apply brings the wanted ones of the records into the store.
func (p *replay) apply(ctx context.Context, topic log.Topic, batch []log.Record) error {
	for len(batch) > 0 {
		n := chunk(batch)
		var wanted []input
		for _, in := range decodeAll(batch[:n]) {
			p.got[in.record.Origin] = max(p.got[in.record.Origin], in.record.Seq)
			if p.wants(topic, in) {
				wanted = append(wanted, in)
			}
		}
		batch = batch[n:]
		if len(wanted) == 0 {
			continue
		}
		err := p.call(ctx, func(ctx context.Context) error { return p.commit(ctx, topic, wanted) })
		if err != nil {
			return err
		}
	}
	return nil
}

func (p *replay) commit(ctx context.Context, topic log.Topic, ins []input) error {
	t := &trouble{logger: p.r.o.Logger.With("at", "replay "+string(topic))}
	w := work{topic: topic, ins: ins, step: (*change).replayed}
	c, err := p.r.transact(ctx, t, p.into, &w)
	if err == errSplit {
		half := len(ins) / 2
		if err := p.commit(ctx, topic, ins[:half]); err != nil {
			return err
		}
		return p.commit(ctx, topic, ins[half:])
	}
	if err == nil {
		p.events += uint64(c.applied)
	}
	return err
}

func (p *replay) wants(topic log.Topic, in input) bool {
	limit := uint64(math.MaxUint64)
	if p.limits != nil {
		limit = p.limits[in.record.Origin]
	}
	if in.err != nil || in.record.Seq > limit || !p.at.IsZero() && in.event.At.After(p.at) {
		return false
	}
	if topic == p.r.events.topic {
		return in.record.Origin == p.r.events.origin // of a volatile service, this run's events only
	}
	return ofOutbox(in.record.Origin, event.Service(in.event.Type)) && p.r.o.Feeds[topic][in.event.Type] && p.r.keeps(in.event.Type)
}

// replayed processes one record of an outbox: it is applied, and nothing is decided. What failed live fails here too, and is left out as it was
// there.
func (c *change) replayed(in input, v verdict) error {
	again, err := c.repeat(in.record)
	if err != nil || again {
		return err
	}
	c.applied++
	if v.level > plain {
		return c.park(in, v.reason)
	}
	if in.record.Origin == c.r.events.origin {
		return c.own(in.event, in.record.Seq)
	}
	return c.apply(in.event)
}
