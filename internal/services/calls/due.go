package calls

import (
	"time"

	"scaip/internal/event"
	"scaip/internal/store"
)

// due finds what the passing of time asks for at now: at most limit events, or a few more.
type due struct {
	r     store.Reader
	now   time.Time
	up    time.Time // no patience counts from before
	limit int
}

// over reports whether patience since t has run out.
func (d due) over(t time.Time, patience time.Duration) bool {
	if t.Before(d.up) {
		t = d.up
	}
	return d.now.Sub(t) >= patience
}

func (d due) all() ([]event.Body, error) {
	var out []event.Body
	for row, err := range tableRunning.Scan(d.r, store.Range{}) {
		if err != nil {
			return nil, err
		}
		id := row.Value
		c, _, err := tableCalls.Get(d.r, id)
		if err != nil {
			return nil, err
		}
		if c.In > 0 {
			if out, err = d.lost(out, id, c); err != nil {
				return nil, err
			}
		} else if d.over(c.Start, startPatience) && c.Seats == 0 || d.over(c.Empty, emptyPatience) && c.Seats > 0 {
			out = append(out, event.CallsEnded{Call: id, Group: c.Group, Reason: "empty", End: d.now})
		}
		if len(out) >= d.limit {
			return out, nil
		}
	}
	out, err := d.starting(out)
	if err != nil || len(out) >= d.limit {
		return out, err
	}
	return d.forgetting(out)
}

// lost adds who has sat without a media socket for too long.
func (d due) lost(out []event.Body, id string, c call) ([]event.Body, error) {
	for row, err := range tableSeats.Scan(d.r, store.Range{Prefix: id + "/"}) {
		if err != nil {
			return nil, err
		}
		if !row.Value.In {
			continue
		}
		since, held := row.Value.Joined, false
		for _, e := range []edge{audio, video} {
			s, ok, err := e.sockets().Get(d.r, row.Key)
			if err != nil {
				return nil, err
			}
			held = held || s.Open
			if ok && s.At.After(since) {
				since = s.At
			}
		}
		if !held && d.over(since, seatPatience) {
			out = append(out, event.CallsLeft{Call: id, Group: c.Group, User: second(row.Key), Reason: "lost"})
		}
		if len(out) >= d.limit {
			break
		}
	}
	return out, nil
}

// starting adds the scheduled calls whose time has come. One that finds another call running waits; too late, it is cancelled.
func (d due) starting(out []event.Body) ([]event.Body, error) {
	taken := map[string]bool{} // groups in which a call starts now
	to := timeKey(d.now) + "0" // "0" is the byte after "/": all of this microsecond are below
	for row, err := range tableWaiting.Scan(d.r, store.Range{To: to}) {
		if err != nil || len(out) >= d.limit {
			return out, err
		}
		id, g := second(row.Key), row.Value
		c, _, err := tableCalls.Get(d.r, id)
		if err != nil {
			return nil, err
		}
		busy, err := tableRunning.Has(d.r, g)
		if err != nil {
			return nil, err
		}
		switch {
		case d.now.Sub(c.Start) > latePatience:
			out = append(out, event.CallsCancelled{Call: id, Group: g})
		case !busy && !taken[g]:
			taken[g] = true
			out = append(out, event.CallsStarted{Call: id, Group: g, Title: c.Title, Maker: c.Maker, Start: d.now})
		}
	}
	return out, nil
}
