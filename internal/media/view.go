package media

import "time"

// A run that began so shortly ago is given to who switches to its rendition; else a key frame is asked for.
const youngRun = 700 * time.Millisecond

// view is what one viewer gets of one track.
type view struct {
	ask     int8 // the rendition that its sender should make; None: nothing is to be seen
	goal    int8 // the rendition that shall go out; None: nothing
	current int8 // the one that goes out, until a key frame of the goal comes; None: none yet
	steps   Steps
	now     Steps // of the current rendition: fewer at once, more from a key frame on
	capped  bool  // by the line
	cap     Choice
	off     bool // the client knows that the line has no room for it

	heard bool // audio: its frames go out
}

// wanted is what the viewer would like of a track.
func (v *Viewer) wanted(t *track) Choice {
	if !v.asked {
		return Choice{Renditions - 1, Whole}
	}
	w, named := v.wants[t.number]
	switch {
	case !named:
		return Choice{0, Whole} // it does not know of the track yet
	case w == nil:
		return Choice{Rendition: None}
	}
	return Choice{int8(min(w.Rendition, Renditions-1)), stepsOf(w.Temporal)}
}

// aim decides what shall go out of a track: what is wanted, what the line carries, and what comes.
func (v *Viewer) aim(t *track) {
	w := &v.views[t.index]
	want := v.wanted(t)
	if w.capped {
		want = Choice{min(want.Rendition, w.cap.Rendition), min(want.Steps, w.cap.Steps)}
	}
	w.ask = want.Rendition
	if want.Rendition == None {
		w.goal, w.current = None, None
		return
	}
	w.goal, w.steps = t.best(want.Rendition), want.Steps
	w.now = min(w.now, w.steps)
}

// sees picks the frames of a video viewer. A rendition begins with its config and a key frame; until that comes, the one before goes on.
func (v *Viewer) sees(it *Item) (*Item, bool) {
	switch {
	case int(it.Track>>2) == v.Seat:
		return nil, false
	case it.Text:
		return nil, true
	}
	w := &v.views[it.index]
	r := int8(it.Rendition)
	switch {
	case w.goal == None:
		return nil, false
	case it.Config && (r == w.current || r == w.goal && w.current == None):
		w.current, w.now = r, w.steps
		return nil, true
	case it.Config:
		return nil, false
	case r == w.current:
		if it.Key {
			w.now = w.steps
		}
		return nil, w.now.takes(it)
	case r == w.goal && it.Key:
		w.current, w.now = r, w.steps
		return &v.hub.numbered[it.index].renditions[r].config, true
	}
	return nil, false
}

// start gives a viewer what it needs to see a track at once, if there is anything. The caller holds the lock.
func (h *Hub) start(v *Viewer, t *track, now int64) {
	if h.o.Kind == Audio {
		v.Queue.Start(t.renditions[0].config, nil, now)
		return
	}
	if v.aim(t); v.views[t.index].goal != None {
		h.give(v, t, now)
	}
}

// give puts the goal's config and run into the viewer's queue.
func (h *Hub) give(v *Viewer, t *track, now int64) {
	w := &v.views[t.index]
	l := &t.renditions[w.goal]
	v.Queue.Start(l.config, l.run, now)
	w.current, w.now = w.goal, w.steps
}

// young says that a rendition's run may be given to who comes to it now.
func (l *rendition) young(now int64) bool {
	return len(l.run) > 0 && now-l.keyAt <= int64(youngRun)
}
