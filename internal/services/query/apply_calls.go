package query

import (
	"encoding/json"
	"fmt"
	"time"

	"scaip/internal/event"
	"scaip/internal/store"
)

func applyCalls(tx store.Tx, e event.Envelope) error {
	if err := applyCall(tx, e); err != nil {
		return err
	}
	if err := keepClips(tx, e); err != nil {
		return err
	}
	return keepJournal(tx, e)
}

func applyCall(tx store.Tx, e event.Envelope) error {
	switch e.Type {
	case "calls.scheduled":
		b, err := event.As[event.CallsScheduled](e)
		if err != nil {
			return err
		}
		return putCall(tx, b.Call, call{Group: b.Group, Title: b.Title, Maker: b.Maker, State: "scheduled", Start: b.Start})
	case "calls.started":
		b, err := event.As[event.CallsStarted](e)
		if err != nil {
			return err
		}
		if err := tableRunning.Put(tx, b.Group, b.Call); err != nil {
			return err
		}
		if err := later(tx, tableCalled, b.Group, e.At); err != nil {
			return err
		}
		return putCall(tx, b.Call, call{Group: b.Group, Title: b.Title, Maker: b.Maker, State: "running", Start: b.Start})
	case "calls.cancelled":
		b, err := event.As[event.CallsCancelled](e)
		if err != nil {
			return err
		}
		return endCall(tx, b.Call, "cancelled", e.At)
	case "calls.ended":
		b, err := event.As[event.CallsEnded](e)
		if err != nil {
			return err
		}
		if err := tableRunning.Delete(tx, b.Group); err != nil {
			return err
		}
		if err := later(tx, tableCalled, b.Group, e.At); err != nil {
			return err
		}
		if err := endCall(tx, b.Call, "ended", b.End); err != nil {
			return err
		}
		return changeCall(tx, b.Call, func(c *call) { c.Keep, c.Until = b.Keep, b.Until })
	case "calls.keeping_stopped":
		b, err := event.As[event.CallsKeepingStopped](e)
		if err != nil {
			return err
		}
		return changeCall(tx, b.Call, func(c *call) { c.Stopped = b.Reason })
	case "calls.forgotten":
		b, err := event.As[event.CallsForgotten](e)
		if err != nil {
			return err
		}
		return changeCall(tx, b.Call, func(c *call) { c.Forgotten = true })
	case "calls.deleted":
		b, err := event.As[event.CallsDeleted](e)
		if err != nil {
			return err
		}
		return deleteCall(tx, b.Call)
	}
	return applySeats(tx, e)
}

func applySeats(tx store.Tx, e event.Envelope) error {
	switch e.Type {
	case "calls.joined":
		b, err := event.As[event.CallsJoined](e)
		if err != nil {
			return err
		}
		return tableSeats.Put(tx, pair(b.Call, b.User), seat{Seat: b.Seat, In: true, Joined: e.At})
	case "calls.left":
		b, err := event.As[event.CallsLeft](e)
		if err != nil {
			return err
		}
		return changeSeat(tx, pair(b.Call, b.User), func(s *seat) {
			s.stand()
			s.Barred = b.Reason == "expelled"
		})
	case "calls.media_changed":
		b, err := event.As[event.CallsMediaChanged](e)
		if err != nil {
			return err
		}
		return changeSeat(tx, pair(b.Call, b.User), func(s *seat) { s.Audio, s.Video = b.Audio, b.Video })
	case "calls.behind_changed":
		b, err := event.As[event.CallsBehindChanged](e)
		if err != nil {
			return err
		}
		return changeSeat(tx, pair(b.Call, b.User), func(s *seat) { s.Behind = b.Behind })
	}
	return applySigns(tx, e)
}

// applySigns keeps what participants show, and what owners have done to them.
func applySigns(tx store.Tx, e event.Envelope) error {
	var step func(s *seat)
	switch e.Type {
	case "calls.hand_raised":
		step = func(s *seat) { s.Hand = e.At }
	case "calls.hand_lowered":
		step = func(s *seat) { s.Hand = time.Time{} }
	case "calls.muted":
		step = func(s *seat) { s.Muted = true }
	case "calls.unmuted":
		step = func(s *seat) { s.Muted = false }
	case "calls.admitted":
		step = func(s *seat) { s.Barred = false }
	default:
		return nil
	}
	var b struct{ Call, User string }
	if err := json.Unmarshal(e.Body, &b); err != nil {
		return fmt.Errorf("decode %s: %w", e.Type, err)
	}
	return changeSeat(tx, pair(b.Call, b.User), step)
}

func changeSeat(tx store.Tx, key string, f func(*seat)) error {
	s, ok, err := tableSeats.Get(tx, key)
	if err != nil {
		return err
	}
	if !ok {
		return fmt.Errorf("change seat %s: not there", key)
	}
	f(&s)
	return tableSeats.Put(tx, key, s)
}

// putCall keeps the orders by start: a scheduled call moves when it starts.
func putCall(tx store.Tx, id string, c call) error {
	was, ok, err := tableCalls.Get(tx, id)
	if err != nil {
		return err
	}
	if ok {
		if err := unlist(tx, id, was); err != nil {
			return err
		}
	}
	at := timeKey(c.Start, id)
	if err := tableByGroup.Put(tx, pair(c.Group, at), id); err != nil {
		return err
	}
	if err := tableByTime.Put(tx, at, struct{}{}); err != nil {
		return err
	}
	return tableCalls.Put(tx, id, c)
}

func changeCall(tx store.Tx, id string, f func(*call)) error {
	c, ok, err := tableCalls.Get(tx, id)
	if err != nil {
		return err
	}
	if !ok {
		return fmt.Errorf("change call %s: not there", id)
	}
	f(&c)
	return tableCalls.Put(tx, id, c)
}

func unlist(tx store.Tx, id string, c call) error {
	at := timeKey(c.Start, id)
	if err := tableByGroup.Delete(tx, pair(c.Group, at)); err != nil {
		return err
	}
	return tableByTime.Delete(tx, at)
}

// endCall closes a call: nobody is in any more.
func endCall(tx store.Tx, id, state string, at time.Time) error {
	c, ok, err := tableCalls.Get(tx, id)
	if err != nil {
		return err
	}
	if !ok {
		return fmt.Errorf("end call %s: not there", id)
	}
	keys, err := seatsOf(tx, id)
	if err != nil {
		return err
	}
	for _, key := range keys {
		if err := changeSeat(tx, key, (*seat).stand); err != nil {
			return err
		}
	}
	c.State, c.End = state, &at
	return tableCalls.Put(tx, id, c)
}

func deleteCall(tx store.Tx, id string) error {
	c, _, err := tableCalls.Get(tx, id)
	if err != nil {
		return err
	}
	keys, err := seatsOf(tx, id)
	if err != nil {
		return err
	}
	for _, key := range keys {
		if err := tableSeats.Delete(tx, key); err != nil {
			return err
		}
	}
	if err := unlist(tx, id, c); err != nil {
		return err
	}
	return tableCalls.Delete(tx, id)
}

func seatsOf(r store.Reader, id string) (keys []string, err error) {
	for kv, err := range r.Scan(string(tableSeats), store.Range{Prefix: id + "/"}) {
		if err != nil {
			return nil, err
		}
		keys = append(keys, kv.Key)
	}
	return keys, nil
}
