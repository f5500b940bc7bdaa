package services

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"scaip/internal/event"
	"scaip/internal/log"
	"scaip/internal/store"
)

// A Runner drives one Machine: it reads the inbox, lets the machine decide, applies what follows, and relays the outbox. One goroutine
// calls the machine and writes the store.
type Runner struct {
	o       Options
	name    string
	forward Forwarder // nil if the machine is none
	events  *outbox
	passed  *outbox // nil if the machine is no Forwarder

	batches  chan []log.Record // from the inbox's reader to the machine
	requests chan func(context.Context)
	ready    chan struct{}
	done     chan struct{}

	mu       sync.Mutex
	changed  chan struct{}
	stats    Stats               // its counters
	troubles []*trouble          // one an activity
	begun    map[log.Topic]int64 // where a volatile store began to read; written before Ready
	told     map[string]uint64   // what the Observer was told of, by Origin; of the machine's goroutine, as the next
	works    bool                // it has begun to consume the inbox
}

// ErrStopped is what Do returns when the runner has stopped.
var ErrStopped = errors.New("service has stopped")

// NewRunner returns the runner of a service. Nothing happens until Run.
func NewRunner(o Options) *Runner {
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	r := &Runner{
		o: o, name: o.Machine.Name(),
		batches: make(chan []log.Record), requests: make(chan func(context.Context)),
		ready: make(chan struct{}), done: make(chan struct{}), changed: make(chan struct{}),
		told: map[string]uint64{}, begun: map[log.Topic]int64{},
	}
	r.o.Logger = o.Logger.With("service", r.name)
	origin := string(Outbox(r.name))
	if o.Boot != "" {
		origin += "/" + o.Boot
	}
	r.events = r.newOutbox(Outbox(r.name), origin)
	if f, ok := o.Machine.(Forwarder); ok {
		r.forward = f
		r.passed = r.newOutbox(f.ForwardTo(), string(f.ForwardTo()))
	}
	r.stats.Service = r.name
	return r
}

func (r *Runner) newOutbox(topic log.Topic, origin string) *outbox {
	return &outbox{topic: topic, origin: origin, store: r.o.Store, log: r.o.Log, wake: make(chan struct{}, 1), filled: make(chan struct{}), logger: r.o.Logger}
}

// Run recovers, closes Ready, and then serves until ctx ends; it then returns nil, after everything it started has ended. It is called
// once. Failures of the store and the log are logged and tried again until they are over: they never end it.
func (r *Runner) Run(ctx context.Context) error {
	defer close(r.done)
	start, ok := r.start(ctx)
	if !ok {
		return nil
	}
	var wg sync.WaitGroup
	defer wg.Wait()
	for _, o := range r.outboxes() {
		t := r.trouble("relay to " + string(o.topic))
		wg.Go(func() { o.relay(ctx, t) })
	}
	for _, o := range r.outboxes() {
		select {
		case <-o.filled:
		case <-ctx.Done():
			return nil
		}
	}
	close(r.ready)
	for ok {
		r.work(ctx, start)
		if ctx.Err() != nil {
			return nil
		}
		start, ok = r.start(ctx)
	}
	return nil
}

// work consumes the inbox from c on, until ctx ends or records were trimmed before they were read: then the service has to recover once more.
func (r *Runner) work(ctx context.Context, c cursor) {
	r.works = true
	ctx, cancel := context.WithCancel(ctx)
	var reader sync.WaitGroup
	reader.Go(func() {
		defer cancel()
		r.read(ctx, c)
	})
	r.serve(ctx, c.redo)
	reader.Wait()
}

// outboxes returns the one of the events and, of a Forwarder, the one of what it passes on.
func (r *Runner) outboxes() []*outbox {
	if r.passed == nil {
		return []*outbox{r.events}
	}
	return []*outbox{r.events, r.passed}
}

// start recovers, as often as it takes. False if ctx ended first.
func (r *Runner) start(ctx context.Context) (cursor, bool) {
	var wait backoff
	t := r.trouble("recover")
	for {
		c, err := r.recover(ctx)
		if t.report(err); err == nil {
			return c, true
		}
		if wait.sleep(ctx); ctx.Err() != nil {
			return cursor{}, false
		}
	}
}

