package calls

import (
	"time"

	"scaip/internal/event"
	"scaip/internal/store"
)

// keeping says of each call that ends how long its recording is kept: as its group has it at that moment.
func keeping(r store.Reader, bodies []event.Body) ([]event.Body, error) {
	var out []event.Body
	for _, b := range bodies {
		e, ends := b.(event.CallsEnded)
		if !ends {
			out = append(out, b)
			continue
		}
		g, _, err := tableGroups.Get(r, e.Group)
		if err != nil {
			return nil, err
		}
		e.Keep = g.Keep
		if g.Keep == event.KeepDays {
			until := e.End.Add(time.Duration(g.Days) * 24 * time.Hour)
			e.Until = &until
		}
		out = append(out, e)
		if g.Keep == event.KeepNone {
			out = append(out, event.CallsForgotten{Call: e.Call, Group: e.Group, Reason: event.KeepNone})
		}
	}
	return out, nil
}

// forgetting adds the recordings whose days are over.
func (d due) forgetting(out []event.Body) ([]event.Body, error) {
	for row, err := range tableUntil.Scan(d.r, store.Range{To: timeKey(d.now) + "0"}) { // "0" is the byte after "/"
		if err != nil || len(out) >= d.limit {
			return out, err
		}
		out = append(out, event.CallsForgotten{Call: second(row.Key), Group: row.Value, Reason: event.KeepDays})
	}
	return out, nil
}

// untilKey sorts by when recordings go.
func untilKey(until time.Time, id string) string { return pair(timeKey(until), id) }

// unkeep takes a call off the list of those whose recording goes some day.
func unkeep(tx store.Tx, id string, c call) error {
	if c.Until.IsZero() {
		return nil
	}
	return tableUntil.Delete(tx, untilKey(c.Until, id))
}

// stopKeeping is the daemon's: there is no room.
func stopKeeping(r store.Reader, e event.Envelope) ([]event.Body, error) {
	b, err := event.Ask[event.CallsStopKeeping](e)
	if err != nil {
		return nil, err
	}
	c, ok, err := tableCalls.Get(r, b.Call)
	if err != nil || !ok || c.State != running || c.Lost {
		return nil, err
	}
	return []event.Body{event.CallsKeepingStopped{Call: b.Call, Group: c.Group, Reason: b.Reason}}, nil
}
