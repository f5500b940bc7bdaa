package media

import (
	"sync"
	"sync/atomic"
	"time"
)

// Bounds of a run, the frames since a track's key frame that a joiner starts with. A sender who makes longer ones makes his
// joiners wait for his next key frame.
const (
	maxRunFrames = 1200 // ten seconds of 120 frames/s
	maxRunBytes  = 8 << 20
)

// A voice that is no longer among the loudest goes on until its next pause, but not longer than a breath.
const (
	pause  = 50 // −dBov
	breath = time.Second
)

// HubOptions are the properties of a hub.
type HubOptions struct {
	Kind    string // Audio or Video
	Loudest int    // Audio: how many speakers each viewer gets; 0: all
	Limits  Limits // of each viewer's queue

	// Now reads a monotonic clock, in ns.
	Now func() int64
}

// An Arrival is what a hub is given: a frame, or the end of a track after its last one.
type Arrival struct {
	Track    uint16
	Bytes    []byte // the frame, shared from now on; nil: the track has ended
	Received int64  // when the server took it in, by the hub's clock; 0: unknown
}

// Hub fans one call's frames of one kind out to its viewers. What it is given is shared by all viewers' queues, without a copy. It keeps of
// each live track the config and the run of frames since the last key frame. Join gives both to a new viewer in one step with the place from
// which frames follow: no frame is missing between or comes twice.
//
// Who puts the first frame delivers it. What is put meanwhile goes out in one after it: so the more there is to do, the fewer writes it takes.
//
// A track is live from its config frame until its end. Frames of tracks that are not live are passed over: their sender is gone.
type Hub struct {
	o HubOptions

	frames atomic.Uint64 // given
	stray  atomic.Uint64 // of them: no frame, or of no live track

	in      sync.Mutex
	arrived []Arrival
	busy    bool // somebody delivers

	taken  []Arrival // whoever delivers owns these three
	served []*Viewer
	buffer Batch

	mu      sync.Mutex
	loudest Loudest
	tracks  map[uint16]*track
	viewers []*Viewer
	dropped uint64 // by the queues of viewers who have left
	batch   []Item

	numbered []*track      // by Item.index; nil: free
	wake     chan struct{} // to who steers: something is to be decided at once
	reckoned int64         // when the costs were
	wanting  []Demand      // of judge, to be used again
	wanted   []*track
}

// Viewer is one who receives. Its Queue is to be emptied by its owner.
type Viewer struct {
	Seat    int // whose own tracks it does not get
	Queue   *Queue
	Sent    atomic.Uint64 // bytes; its owner counts
	Writing atomic.Int64  // since when its owner waits for the network to take something, by the hub's clock; 0: it does not wait

	hub   *Hub
	flush func(*Batch)
	ranks int // audio: it gets the frames of ranks below
	pick  func(*Item) (*Item, bool)

	views   []view // by Item.index
	wants   map[uint16]*Want
	asked   bool // wants is what it said
	decodes Codecs
	line    Line
	report  reported
}

// NewHub returns a hub without tracks.
func NewHub(o HubOptions) *Hub {
	return &Hub{o: o, tracks: map[uint16]*track{}, loudest: Loudest{N: o.Loudest, Hang: 500 * time.Millisecond}, wake: make(chan struct{}, 1)}
}

// Put takes what goes out next. true: the caller has to call Deliver, when it holds no lock that a viewer's owner wants.
func (h *Hub) Put(a Arrival) (deliver bool) {
	h.in.Lock()
	defer h.in.Unlock()
	h.arrived = append(h.arrived, a)
	deliver, h.busy = !h.busy, true
	return deliver
}

// Deliver brings what was put to the viewers, as Put asks for it. What came meanwhile is left to a goroutine that ends when there is no more: the
// caller has a socket to read.
func (h *Hub) Deliver() {
	h.next()
	h.deliver(h.taken)
	if h.next() {
		go h.deliverAll()
	}
}

func (h *Hub) deliverAll() {
	for more := true; more; more = h.next() {
		h.deliver(h.taken)
	}
}

