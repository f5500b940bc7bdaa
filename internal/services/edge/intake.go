package edge

import (
	"fmt"
	"sync"
	"sync/atomic"

	"scaip/internal/event"
	"scaip/internal/media"
)

// intake is what a socket's client sends: frames and text messages, checked one by one before they go on. What is wrong is dropped and
// the client told; hostile things are counted, and too many of them close the socket.
type intake struct {
	s       *socket
	tooLate atomic.Bool // frames were lost on their way to the log

	mu      sync.Mutex // the reader's, and close's
	closed  bool
	muted   bool // audio: by an owner; the main track is not taken
	due     bool // the hub's Deliver has to be called
	frames  bucket
	bytes   bucket
	texts   bucket
	hostile int
	tracks  [media.SlotScreen + 1]sending
	said    map[event.Code]*oncePerSecond
}

// sending is the state of one of the client's own tracks.
type sending struct {
	live       bool // a config of it is logged
	renditions [media.Renditions]layerSending
}

// layerSending is the state of one rendition of a track.
type layerSending struct {
	live    bool // its config is logged
	needKey bool // video: nothing can be decoded before the next key frame
	told    bool // why is known to the client

	config []byte // the latest
	again  bool   // it may not have reached the log: it goes once more before the next frame
}

func (in *intake) init(s *socket) {
	l := limitsOf(s.e.o.Service)
	in.s, in.frames, in.bytes, in.texts = s, newBucket(l.frames), newBucket(l.bytes), newBucket(textRate)
	in.said = map[event.Code]*oncePerSecond{}
}

// stop ends the client's tracks; nothing is taken after it.
func (in *intake) stop() {
	in.mu.Lock()
	in.closed = true
	for slot := range in.tracks {
		in.end(slot)
	}
	in.release()
}

// release ends what the lock was held for; what came of it goes out to the viewers.
func (in *intake) release() {
	due := in.due
	in.due = false
	in.mu.Unlock()
	if due {
		in.s.room.hub.Deliver()
	}
}

// give passes something on to the log and the viewers; false: there is no room for it.
func (in *intake) give(x arrival) bool {
	ok, due := in.s.room.in.offer(x)
	in.due = in.due || due
	return ok
}

// unlogged notes that frames which were taken could not be logged.
func (in *intake) unlogged() {
	in.tooLate.Store(true)
}

// message takes a message that has just been read; data is the intake's from now on.
func (in *intake) message(binary bool, data []byte) {
	now := in.s.e.mono()
	in.mu.Lock()
	defer in.release()
	if in.closed {
		return
	}
	if !binary {
		in.text(data, now)
		return
	}
	in.s.e.counters.bytesIn.Add(uint64(len(data)))
	if !in.s.sends {
		in.abuse(event.Denied, "This socket only receives.")
		return
	}
	if in.tooLate.CompareAndSwap(true, false) {
		in.interrupt(event.Unavailable, "The server could not keep your media. It may be out of space.", now)
	}
	for rest := data; len(rest) > 0 && !in.closed; {
		size := len(rest)
		f, more, err := media.ParseFrame(rest)
		if err != nil {
			in.abuse(event.Invalid, err.Error())
			return
		}
		size -= len(more)
		in.frame(f, rest[:size:size], now)
		rest = more
	}
	if len(data) == 0 {
		in.abuse(event.Invalid, "The message is empty.")
	}
}

// frame checks a frame and passes it on; value is its bytes.
func (in *intake) frame(f media.Frame, value []byte, now int64) {
	in.s.e.counters.framesIn.Add(1)
	if f.Seat() != in.s.seat {
		in.abuse(event.Denied, fmt.Sprintf("Track %d is not yours.", f.Track))
		return
	}
	if err := in.check(f); err != nil {
		in.abuse(event.Invalid, err.Error())
		return
	}
	t := &in.tracks[f.Track&3].renditions[f.Rendition]
	if !in.frames.take(1, now) || !in.bytes.take(float64(len(value)), now) {
		in.drop(t, f, event.TooMany, "Your media comes too fast.")
		return
	}
	if late := in.s.room.clock.At(in.s.e.o.Now()) - f.PTS; late > ptsBehind || late < -ptsAhead {
		in.drop(t, f, event.Invalid, fmt.Sprintf("The frame's time is %d ms off.", late/1000))
		return
	}
	switch {
	case f.Config:
	case !t.live:
		in.drop(t, f, event.Invalid, "A config frame has to come first.")
		return
	case t.needKey && !f.Key:
		if !t.told {
			in.say(event.Invalid, "The frame after a config has to be a key frame.", now)
		}
		in.s.e.counters.refused.Add(1)
		return
	}
	if in.muted && f.Track&3 == media.SlotMain {
		in.hush(t, f, value, now)
		return
	}
	if !in.offer(t, f, arrival{from: in.s, track: f.Track, value: value, at: now}) {
		in.drop(t, f, event.TooMany, "The server can't keep up with the call.")
		return
	}
	t.needKey = f.Config && in.s.e.o.Service == media.Video
	t.told = false
	t.live = true
	in.begin(&in.tracks[f.Track&3])
}

