package edge

import (
	"context"
	"maps"
	"strconv"
	"sync"
	"sync/atomic"
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
	appendTimeout    = 5 * time.Second
	timesKept        = 8192 // more than can be between socket and hub; a power of two
)

// appender is the way of a call's frames into its topic: a bounded queue that all senders' sockets fill, and one goroutine that appends
// all that waits at once. Full, it refuses the newest: the log is too slow for the call, and the senders should notice.
type appender struct {
	origin string
	topic  log.Topic
	wake   chan struct{}

	mu      sync.Mutex
	waiting []arrival
	bytes   int

	seq     uint64               // of the last record; of run's goroutine
	configs map[layer]*announced // by track and rendition; of run's goroutine
	times   [timesKept]arrivalTime
}

// announceEvery is how often a live track's config is logged again, before a key frame: so whoever reads the log from any moment on finds
// what its decoders need within the time of a key frame, as in a broadcast. The hub keeps the repeats from the viewers.
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
}

// arrivalTime says when the record of a seq came in, for the latency of its deliveries.
type arrivalTime struct {
	seq atomic.Uint64
	at  atomic.Int64
}

func newAppender(origin string, topic log.Topic) *appender {
	return &appender{origin: origin, topic: topic, wake: make(chan struct{}, 1), configs: map[layer]*announced{}}
}

// offer takes a frame, or says false if there is no room. An end is always taken: a socket has two tracks at most.
func (a *appender) offer(x arrival) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if x.value != nil && (len(a.waiting) >= maxWaitingFrames || a.bytes+len(x.value) > maxWaitingBytes) {
		return false
	}
	a.waiting = append(a.waiting, x)
	a.bytes += len(x.value)
	select {
	case a.wake <- struct{}{}:
	default: // it is awake already
	}
	return true
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

// run appends until the room closes and nothing waits, or ctx ends.
func (a *appender) run(ctx context.Context, e *Edge, r *room) {
	var batch []arrival
	var records []log.Record
	last := int64(-1) // offset of the last record that is known to be in the topic
	for {
		batch = a.take(batch)
		if len(batch) == 0 {
			select {
			case <-a.wake:
				continue
			case <-ctx.Done():
				return
			case <-r.closing:
			}
			if batch = a.take(batch); len(batch) == 0 { // what came before it closed
				return
			}
		}
		for from := 0; from < len(batch); { // an end goes after what came before it and before what comes after
			if batch[from].value == nil {
				maps.DeleteFunc(a.configs, func(l layer, _ *announced) bool { return l.track == batch[from].track })
				r.hub.End(batch[from].track, last)
				from++
				continue
			}
			to := from
			records = records[:0]
			for ; to < len(batch) && batch[to].value != nil; to++ {
				records = a.records(records, &batch[to])
			}
			if off, err := a.append(ctx, e, r, records); err == nil {
				last = off
			} else {
				lost(batch[from:to])
			}
			from = to
		}
		clear(batch)
		clear(records)
	}
}

// records adds the record of an arrival, after its track's config if that is due again.
func (a *appender) records(dst []log.Record, x *arrival) []log.Record {
	f, _, err := media.ParseFrame(x.value)
	if err != nil { // the intake has parsed it before
		return append(dst, a.record(x))
	}
	l := layer{f.Track, f.Rendition}
	c := a.configs[l]
	switch {
	case f.Config:
		a.configs[l] = &announced{value: x.value, at: x.at}
	case f.Key && c != nil && x.at-c.at >= int64(announceEvery):
		c.at = x.at
		dst = append(dst, a.record(&arrival{track: x.track, value: c.value, at: x.at}))
	}
	return append(dst, a.record(x))
}

func (a *appender) record(x *arrival) log.Record {
	a.seq++
	t := &a.times[a.seq%timesKept]
	t.at.Store(x.at)
	t.seq.Store(a.seq)
	return log.Record{Origin: a.origin, Seq: a.seq, Key: strconv.Itoa(int(x.track)), Value: x.value}
}

func (a *appender) append(ctx context.Context, e *Edge, r *room, records []log.Record) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, appendTimeout)
	defer cancel()
	start := e.mono()
	off, err := e.o.Media.Append(ctx, a.topic, records...)
	if err != nil {
		e.counters.appendErrors.Add(1)
		if e.counters.appendSaid.allow(e.mono()) {
			e.logError("frames not logged", r.call, err)
		}
		return 0, err
	}
	e.counters.logged.Add(uint64(len(records)))
	e.counters.appendTime.Add(time.Duration(e.mono() - start))
	return off, nil
}

// lost tells the senders of frames that could not be logged.
func lost(batch []arrival) {
	for _, x := range batch {
		x.from.in.unlogged()
	}
}

// received says when the frame in a record came in, or 0 if this room did not take it in.
func (a *appender) received(r log.Record) int64 {
	if r.Origin != a.origin {
		return 0
	}
	t := &a.times[r.Seq%timesKept]
	if at := t.at.Load(); t.seq.Load() == r.Seq {
		return at
	}
	return 0
}
