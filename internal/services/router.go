package services

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"strings"
	"sync"

	"scaip/internal/event"
	"scaip/internal/log"
	"scaip/internal/store"
)

// A Router copies records from sources to targets as its table says, unchanged, each at least once and those of a source in its order;
// readers know repeats by (Origin, Seq). Of each batch it appends to gateway.in last, so that whoever hears of an event through the gateway
// can't send a command that overtakes it.
type Router struct {
	o     RouterOptions
	table map[string][]log.Topic
	ready chan struct{}
	once  sync.Once // closes it

	mu       sync.Mutex
	tails    map[log.Topic]mark // the farthest record appended to each target
	stats    Stats
	troubles []*trouble
}

// last is the target that is appended to last.
const lastTarget log.Topic = "gateway.in"

// NewRouter returns a router. Nothing happens until Run.
func NewRouter(o RouterOptions) *Router {
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	r := &Router{o: o, table: map[string][]log.Topic{}, ready: make(chan struct{}), tails: map[log.Topic]mark{}}
	r.o.Logger = o.Logger.With("service", "dispatch")
	r.stats.Service = "dispatch"
	for _, d := range o.Table {
		r.table[d.Type] = append(r.table[d.Type], d.Targets...)
	}
	return r
}

// Run makes sure that the targets hold what was appended to them and delivers the events that wait, closes Ready, and then routes until ctx
// ends; it then returns nil, after everything it started has ended. It is called once. Failures are logged and tried again until they are over.
func (r *Router) Run(ctx context.Context) error {
	var wait backoff
	t := r.trouble("verify targets")
	for ctx.Err() == nil {
		err := r.verify(ctx)
		if t.report(err); err != nil {
			wait.sleep(ctx)
			continue
		}
		wait.reset()
		r.route(ctx)
	}
	return nil
}

// route runs the sources until ctx ends or a target has lost its tail. Commands wait for the events that are there when it starts: the
// senders of the commands may have seen these before a crash.
func (r *Router) route(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	saved, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	s := newSaver(r)
	var sources, saver, behind sync.WaitGroup
	saver.Go(func() { s.run(saved) })
	start := func(source log.Topic, caughtUp func()) {
		sources.Go(func() {
			defer cancel() // one that ends, ends the round
			defer caughtUp()
			r.source(ctx, source, s, caughtUp)
		})
	}
	outs, others := split(r.o.Sources)
	for _, source := range outs {
		behind.Add(1)
		start(source, sync.OnceFunc(behind.Done))
	}
	behind.Wait()
	if ctx.Err() == nil {
		r.once.Do(func() { close(r.ready) })
		for _, source := range others {
			start(source, func() {})
		}
	}
	sources.Wait()
	stop() // the saver then saves what is left
	saver.Wait()
}

// split tells the outboxes from the other sources.
func split(sources []log.Topic) (outs, others []log.Topic) {
	for _, t := range sources {
		if strings.HasSuffix(string(t), ".out") {
			outs = append(outs, t)
		} else {
			others = append(others, t)
		}
	}
	return outs, others
}

// source follows one source. It calls caughtUp when it has delivered what was there at its start.
func (r *Router) source(ctx context.Context, source log.Topic, s *saver, caughtUp func()) {
	t := r.trouble("route " + string(source))
	c, end, err := r.begin(ctx, source)
	for wait := (backoff{}); err != nil && ctx.Err() == nil; c, end, err = r.begin(ctx, source) {
		t.report(err)
		wait.sleep(ctx)
	}
	reached := func(offset int64) {
		if offset >= end {
			caughtUp()
		}
	}
	starts, doubted := 0, false // the log has failed: it may have crashed, while this process has not
	f := &follower{log: r.o.Log, topic: source, logger: r.o.Logger, started: func(from int64) {
		starts++
		doubted = starts > 1
		reached(from - 1)
	}}
	err = f.run(ctx, c, t, func(batch []log.Record) error {
		p, err := r.deliver(ctx, delivery{source, batch, doubted}, t)
		if err != nil {
			return err
		}
		doubted = false
		reached(p.cursor.Offset)
		return s.put(ctx, p)
	})
	if errors.Is(err, errLostTail) {
		r.o.Logger.Error("target has lost its tail, feeding it again", "err", err)
	}
}

// begin returns a source's cursor and the offset of its last record; -1 if it holds none.
func (r *Router) begin(ctx context.Context, source log.Topic) (c cursor, end int64, err error) {
	rec, ok, err := r.o.Log.Last(ctx, source)
	if err != nil {
		return c, 0, fmt.Errorf("find end of %s: %w", source, err)
	}
	if end = -1; ok {
		end = rec.Offset
	}
	c, err = r.cursor(source)
	return c, end, err
}

