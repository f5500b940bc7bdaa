package media

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"scaip/internal/log"
)

// Bounds of a run, the frames since a track's key frame that a joiner starts with. A sender who makes longer ones makes his
// joiners wait for his next key frame.
const (
	maxRunFrames = 1200 // ten seconds of 120 frames/s
	maxRunBytes  = 8 << 20
)

// Between two deliveries a hub of many viewers pauses, so that what comes in meanwhile is one write to each of them instead of several: half
// the work is in the writes. A frame that comes after a pause goes out at once, so a quiet call has no delay.
const (
	pauseEach = 66 * time.Microsecond // a viewer
	minPause  = 500 * time.Microsecond
	maxPause  = 4 * time.Millisecond
)

// HubOptions are the properties of a hub.
type HubOptions struct {
	Kind    string // Audio or Video
	Loudest int    // Audio: how many speakers each viewer gets; 0: all
	Limits  Limits // of each viewer's queue

	// Now reads a monotonic clock, in ns.
	Now func() int64

	// Received says when the server took the frame in that a record holds, by the same clock, or 0. nil: unknown.
	Received func(log.Record) int64
}

// Hub fans one call's frames of one kind out to its viewers. One reader tails the topic; what it reads is shared by all viewers'
// queues, without a copy. It keeps of each live track the config and the run of frames since the last key frame. Join gives both to a new
// viewer in one step with the place from which frames follow: no frame is missing between or comes twice.
//
// A track is live from its config frame until End. Frames of tracks that are not live are passed over: their sender is gone.
type Hub struct {
	o HubOptions

	frames atomic.Uint64 // read from the topic
	stray  atomic.Uint64 // of them: no frame, or of no live track

	mu      sync.Mutex
	loudest Loudest
	tracks  map[uint16]*track
	viewers []*Viewer
	next    int64  // offset: records below are dealt with
	ends    []end  // in the order of through
	dropped uint64 // by the queues of viewers who have left
	batch   []Item

	numbered []*track      // by Item.index; nil: free
	wake     chan struct{} // to who steers: something is to be decided at once
	reckoned int64         // when the costs were
	wanting  []Demand      // of judge, to be used again
	wanted   []*track
}

// end is a track's End that waits until the records up to through are dealt with.
type end struct {
	track   uint16
	through int64
}

// Viewer is one who receives. Its Queue is to be emptied by its owner.
type Viewer struct {
	Seat    int // whose own tracks it does not get
	Queue   *Queue
	Sent    atomic.Uint64 // bytes; its owner counts
	Writing atomic.Int64  // since when its owner waits for the network to take something, by the hub's clock; 0: it does not wait

	hub   *Hub
	ranks int // audio: it gets the frames of ranks below
	pick  func(*Item) (*Item, bool)

	views   []view // video: by Item.index
	wants   map[uint16]*Want
	asked   bool // wants is what it said
	decodes Codecs
	line    Line
	report  reported
}

// NewHub returns a hub for the records of a topic from offset next on.
func NewHub(o HubOptions, next int64) *Hub {
	return &Hub{
		o: o, next: next, tracks: map[uint16]*track{}, loudest: Loudest{N: o.Loudest, Hang: 500 * time.Millisecond},
		wake: make(chan struct{}, 1),
	}
}

// Run reads the topic and serves the viewers until ctx ends or reading fails; it returns that error.
func (h *Hub) Run(ctx context.Context, l log.Log, topic log.Topic) error {
	h.mu.Lock()
	next := h.next
	h.mu.Unlock()
	for records, err := range l.Read(ctx, topic, next) {
		if err != nil {
			return fmt.Errorf("tail %s: %w", topic, err)
		}
		pause(ctx, h.deliver(records))
	}
	return ctx.Err()
}

