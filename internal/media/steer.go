package media

import (
	"time"
)

// SteerEvery is how often a hub of video is to be steered.
const SteerEvery = 100 * time.Millisecond

const (
	reckonEvery = int64(time.Second)
	keyEvery    = int64(500 * time.Millisecond) // between two key frames asked of one rendition
	reportFresh = int64(2500 * time.Millisecond)
	recorded    = 1 << 1 // renditions that are made for the log when nobody watches
)

// Ask is a message to who sends a track.
type Ask struct {
	Track   uint16
	Message ServerMessage
}

type asked struct {
	told       bool
	renditions uint8 // bits
	codecs     Codecs
}

type reported struct {
	at     int64
	late   time.Duration // of the track that is least late by its viewer's line alone
	before time.Duration // the same of the report before
}

// lag is what a viewer's reports say: two in a row, since one may be of a second in which he himself was busy, and the second not clearly
// better, since what was too much may be on its way still.
func (r reported) lag(now int64) time.Duration {
	if r.at == 0 || now-r.at > reportFresh || r.late < r.before*9/10 {
		return 0
	}
	return min(r.late, r.before)
}

// Steered yields a value when Steer should be called before its time.
func (h *Hub) Steered() <-chan struct{} { return h.wake }

// Want says what a viewer wants from now on. A track that is not named: rendition 0; nil: nothing of it.
func (h *Hub) Want(v *Viewer, wants map[uint16]*Want) {
	h.mu.Lock()
	defer h.mu.Unlock()
	v.wants, v.asked = wants, true
	nudge(h.wake)
}

// Decodes says what a viewer decodes besides VP8, which everybody does.
func (h *Hub) Decodes(v *Viewer, c Codecs) {
	h.mu.Lock()
	defer h.mu.Unlock()
	v.decodes = c | VP8
	nudge(h.wake)
}

// Reported takes what a viewer has measured: by how much even the least late of a track's latest frames was later than the earliest. What their senders'
// own lines add is taken off, and the track that is least late speaks for the viewer's line.
func (h *Hub) Reported(v *Viewer, late map[uint16]time.Duration) {
	now := h.o.Now()
	h.mu.Lock()
	defer h.mu.Unlock()
	r, before := reported{}, time.Duration(0)
	if v.report.at != 0 && now-v.report.at <= reportFresh {
		before = v.report.late
	}
	for number, d := range late {
		t := h.tracks[number]
		if t == nil || int(number>>2) == v.Seat {
			continue
		}
		d = max(0, d-time.Duration(t.lateness.worst)*time.Microsecond)
		if r.at == 0 || d < r.late {
			r = reported{at: now, late: d, before: before}
		}
	}
	v.report = r
}

// Steer looks after what is sent to whom: it judges each viewer's line, aims at what it carries and what is wanted, and returns what
// the senders are to be asked for. It is called every SteerEvery and when Steered says so, by one goroutine.
func (h *Hub) Steer() []Ask {
	now := h.o.Now()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.reckon(now)
	var asks []Ask
	for _, v := range h.viewers {
		h.judge(v, now)
		for _, t := range h.numbered {
			if t != nil && int(t.number>>2) != v.Seat {
				asks = h.follow(v, t, now, asks)
			}
		}
	}
	for _, t := range h.numbered {
		if t != nil {
			asks = h.ask(t, asks)
		}
	}
	return asks
}

func (h *Hub) reckon(now int64) {
	d := now - h.reckoned
	if d < reckonEvery {
		return
	}
	h.reckoned = now
	for _, t := range h.numbered {
		for r := range Renditions {
			if t != nil {
				t.renditions[r].reckon(time.Duration(d))
			}
		}
	}
}

// follow brings a viewer to what it shall see of a track: by the run since the last key frame if that is young, else by a key frame that
// its sender is asked for.
func (h *Hub) follow(v *Viewer, t *track, now int64, asks []Ask) []Ask {
	w := &v.views[t.index]
	v.aim(t)
	if w.goal == None || w.goal == w.current && !t.renditions[w.goal].broken {
		return asks
	}
	l := &t.renditions[w.goal]
	switch {
	case w.goal != w.current && l.young(now) && !w.capped:
		h.give(v, t, now)
	case now-l.keyAt >= keyEvery && now-l.keyAsked >= keyEvery:
		l.keyAsked = now
		asks = append(asks, Ask{t.number, ServerMessage{Key: &Layer{t.number, uint8(w.goal)}}})
	}
	return asks
}

// ask says which renditions a track's sender shall make, if that has changed.
func (h *Hub) ask(t *track, asks []Ask) []Ask {
	a := asked{told: true, codecs: AllCodecs}
	for _, v := range h.viewers {
		if int(t.number>>2) == v.Seat {
			continue
		}
		a.codecs &= v.decodes
		w := &v.views[t.index]
		for _, r := range [2]int8{w.ask, w.current} {
			if w.ask != None && r != None {
				a.renditions |= 1 << r
			}
		}
	}
	if a.renditions == 0 {
		a.renditions = recorded
	}
	if a == t.asked {
		return asks
	}
	t.asked = a
	e := &Encode{Track: t.number, Codecs: a.codecs.Names()}
	for r := range Renditions {
		if a.renditions>>r&1 != 0 {
			e.Renditions = append(e.Renditions, r)
		}
	}
	return append(asks, Ask{t.number, ServerMessage{Make: e}})
}