// next takes what has arrived; if that is nothing, the next to put delivers.
func (h *Hub) next() bool {
	h.in.Lock()
	defer h.in.Unlock()
	clear(h.taken)
	h.taken, h.arrived = h.arrived, h.taken[:0]
	h.busy = len(h.taken) > 0
	return h.busy
}

// deliver brings arrivals to the viewers.
func (h *Hub) deliver(arrivals []Arrival) {
	h.offer(arrivals)
	for _, v := range h.served {
		v.flush(&h.buffer)
	}
	clear(h.served)
	h.served = h.served[:0]
}

// offer puts arrivals into the viewers' queues. Those to be flushed are in served then.
func (h *Hub) offer(arrivals []Arrival) {
	now := h.o.Now()
	h.mu.Lock()
	defer h.mu.Unlock()
	for i := range arrivals {
		if arrivals[i].Bytes == nil {
			h.send(now) // while its track is known
			h.end(arrivals[i].Track)
			continue
		}
		h.frames.Add(1)
		if it, ok := h.take(&arrivals[i], now); ok {
			h.batch = append(h.batch, it)
		}
	}
	h.send(now)
}

// take enters a frame into its track's state and returns what viewers get of it.
func (h *Hub) take(a *Arrival, now int64) (Item, bool) {
	f, rest, err := ParseFrame(a.Bytes)
	if err != nil || len(rest) > 0 {
		h.stray.Add(1)
		return Item{}, false
	}
	it := Item{Bytes: a.Bytes, Received: a.Received, Track: f.Track, seq: f.Seq, Key: f.Key, Config: f.Config, Rendition: f.Rendition, Temporal: f.Temporal}
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
		it.Rank = uint16(h.rank(t, f.Level, now))
		return it, true
	}
	t.lateness.arrived(it.Received/1000, f.PTS)
	t.newest = now
	t.renditions[f.Rendition].add(it, now)
	return it, true
}

// rank is a voice's rank by its loudness. Who is no longer among the loudest is one of them until his next pause, so that no word is cut off.
func (h *Hub) rank(t *track, level uint8, now int64) int {
	rank, n := h.loudest.Heard(t.number, level, now), h.o.Loudest
	switch {
	case rank < n:
		t.heard = now
	case t.heard == 0 || now-t.heard > int64(breath):
		t.heard = 0
	default:
		if level >= pause {
			t.heard = 0 // this is the last frame that goes
		}
		return n - 1
	}
	return rank
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
		switch added := v.Queue.Offer(h.batch, now, v.pick); {
		case added && v.flush != nil:
			h.served = append(h.served, v)
		case added:
			v.Queue.Wake()
		}
	}
	clear(h.batch)
	h.batch = h.batch[:0]
}

// hears picks the frames of an audio viewer. In the place of the first that it does not get of a voice, it is told of the pause.
func (v *Viewer) hears(it *Item) (*Item, bool) {
	switch {
	case int(it.Track>>2) == v.Seat:
		return nil, false
	case it.Config || it.Text:
		return nil, true
	}
	w := &v.views[it.index]
	paused := w.heard
	w.heard = v.ranks == 0 || int(it.Rank) < v.ranks
	if w.heard || !paused {
		return nil, w.heard
	}
	text := ServerMessage{Pause: &Pause{it.Track, it.seq}}.Encode()
	return &Item{Bytes: text, Track: it.Track, Text: true, Pause: true}, false
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

// Direct makes flush, which gets a buffer to Take into, be called with each delivery to v that leaves something in its queue, by the goroutine that
// delivers: it must not wait for the network. Until then, and of what else comes into the queue, Queue.Ready tells.
func (h *Hub) Direct(v *Viewer, flush func(*Batch)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	v.flush = flush
}

// end ends a track: its viewers are told, after its frames. A config frame makes it live again.
func (h *Hub) end(number uint16) {
	t := h.tracks[number]
	if t == nil {
		return
	}
	delete(h.tracks, number)
	h.numbered[t.index] = nil
	h.loudest.Ended(number)
	text := ServerMessage{Gone: &TrackRef{number}}.Encode()
	h.batch = append(h.batch, Item{Bytes: text, Track: number, Text: true})
}

// HubStats count since the hub began.
type HubStats struct {
	Frames, Stray   uint64 // given; of them none of a live track
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
