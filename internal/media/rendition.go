package media

import (
	"bytes"
	"time"
)

// A rendition that falls behind the others of its track by this is not sent any more.
const staleAfter = 600 * time.Millisecond

// track is a live track: its renditions, which are layers with a config, a sequence and key frames of their own.
type track struct {
	number     uint16
	index      uint16
	renditions [Renditions]rendition
	newest     int64 // when the latest frame came
	heard      int64 // audio: when it was last among the loudest; 0: it is not heard now
	lateness   lateness
	asked      asked // of its sender
}

type rendition struct {
	config   Item // Bytes nil: there is none
	run      []Item
	runBytes int
	broken   bool // video: the run has no beginning

	at, keyAt int64 // when the latest frame and key frame came; 0: none yet
	keyAsked  int64
	came      Costs // bytes since the costs were reckoned, by Steps, of each step alone
	costs     Costs
}

// add keeps the run since the last key frame.
func (l *rendition) add(it Item, now int64) {
	l.at = now
	step := min(Steps(it.Temporal)+Base, Whole)
	if it.Key {
		l.keyAt, step = now, Keys
		clear(l.run)
		l.run, l.runBytes, l.broken = l.run[:0], 0, false
	}
	l.came[step] += float64(len(it.Bytes))
	if l.broken || len(l.run) >= maxRunFrames || l.runBytes+len(it.Bytes) > maxRunBytes {
		clear(l.run)
		l.run, l.runBytes, l.broken = l.run[:0], 0, true
		return
	}
	l.run = append(l.run, it)
	l.runBytes += len(it.Bytes)
}

// reckon turns what came within a time into costs, with a memory of some seconds.
func (l *rendition) reckon(d time.Duration) {
	sum := 0.0
	for s := range l.came {
		sum += l.came[s] * 8 / d.Seconds()
		switch {
		case l.costs[s] == 0:
			l.costs[s] = sum
		default:
			l.costs[s] = 0.6*l.costs[s] + 0.4*sum
		}
		l.came[s] = 0
	}
}

// sent says whether frames of a rendition come: it has a config, and the others are not far ahead of it.
func (t *track) sent(r int8) bool {
	l := &t.renditions[r]
	return l.config.Bytes != nil && t.newest-l.at <= int64(staleAfter)
}

// best returns the best rendition that comes at or below r, else the smallest above; None if nothing comes.
func (t *track) best(r int8) int8 {
	for b := min(r, Renditions-1); b >= 0; b-- {
		if t.sent(b) {
			return b
		}
	}
	for b := r + 1; b < Renditions; b++ {
		if t.sent(b) {
			return b
		}
	}
	return None
}

// layered says whether the sender makes renditions, as far as is known.
func (t *track) layered() bool {
	return t.renditions[1].config.Bytes != nil || t.renditions[2].config.Bytes != nil
}

// configure takes a config frame in: of a new track, of a new rendition or in the place of an older one.
func (h *Hub) configure(t *track, it Item, now int64) (Item, bool) {
	fresh := t == nil
	if fresh {
		t = &track{number: it.Track, index: h.number()}
		h.numbered[t.index] = t
		h.tracks[it.Track] = t
		for _, v := range h.viewers {
			if int(t.index) >= len(v.views) {
				v.views = append(v.views, view{})
			}
			v.views[t.index] = view{current: None}
		}
		nudge(h.wake)
	}
	it.index = t.index
	l := &t.renditions[it.Rendition]
	if bytes.Equal(l.config.Bytes, it.Bytes) { // said again for readers who begin here
		return Item{}, false
	}
	*l = rendition{config: it, at: now, costs: l.costs, keyAsked: l.keyAsked}
	t.newest = now
	if h.o.Kind == Video {
		for _, v := range h.viewers {
			v.aim(t)
		}
	}
	return it, true
}

// number returns a free Item.index.
func (h *Hub) number() uint16 {
	for i, t := range h.numbered {
		if t == nil {
			return uint16(i)
		}
	}
	h.numbered = append(h.numbered, nil)
	return uint16(len(h.numbered) - 1)
}

// lateness follows how much later a track's frames come in than the earliest of them did: what its sender's own line adds.
type lateness struct {
	least int64 // µs, of arrival − pts; the clocks have different zeros
	worst int64 // µs over it, of late
	some  bool
}

const (
	leastDrift = 20  // µs a frame by which the least grows, so that a change of clocks or routes is forgotten
	worstDecay = 128 // a frame: the worst shrinks by one part of so many
)

func (l *lateness) arrived(at, pts int64) {
	if at == 0 {
		return
	}
	late := at - pts
	if !l.some || late < l.least {
		l.least, l.some = late, true
	}
	l.least += leastDrift
	l.worst = max(late-l.least, l.worst-l.worst/worstDecay-1, 0)
}

func nudge(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default: // it knows already
	}
}
