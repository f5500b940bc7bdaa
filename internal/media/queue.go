package media

import (
	"sync"
	"time"
)

// Item is what a viewer's queue holds: a frame, or a message about a track in order with its frames. Its Bytes are shared by all
// viewers and never change.
type Item struct {
	Bytes    []byte
	Received int64 // when the server took the frame in, ns of its monotonic clock; 0: unknown
	Track    uint16
	Rank     uint16 // audio: place among the speakers of the moment, 0 is the loudest
	index    uint16 // of the track in its hub
	seq      uint32

	Rendition, Temporal uint8

	Key    bool
	Config bool
	Text   bool // a text message: Track ended or
	Pause  bool // pauses
}

// frame says that the item may be dropped. A pause is as little worth as the frames around it: without it they are taken for lost.
func (i *Item) frame() bool { return !i.Config && !i.ended() }

// ended says that nothing of the track before the item matters any more.
func (i *Item) ended() bool { return i.Text && !i.Pause }

// Limits bound a Queue.
type Limits struct {
	Bytes int           // of frames that wait, without those a joiner starts with
	Age   time.Duration // of the oldest frame that waits
}

// LimitsOf returns the limits for a kind: what a viewer may lag behind before something is dropped.
func LimitsOf(kind string) Limits {
	if kind == Audio {
		return Limits{Bytes: 256 << 10, Age: 600 * time.Millisecond}
	}
	return Limits{Bytes: 4 << 20, Age: time.Second}
}

const (
	maxControl = 32       // replies that wait for a client
	keepBuffer = 64 << 10 // a batch's buffer larger than this is not kept
	maxBatch   = 32 << 10 // bytes of frames that go out as one message: what is being written can't be dropped any more
)

// Queue is what waits for one viewer, in order, and the policy for one who reads too slowly. Video over its limits: the track skips
// to its next key frame, so that what a viewer gets can always be decoded. Audio over its limits: the oldest frames go. Never
// dropped: a track's latest config, that it ended, and up to 32 replies to the client. So it is bounded whatever the
// viewer does.
//
// Any goroutine may offer; one takes.
type Queue struct {
	kind   string
	limits Limits
	ready  chan struct{}

	mu       sync.Mutex
	items    []entry // from head on
	head     int
	bytes    int // of counted frames
	control  [][]byte
	skipping map[uint16]bool // video: tracks that wait for their next key frame
	dropped  uint64
}

type entry struct {
	Item
	at      int64 // when it was offered, ns
	counted bool  // in bytes
}

// NewQueue returns an empty queue.
func NewQueue(kind string, l Limits) *Queue {
	return &Queue{kind: kind, limits: l, ready: make(chan struct{}, 1), skipping: map[uint16]bool{}}
}

// Ready yields a value when there may be something to take.
func (q *Queue) Ready() <-chan struct{} { return q.ready }

// Wake makes Ready yield.
func (q *Queue) Wake() {
	select {
	case q.ready <- struct{}{}:
	default: // it is awake already
	}
}

// Say puts a reply to the client before everything else. It is dropped, and false returned, if 32 wait: the client asks
// faster than it listens.
func (q *Queue) Say(text []byte) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.control) >= maxControl {
		return false
	}
	q.control = append(q.control, text)
	q.Wake()
	return true
}

// Start gives a joiner what it starts with: a track's config and the run of frames since its last key frame, outside the
// limit of bytes, for the run's memory is shared. A video track without a run starts at its next key frame.
func (q *Queue) Start(config Item, run []Item, now int64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	config.Received = 0 // the wait for a joiner is no latency
	q.append(config, now, false)
	for _, it := range run {
		it.Received = 0
		q.append(it, now, false)
	}
	if q.kind == Video && len(run) == 0 {
		q.skipping[config.Track] = true
	}
	q.Wake()
}

// Offer adds those of items that pick accepts, in order, as of now (ns of a monotonic clock), or drops what the policy says. What pick
// returns besides goes before its item, the config that it needs, or in its place, the pause that begins there. It says whether it was given
// anything, and does not Wake.
func (q *Queue) Offer(items []Item, now int64, pick func(*Item) (before *Item, ok bool)) (added bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.expire(now)
	for i := range items {
		before, ok := pick(&items[i])
		if before != nil {
			q.offer(before, now)
		}
		if ok {
			q.offer(&items[i], now)
		}
		added = added || ok || before != nil
	}
	return added
}

// Skip drops what waits of a track but its config, and lets it go on with its next key frame.
func (q *Queue) Skip(track uint16) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.drop(track, len(q.items))
	q.skipping[track] = true
}