func (r *Router) cursor(source log.Topic) (cursor, error) {
	c := cursor{Offset: -1}
	err := r.o.Store.View(func(rd store.Reader) error {
		found, ok, err := cursors.Get(rd, string(source))
		if ok {
			c = found
		}
		return err
	})
	return c, err
}

// A progress is what delivering a batch has led to.
type progress struct {
	source log.Topic
	cursor cursor
	marks  map[log.Topic]mark
	parked []input
	count  int
}

// A delivery is a batch to be delivered. doubted: its targets may have lost their tails since the last one.
type delivery struct {
	source  log.Topic
	batch   []log.Record
	doubted bool
}

// deliver appends a batch to its targets.
func (r *Router) deliver(ctx context.Context, d delivery, t *trouble) (progress, error) {
	p := progress{source: d.source, cursor: cursorAt(d.batch[len(d.batch)-1]), marks: map[log.Topic]mark{}, count: len(d.batch)}
	batches := map[log.Topic][]log.Record{}
	for _, rec := range d.batch {
		targets, err := r.targets(d.source, rec)
		if err != nil {
			r.o.Logger.Error("record parked", "topic", d.source, "offset", rec.Offset, "err", err)
			p.parked = append(p.parked, input{record: rec, err: err})
		}
		for _, target := range targets {
			batches[target] = append(batches[target], rec)
		}
	}
	if d.doubted {
		for target := range batches {
			if err := r.recheck(ctx, target, t); err != nil {
				return p, err
			}
		}
	}
	err := r.spread(ctx, batches, t)
	r.mu.Lock()
	defer r.mu.Unlock()
	for target := range batches {
		p.marks[target] = r.tails[target]
	}
	return p, err
}

// targets returns where a record goes. An event that nobody wants goes nowhere; a command that nobody takes is an error.
func (r *Router) targets(source log.Topic, rec log.Record) ([]log.Topic, error) {
	var e struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(rec.Value, &e); err != nil {
		return nil, fmt.Errorf("decode envelope: %w", err)
	}
	owner := event.Service(e.Type)
	fact := ofOutbox(rec.Origin, owner)
	targets, ok := r.table[e.Type]
	switch {
	case owner == e.Type:
		return nil, errors.New("decode envelope: it has no type")
	case strings.HasSuffix(string(source), ".out") && !fact:
		return nil, fmt.Errorf("%s does not belong into %s", e.Type, source)
	case !ok && !fact:
		return nil, fmt.Errorf("no service takes %s", e.Type)
	}
	return targets, nil
}

// spread appends to the targets, at the same time, but to gateway.in when all others are done.
func (r *Router) spread(ctx context.Context, batches map[log.Topic][]log.Record, t *trouble) error {
	var wg sync.WaitGroup
	var mu sync.Mutex
	var failed error
	appendTo := func(target log.Topic) {
		if err := r.append(ctx, target, batches[target], t); err != nil {
			mu.Lock()
			failed = err
			mu.Unlock()
		}
	}
	others := maps.Clone(batches)
	delete(others, lastTarget)
	for target := range others {
		if len(others) == 1 {
			appendTo(target)
		} else {
			wg.Go(func() { appendTo(target) })
		}
	}
	wg.Wait()
	if failed == nil && len(batches[lastTarget]) > 0 {
		appendTo(lastTarget)
	}
	return failed
}

// append appends to one target, as often as it takes. The error is ctx's, or errLostTail.
func (r *Router) append(ctx context.Context, target log.Topic, recs []log.Record, t *trouble) error {
	var wait backoff
	for {
		at, err := r.o.Log.Append(ctx, target, recs...)
		if err == nil {
			r.appended(target, at, recs[len(recs)-1])
			return nil
		}
		t.report(fmt.Errorf("append to %s: %w", target, err))
		if wait.sleep(ctx); ctx.Err() != nil {
			return ctx.Err()
		}
		if err := r.recheck(ctx, target, t); err != nil {
			return err
		}
	}
}

func (r *Router) appended(target log.Topic, at int64, rec log.Record) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if tail, ok := r.tails[target]; !ok || at > tail.Offset {
		r.tails[target] = mark{Offset: at, Origin: rec.Origin, Seq: rec.Seq}
	}
}

// Ready is closed when the targets are known to be complete, hold all events that were waiting, and commands begin to be routed.
func (r *Router) Ready() <-chan struct{} { return r.ready }

// Parked lists the records that could not be routed.
func (r *Router) Parked(ctx context.Context) ([]Parked, error) { return listParked(ctx, r.o.Store) }