func (in *intake) begin(track *sending) {
	if !track.live {
		track.live = true
		in.present()
	}
}

// offer gives a frame to the log, after its track's config if that may be missing there.
func (in *intake) offer(t *layerSending, f media.Frame, x arrival) bool {
	if f.Config {
		t.config, t.again = x.value, false
	}
	if t.again && in.give(arrival{from: in.s, track: f.Track, value: t.config, at: x.at}) {
		t.again = false
	}
	return !t.again && in.give(x)
}

// check says what of a frame is against the protocol.
func (in *intake) check(f media.Frame) error {
	kind := in.s.e.o.Service
	if f.Rendition >= media.Renditions {
		return fmt.Errorf("%w: there is no rendition %d", media.ErrMalformed, f.Rendition)
	}
	if err := f.Check(kind); err != nil || !f.Config {
		return err
	}
	c, err := media.ParseConfig(kind, f.Payload)
	if err != nil {
		return err
	}
	if c.User != in.s.user {
		return fmt.Errorf("%w: the config names another user", media.ErrMalformed)
	}
	return nil
}

// drop drops a frame of a track and tells the client, once a second. What follows it can't be decoded without it: after a config, anything; after
// a frame of video, all up to the next key frame.
func (in *intake) drop(t *layerSending, f media.Frame, code event.Code, text string) {
	in.s.e.counters.refused.Add(1)
	if f.Config {
		in.end(int(f.Track & 3))
	}
	if in.s.e.o.Service == media.Video {
		t.needKey, t.told = true, true
	}
	in.say(code, text, in.s.e.mono())
}

// interrupt makes every track wait for its next key frame.
func (in *intake) interrupt(code event.Code, text string, now int64) {
	for i := range in.tracks {
		for r := range in.tracks[i].renditions {
			t := &in.tracks[i].renditions[r]
			t.again = t.live
			if in.s.e.o.Service == media.Video {
				t.needKey, t.told = true, true
			}
		}
	}
	in.say(code, text, now)
}

// end ends a track if it is live.
func (in *intake) end(slot int) {
	if t := &in.tracks[slot]; t.live {
		*t = sending{}
		in.give(arrival{track: media.TrackOf(in.s.seat, slot)})
	}
}

// abuse tells the client what it did wrong, and closes the socket when it was too much.
func (in *intake) abuse(code event.Code, text string) {
	in.s.e.counters.hostile.Add(1)
	in.hostile++
	in.s.refuse(code, text)
	if in.hostile >= maxHostile {
		in.closed = true
		for slot := range in.tracks {
			in.end(slot)
		}
		in.s.shut(closePolicy, "too many malformed messages")
	}
}

// say tells the client something at most once a second.
func (in *intake) say(code event.Code, text string, now int64) {
	if in.said[code] == nil {
		in.said[code] = &oncePerSecond{}
	}
	if in.said[code].allow(now) {
		in.s.refuse(code, text)
	}
}

// text answers a text message.
func (in *intake) text(data []byte, now int64) {
	if !in.texts.take(1, now) {
		in.say(event.TooMany, "Your messages come too fast.", now)
		return
	}
	m, err := media.ParseClientMessage(data)
	switch {
	case err != nil || len(data) > maxText:
		in.abuse(event.Invalid, "The message is not as documented.")
	case m.Ping != nil:
		pong := media.ServerMessage{Pong: &media.Pong{T: m.Ping.T, Now: in.s.room.clock.At(in.s.e.o.Now())}}
		in.s.queue.Say(pong.Encode())
	case m.Stop != nil:
		in.pause(m.Stop.Track)
	default:
		in.s.watch(m)
	}
}

// pause ends one of the client's tracks because it says so.
func (in *intake) pause(track uint16) {
	slot := int(track & 3)
	if int(track>>2) != in.s.seat || slot >= len(in.tracks) {
		in.abuse(event.Denied, fmt.Sprintf("Track %d is not yours.", track))
		return
	}
	in.end(slot)
	in.present()
}
