package media

import "time"

// What a rendition costs as long as nobody has sent it, in bit/s.
func nominal(r int) Costs {
	return [Renditions]Costs{
		{30e3, 60e3, 100e3, 150e3},
		{80e3, 200e3, 350e3, 500e3},
		{200e3, 600e3, 1000e3, 1500e3},
	}[r]
}

// judge tells the viewer's line how things are, and divides what it carries.
func (h *Hub) judge(v *Viewer, now int64) {
	lag := Lag{Own: v.Queue.Lag(now)}
	if since := v.Writing.Load(); since != 0 {
		lag.Own = max(lag.Own, time.Duration(now-since))
	}
	lag.Told = v.report.lag(now)
	demands, tracks := h.demands(v)
	wanted := 0.0
	for i := range demands {
		wanted += demands[i].cost(demands[i].Want)
	}
	cut := v.line.Sample(now, lag, v.Sent.Load(), wanted)
	if cut {
		v.report = reported{} // of before: it must not count against what is left
	}
	budget, bounded := v.line.Budget()
	if !bounded {
		for i := range v.views {
			v.views[i].capped = false
			v.views[i].off = false
		}
		return
	}
	for i, c := range Allot(budget, demands, nil) {
		h.cap(v, tracks[i], c, cut)
	}
}

// cap applies what the line leaves to a track. After a cut, what waits of it goes, and it begins anew with a key frame.
func (h *Hub) cap(v *Viewer, t *track, c Choice, cut bool) {
	w := &v.views[t.index]
	wanted := v.wanted(t).Rendition != None
	w.capped, w.cap = true, c
	if cut && w.current != None {
		v.Queue.Skip(t.number)
		w.current = None
	}
	switch off := wanted && c.Rendition == None; {
	case off && !w.off:
		v.Queue.Skip(t.number)
		w.off = v.Queue.Say(ServerMessage{Off: &Off{Track: t.number, Reason: "line"}}.Encode())
	case !off:
		w.off = false
	}
}

// demands are the tracks that a viewer may see, as its line sees them.
func (h *Hub) demands(v *Viewer) ([]Demand, []*track) {
	h.wanting, h.wanted = h.wanting[:0], h.wanted[:0]
	for _, t := range h.numbered {
		if t == nil || int(t.number>>2) == v.Seat {
			continue
		}
		d := Demand{Want: v.wanted(t)}
		if d.Weight = int(d.Want.Rendition); t.number&3 == SlotScreen {
			d.Weight += Renditions // what is shown is what they talk about
		}
		t.costs(&d)
		if d.Want.Rendition != None {
			d.Want.Rendition = d.affordable()
		}
		h.wanting, h.wanted = append(h.wanting, d), append(h.wanted, t)
	}
	return h.wanting, h.wanted
}

// costs fills in what a track's renditions cost: as measured, or, of one that its sender could begin to make, as is usual.
func (t *track) costs(d *Demand) {
	for r := range Renditions {
		l := &t.renditions[r]
		switch measured := l.costs[Whole] > 0 && t.sent(int8(r)); {
		case measured:
			d.Costs[r] = l.costs
		case t.layered() || l.config.Bytes != nil:
			d.Costs[r] = nominal(r)
		}
	}
}

// affordable is the best rendition at or below the wanted one that there is a cost for.
func (d *Demand) affordable() int8 {
	for r := d.Want.Rendition; r > 0; r-- {
		if d.Costs[r][Whole] > 0 {
			return r
		}
	}
	return 0
}
