package edge

import (
	"context"
	"errors"
	"maps"
	"sync"
	"time"

	"scaip/internal/log"
	"scaip/internal/media"
)

// Bounds of what waits to be logged, a call and kind.
const (
	maxWaitingFrames = 2048
	maxWaitingBytes  = 16 << 20
	maxAppendFrames  = 1000
	maxAppendBytes   = 4 << 20
	maxPacked        = 256 << 10 // bytes of frames in one record, unless one is larger
	appendTimeout    = 5 * time.Second

	// logEvery is how long frames wait for others that are logged with them: an append costs the same for one as for twenty. It is what a
	// daemon that is killed may lose of what was seen.
	logEvery = 40 * time.Millisecond
)

// appender is the way of a call's frames into its topic: a bounded queue that all senders' sockets fill, and one goroutine that appends what waits.
// Full, it refuses the newest: the log is too slow for the call, and the senders should notice.
//
// What it takes goes to the viewers at once, in the same order. If an append fails, what it held has been seen and is not logged; from then on, until one
// succeeds, frames go to the viewers after they have been logged: what can't be kept is not shown.
type appender struct {
	origin string
	topic  log.Topic
	hub    *media.Hub
	wake   chan struct{}
	full   chan struct{} // there is enough for an append

	mu      sync.Mutex
	waiting []arrival
	bytes   int
	failing bool // the latest append failed

	seq     uint64               // of the last record; of run's goroutine
	configs map[layer]*announced // by track and rendition; of run's goroutine
}

// announceEvery is how often a live track's config is logged again, before a key frame: so whoever reads the log from any moment on finds
// what its decoders need within the time of a key frame, as in a broadcast. Viewers do not get the repeats.
const announceEvery = 2 * time.Second

// layer is a rendition of a track: it has a config of its own.
type layer struct {
	track     uint16
	rendition uint8
}

// announced is a layer's config as it was logged last.
type announced struct {
	value []byte
	at    int64 // Edge.mono
}

// arrival is a frame to be logged, or the end of a track after its last frame.
type arrival struct {
	from  *socket
	track uint16
	value []byte // nil: the track's end
	at    int64  // when it came, Edge.mono
	shown bool   // it has been put to the hub
}

func newAppender(origin string, topic log.Topic, hub *media.Hub) *appender {
	return &appender{origin: origin, topic: topic, hub: hub, wake: make(chan struct{}, 1), full: make(chan struct{}, 1), configs: map[layer]*announced{}}
}

// offer takes a frame, or says false if there is no room. An end is always taken: a socket has two tracks at most. If due, the caller has to
// call the hub's Deliver.
func (a *appender) offer(x arrival) (ok, due bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if x.value != nil && (len(a.waiting) >= maxWaitingFrames || a.bytes+len(x.value) > maxWaitingBytes) {
		return false, false
	}
	if !a.failing {
		due = a.show(&x)
	}
	a.waiting = append(a.waiting, x)
	a.bytes += len(x.value)
	nudge(a.wake)
	if a.bytes >= maxPacked || len(a.waiting) >= maxAppendFrames {
		nudge(a.full)
	}
	return true, due
}

func nudge(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default: // it has been told
	}
}

// show puts a frame to the hub, once. The caller holds the lock, so the order is that of the queue.
func (a *appender) show(x *arrival) (due bool) {
	if x.shown {
		return false
	}
	x.shown = true
	return a.hub.Put(media.Arrival{Track: x.track, Bytes: x.value, Received: x.at})
}

// take moves what waits to batch, up to one append's worth.
func (a *appender) take(batch []arrival) []arrival {
	a.mu.Lock()
	defer a.mu.Unlock()
	n, size := 0, 0
	for n < len(a.waiting) && n < maxAppendFrames && (n == 0 || size+len(a.waiting[n].value) <= maxAppendBytes) {
		size += len(a.waiting[n].value)
		n++
	}
	batch = append(batch[:0], a.waiting[:n]...)
	rest := copy(a.waiting, a.waiting[n:])
	clear(a.waiting[rest:])
	a.waiting = a.waiting[:rest]
	a.bytes -= size
	return batch
}