func pause(ctx context.Context, d time.Duration) {
	if d < minPause {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// pauseFor is how long a hub pauses after a delivery.
func pauseFor(viewers int) time.Duration { return min(time.Duration(viewers)*pauseEach, maxPause) }

// deliver brings records to the viewers and returns how long to pause then.
func (h *Hub) deliver(records []log.Record) time.Duration {
	now := h.o.Now()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.frames.Add(uint64(len(records)))
	h.batch = h.batch[:0]
	for i := range records {
		h.end(records[i].Offset) // those that wait for less
		if it, ok := h.take(&records[i], now); ok {
			h.batch = append(h.batch, it)
		}
		h.next = records[i].Offset + 1
	}
	h.end(h.next)
	h.send(now)
	return pauseFor(len(h.viewers))
}

// take enters a record into its track's state and returns what viewers get of it.
func (h *Hub) take(r *log.Record, now int64) (Item, bool) {
	f, rest, err := ParseFrame(r.Value)
	if err != nil || len(rest) > 0 {
		h.stray.Add(1)
		return Item{}, false
	}
	it := Item{Bytes: r.Value, Track: f.Track, Key: f.Key, Config: f.Config, Rendition: f.Rendition, Temporal: f.Temporal}
	if h.o.Received != nil {
		it.Received = h.o.Received(*r)
	}
	if f.Rendition >= Renditions {
		h.stray.Add(1)
		return Item{}, false
	}
	t := h.tracks[f.Track]
	if f.Config {
		return h.configure(t, it, now)
	}
	if t == nil || t.renditions[f.Rendition].config.Bytes == nil {
		h.stray.Add(1)
		return Item{}, false
	}
	if it.index = t.index; h.o.Kind == Audio {
		it.Rank = uint16(h.loudest.Heard(f.Track, f.Level, now))
		return it, true
	}
	t.lateness.arrived(it.Received/1000, f.PTS)
	t.newest = now
	t.renditions[f.Rendition].add(it, now)
	return it, true
}

// send offers the batch to all viewers.
func (h *Hub) send(now int64) {
	if len(h.batch) == 0 {
		return
	}
	for _, v := range h.viewers {
		if v.ranks = h.o.Loudest; v.ranks > 0 {
			v.ranks += h.loudest.Own(v.Seat, now)
		}
		v.Queue.Offer(h.batch, now, v.pick)
	}
	clear(h.batch)
}

// hears picks the frames of an audio viewer.
func (v *Viewer) hears(it *Item) (*Item, bool) {
	if int(it.Track>>2) == v.Seat {
		return nil, false
	}
	return nil, v.ranks == 0 || it.Config || it.Text || int(it.Rank) < v.ranks
}

// Join makes a viewer who sits at seat: its queue begins with the config and the run of each live track of the others; of renditions,
// the best that is there. Audio needs no run: each frame can be decoded by itself.
func (h *Hub) Join(seat int) *Viewer {
	v := &Viewer{Seat: seat, Queue: NewQueue(h.o.Kind, h.o.Limits), hub: h, decodes: VP8}
	v.pick = v.sees
	if h.o.Kind == Audio {
		v.pick = v.hears
	}
	now := h.o.Now()
	h.mu.Lock()
	defer h.mu.Unlock()
	v.views = make([]view, len(h.numbered))
	for number, t := range h.tracks {
		v.views[t.index] = view{current: None}
		if int(number>>2) != seat {
			h.start(v, t, now)
		}
	}
	v.line.cut = now // the burst it begins with is no sign of a bad line
	h.viewers = append(h.viewers, v)
	nudge(h.wake)
	return v
}

// Leave takes a viewer out; nothing more is offered to it.
func (h *Hub) Leave(v *Viewer) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i, o := range h.viewers {
		if o == v {
			h.viewers = append(h.viewers[:i], h.viewers[i+1:]...)
			h.dropped += v.Queue.Dropped()
			nudge(h.wake)
			return
		}
	}
}

// End tells the viewers that a track is gone, after its frames: when the records up to offset through have been dealt with. A
// config frame after that offset makes the track live again.
func (h *Hub) End(number uint16, through int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ends = append(h.ends, end{number, through})
	h.batch = h.batch[:0]
	h.end(h.next)
	h.send(h.o.Now())
}

// end puts the ends that wait for less than offset next into the batch.
func (h *Hub) end(next int64) {
	for len(h.ends) > 0 && h.ends[0].through < next {
		number := h.ends[0].track
		h.ends = h.ends[1:]
		t := h.tracks[number]
		if t == nil {
			continue
		}
		delete(h.tracks, number)
		h.numbered[t.index] = nil
		h.loudest.Ended(number)
		text := ServerMessage{Gone: &TrackRef{number}}.Encode()
		h.batch = append(h.batch, Item{Bytes: text, Track: number, Text: true})
	}
}

// HubStats count since the hub began.
type HubStats struct {
	Frames, Stray   uint64 // read; of them none of a live track
	Tracks, Viewers int
	Dropped         uint64        // by the viewers' queues
	Lag             time.Duration // of the viewer who is furthest behind
}

// Stats returns the counters.
func (h *Hub) Stats() HubStats {
	now := h.o.Now()
	h.mu.Lock()
	defer h.mu.Unlock()
	s := HubStats{Frames: h.frames.Load(), Stray: h.stray.Load(), Tracks: len(h.tracks), Viewers: len(h.viewers), Dropped: h.dropped}
	for _, v := range h.viewers {
		s.Dropped += v.Queue.Dropped()
		s.Lag = max(s.Lag, v.Queue.Lag(now))
	}
	return s
}