func (q *Queue) offer(it *Item, now int64) {
	over := q.bytes+len(it.Bytes) > q.limits.Bytes
	switch {
	case it.ended():
		q.remove(func(e *entry) bool { return e.Track == it.Track })
		delete(q.skipping, it.Track)
		q.append(*it, now, false)
	case it.Config && !over:
		q.append(*it, now, true)
	case it.Config: // it makes the earlier ones of its track worthless
		q.dropped += uint64(q.remove(func(e *entry) bool { return e.Track == it.Track && !e.Text }))
		q.append(*it, now, true)
	case q.skipping[it.Track] && !it.Key:
		q.dropped++
	case !over:
		q.admit(it, now)
	case q.kind == Audio:
		q.offerAudioOver(it, now)
	default:
		q.offerVideoOver(it, now)
	}
}

func (q *Queue) admit(it *Item, now int64) {
	if it.Key {
		delete(q.skipping, it.Track)
	}
	q.append(*it, now, true)
}

// offerAudioOver drops the oldest frames until there is room: what is latest is worth most.
func (q *Queue) offerAudioOver(it *Item, now int64) {
	bytes := q.bytes + len(it.Bytes)
	q.dropped += uint64(q.remove(func(e *entry) bool {
		if !e.frame() || bytes <= q.limits.Bytes {
			return false
		}
		if e.counted {
			bytes -= len(e.Bytes)
		}
		return true
	}))
	q.append(*it, now, true)
}

// offerVideoOver lets the frame's track skip forward.
func (q *Queue) offerVideoOver(it *Item, now int64) {
	q.skip(it.Track, now)
	if q.bytes+len(it.Bytes) > q.limits.Bytes {
		q.drop(it.Track, len(q.items))
		q.skipping[it.Track] = true
	}
	if q.bytes+len(it.Bytes) > q.limits.Bytes || q.skipping[it.Track] && !it.Key {
		q.skipping[it.Track] = true
		q.dropped++
		return
	}
	q.admit(it, now)
}

// expire deals with frames that have waited too long: of audio they go, of video their tracks skip forward.
func (q *Queue) expire(now int64) {
	for {
		old := q.oldest()
		switch {
		case old == nil || now-old.at <= int64(q.limits.Age):
			return
		case q.kind == Video:
			q.skip(old.Track, now)
		default:
			q.dropped += uint64(q.remove(func(e *entry) bool { return e.frame() && now-e.at > int64(q.limits.Age) }))
		}
	}
}

// skip drops a track's frames up to its last key frame that waits and is young; without one, up to its next.
func (q *Queue) skip(track uint16, now int64) {
	for i := len(q.items) - 1; i >= q.head; i-- {
		e := &q.items[i]
		if e.Track == track && e.Key && e.frame() && now-e.at <= int64(q.limits.Age)/2 && q.before(track, i) {
			q.drop(track, i)
			return
		}
	}
	q.drop(track, len(q.items))
	q.skipping[track] = true
}

// before says whether frames of a track wait before index i.
func (q *Queue) before(track uint16, i int) bool {
	for j := q.head; j < i; j++ {
		if e := &q.items[j]; e.Track == track && e.frame() {
			return true
		}
	}
	return false
}

// drop removes a track's frames before index end of items.
func (q *Queue) drop(track uint16, end int) {
	i := q.head - 1
	q.dropped += uint64(q.remove(func(e *entry) bool {
		i++
		return i < end && e.Track == track && e.frame()
	}))
}

// oldest returns the frame that has waited longest, or nil.
func (q *Queue) oldest() *entry {
	for i := q.head; i < len(q.items); i++ {
		if q.items[i].frame() {
			return &q.items[i]
		}
	}
	return nil
}

func (q *Queue) append(it Item, now int64, counted bool) {
	if q.head > 0 && len(q.items) == cap(q.items) { // move down rather than grow
		n := copy(q.items, q.items[q.head:])
		clear(q.items[n:])
		q.items, q.head = q.items[:n], 0
	}
	if counted {
		q.bytes += len(it.Bytes)
	}
	q.items = append(q.items, entry{it, now, counted})
}

// remove removes the entries for which gone says so, asked in order, and returns how many of them were frames or configs.
func (q *Queue) remove(gone func(*entry) bool) int {
	n, removed := q.head, 0
	for i := q.head; i < len(q.items); i++ {
		if e := &q.items[i]; gone(e) {
			if e.counted {
				q.bytes -= len(e.Bytes)
			}
			if !e.Text {
				removed++
			}
			continue
		}
		if n != i {
			q.items[n] = q.items[i]
		}
		n++
	}
	clear(q.items[n:])
	q.items = q.items[:n]
	return removed
}