// run appends until the room closes and nothing waits, ctx ends, or the topic is gone, which it returns.
func (a *appender) run(ctx context.Context, e *Edge, r *room) error {
	var batch []arrival
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		if batch = a.take(batch); len(batch) == 0 {
			select {
			case <-a.wake:
				a.gather(timer, r)
				continue
			case <-ctx.Done():
				return nil
			case <-r.closing:
			}
			if batch = a.take(batch); len(batch) == 0 { // what came before it closed
				return nil
			}
		}
		records, frames := a.pack(batch)
		err := a.append(ctx, e, r, records, frames)
		if a.appended(batch, err == nil) {
			a.hub.Deliver()
		}
		if err != nil {
			lost(batch)
		}
		clear(batch)
		if errors.Is(err, log.ErrNoTopic) {
			return err
		}
	}
}

// gather waits for more to append with what has come.
func (a *appender) gather(timer *time.Timer, r *room) {
	timer.Reset(logEvery)
	select {
	case <-timer.C:
	case <-a.full:
	case <-r.closing:
	}
}

// appended notes how an append went. What was not shown because the ones before had failed is shown now, with what came since.
func (a *appender) appended(batch []arrival, ok bool) (due bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.failing = !ok
	for i := range batch {
		if ok || batch[i].value == nil { // an end is one whether it is known why or not
			due = a.show(&batch[i]) || due
		}
	}
	for i := range a.waiting {
		if ok {
			due = a.show(&a.waiting[i]) || due
		}
	}
	return due
}

// pack makes records of a batch, each of as many frames as fit. A track's config comes before its frame if it is due again.
func (a *appender) pack(batch []arrival) (records []log.Record, frames int) {
	left := 0 // bytes that are not packed yet, for the size of what they are packed into
	for i := range batch {
		left += len(batch[i].value)
	}
	var value []byte
	put := func(b []byte) {
		if len(value) > 0 && len(value)+len(b) > maxPacked {
			records, value = append(records, a.record(value)), nil
		}
		if value == nil {
			value = make([]byte, 0, max(len(b), min(left, maxPacked)))
		}
		value = append(value, b...)
		left -= len(b)
		frames++
	}
	for i := range batch {
		x := &batch[i]
		if x.value == nil {
			maps.DeleteFunc(a.configs, func(l layer, _ *announced) bool { return l.track == x.track })
			continue
		}
		if again := a.announce(x); again != nil {
			put(again)
		}
		put(x.value)
	}
	if len(value) > 0 {
		records = append(records, a.record(value))
	}
	return records, frames
}

// announce returns the config that is due again before a frame; nil if none is.
func (a *appender) announce(x *arrival) []byte {
	f, _, err := media.ParseFrame(x.value)
	if err != nil { // the intake has parsed it before
		return nil
	}
	l := layer{f.Track, f.Rendition}
	c := a.configs[l]
	switch {
	case f.Config:
		a.configs[l] = &announced{value: x.value, at: x.at}
	case f.Key && c != nil && x.at-c.at >= int64(announceEvery):
		c.at = x.at
		return c.value
	}
	return nil
}

func (a *appender) record(value []byte) log.Record {
	a.seq++
	return log.Record{Origin: a.origin, Seq: a.seq, Value: value}
}

func (a *appender) append(ctx context.Context, e *Edge, r *room, records []log.Record, frames int) error {
	if len(records) == 0 { // ends alone
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, appendTimeout)
	defer cancel()
	start := e.mono()
	if _, err := e.o.Media.Append(ctx, a.topic, records...); err != nil {
		e.counters.appendErrors.Add(1)
		if e.counters.appendSaid.allow(e.mono()) {
			e.logError("frames not logged", r.call, err)
		}
		return err
	}
	e.counters.logged.Add(uint64(frames))
	e.counters.appendTime.Add(time.Duration(e.mono() - start))
	return nil
}

// lost tells the senders of frames that could not be logged.
func lost(batch []arrival) {
	for _, x := range batch {
		if x.from != nil {
			x.from.in.unlogged()
		}
	}
}