// read hands the inbox to the machine's goroutine, batch by batch.
func (r *Runner) read(ctx context.Context, c cursor) {
	f := &follower{log: r.o.Log, topic: Inbox(r.name), logger: r.o.Logger, whole: true}
	_ = f.run(ctx, c, r.trouble("read "+string(f.topic)), func(batch []log.Record) error {
		select {
		case r.batches <- batch:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}) // the error is ctx's, or errMissed, which recover finds out
}

// serve is the machine's goroutine.
func (r *Runner) serve(ctx context.Context, redo redo) {
	var ticks <-chan time.Time
	ticker, ok := r.o.Machine.(Ticker)
	if ok {
		t := time.NewTicker(time.Second)
		defer t.Stop()
		ticks = t.C
	}
	t := r.trouble("commit")
	for {
		select {
		case <-ctx.Done():
			return
		case batch := <-r.batches:
			for len(batch) > 0 && ctx.Err() == nil {
				n := chunk(batch)
				r.consume(ctx, t, decodeAll(batch[:n]), redo)
				batch = batch[n:]
			}
		case run := <-r.requests:
			run(ctx)
		case now := <-ticks:
			r.tick(ctx, t, ticker, now)
		}
	}
}

// Bounds of a transaction: stores that keep one in memory limit its size.
const (
	chunkRecords = 256
	chunkBytes   = 128 << 10
)

// chunk returns how many of the records go into one transaction, at least one.
func chunk(batch []log.Record) int {
	size := 0
	for i, rec := range batch {
		if size += len(rec.Value); i == chunkRecords || i > 0 && size > chunkBytes {
			return i
		}
	}
	return len(batch)
}

// consume brings records of the inbox into the store. It returns when they are committed, or ctx has ended.
func (r *Runner) consume(ctx context.Context, t *trouble, ins []input, redo redo) {
	at := cursorAt(ins[len(ins)-1].record)
	if at.Offset < redo.Until {
		at.redo = redo
	}
	w := work{topic: Inbox(r.name), ins: ins, step: func(c *change, in input, v verdict) error { return c.record(in, v, redo) }}
	w.finish = func(c *change) error { return cursors.Put(c.tx, string(w.topic), at) }
	c, err := r.transact(ctx, t, r.o.Store, &w)
	if err == errSplit {
		half := len(ins) / 2
		if r.consume(ctx, t, ins[:half], redo); ctx.Err() == nil {
			r.consume(ctx, t, ins[half:], redo)
		}
		return
	}
	if err != nil {
		return // ctx has ended
	}
	r.committed(func(s *Stats) {
		s.Processed += uint64(c.applied)
		s.Made = max(s.Made, c.marks[r.events.origin])
		s.next(string(w.topic), at.Offset+1)
	})
	r.observe(&w)
}

// observe tells an Observer what has come through the inbox.
func (r *Runner) observe(w *work) {
	o, ok := r.o.Machine.(Observer)
	if !ok {
		return
	}
	var batch []Delivered
	for i, in := range w.ins {
		if rec := in.record; rec.Origin != "" {
			if rec.Seq <= r.told[rec.Origin] {
				continue
			}
			r.told[rec.Origin] = rec.Seq
		}
		if in.err == nil && w.verdicts[i].level < skipped {
			batch = append(batch, Delivered{Record: in.record, Event: in.event})
		}
	}
	if len(batch) > 0 {
		o.Applied(batch)
	}
}

// committed wakes who waits for a commit.
func (r *Runner) committed(count func(*Stats)) {
	for _, o := range r.outboxes() {
		o.notify()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stats.Commits++
	count(&r.stats)
	close(r.changed)
	r.changed = make(chan struct{})
}

// Ready is closed when the store is recovered, the outbox topics hold all that the service has made, and it begins to consume its inbox.
// A log may have lost its tail in a crash. So that no command then overtakes an event that its sender has seen, start in this order, each when
// the ones before are ready: the services with a lasting store; the router; the edges, which let clients in.
func (r *Runner) Ready() <-chan struct{} { return r.ready }

// Changed returns a channel that is closed at the next commit. Take it before looking into the store: then no change is missed.
func (r *Runner) Changed() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.changed
}

// Parked lists the records that could not be processed.
func (r *Runner) Parked(ctx context.Context) ([]Parked, error) { return listParked(ctx, r.o.Store) }

// Do decides cmd, a command of this service, at once, outside the inbox but in the goroutine that does the rest. also, if not nil, writes
// in the same transaction, to tables named "secret/…" (it may read all), after the events were applied; its error undoes all. Do returns after the commit, with
// the events made: none if nothing had to be done or if the same command (actor and ID) was decided before; also is not called for such
// a repeat. A Refusal by the machine is the error, and leaves no trace. If ctx ends while waiting, the command may take effect all the same.
func (r *Runner) Do(ctx context.Context, cmd event.Envelope, also func(store.Tx) error) ([]event.Envelope, error) {
	if event.Service(cmd.Type) != r.name || cmd.ID == "" {
		return nil, fmt.Errorf("do %q: it is no command of %s with an ID", cmd.Type, r.name)
	}
	type result struct {
		events []event.Envelope
		err    error
	}
	answer := make(chan result, 1)
	run := func(life context.Context) {
		both, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(life, cancel)()
		events, err := r.do(both, cmd, also)
		answer <- result{events, err}
	}
	select {
	case r.requests <- run:
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-r.done:
		return nil, ErrStopped
	}
	select {
	case res := <-answer:
		return res.events, res.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// do runs in the machine's goroutine. If a commit failed and yet took effect, the next attempt meets a repeat: the answer then is that of
// the attempt before.
func (r *Runner) do(ctx context.Context, cmd event.Envelope, also func(store.Tx) error) ([]event.Envelope, error) {
	var wait backoff
	var before []event.Envelope
	for {
		var c *change
		known := false
		err := r.o.Store.Update(func(tx store.Tx) (err error) {
			c = r.newChange(tx, Inbox(r.name))
			known, err = c.direct(cmd, also)
			return err
		})
		switch {
		case err == nil:
			r.committed(func(s *Stats) { s.Made = max(s.Made, c.marks[r.events.origin]) })
			if known {
				return before, nil
			}
			return c.made, nil
		case !isFault(err):
			return nil, err
		}
		if !known {
			before = c.madeOrNil()
		}
		if wait.sleep(ctx); ctx.Err() != nil {
			return nil, fmt.Errorf("do %s: %w", cmd.Type, err)
		}
	}
}

// tick asks the machine whether time makes something due.
func (r *Runner) tick(ctx context.Context, t *trouble, ticker Ticker, now time.Time) {
	var body event.Body
	due := false
	err := r.o.Store.View(func(rd store.Reader) error {
		return protect(func() (err error) {
			body, due, err = ticker.Tick(rd, now.UTC())
			return err
		})
	})
	if err == nil && due {
		var cmd event.Envelope
		if cmd, err = event.NewCommand(rand.Text(), now, event.System, "", body); err == nil {
			_, err = r.do(ctx, cmd, nil)
		}
	}
	if refusal, ok := event.AsRefusal(err); ok {
		r.o.Logger.Debug("tick refused", "why", refusal.Text)
		err = nil
	}
	t.report(err)
}
