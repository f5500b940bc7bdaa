package calls

import (
	"errors"
	"fmt"
	"time"

	"scaip/internal/event"
	"scaip/internal/store"
)

func applyCalls(tx store.Tx, e event.Envelope) error {
	switch e.Type {
	case "calls.scheduled":
		return applyScheduled(tx, e)
	case "calls.cancelled":
		b, err := event.As[event.CallsCancelled](e)
		if err != nil {
			return err
		}
		return change(tx, b.Call, func(c *call) error {
			c.State = cancelled
			return unschedule(tx, b.Call, *c)
		})
	case "calls.started":
		return applyStarted(tx, e)
	case "calls.joined":
		return applyJoined(tx, e)
	case "calls.left":
		b, err := event.As[event.CallsLeft](e)
		if err != nil {
			return err
		}
		return applyLeft(tx, b, e.At)
	case "calls.media_changed":
		b, err := event.As[event.CallsMediaChanged](e)
		if err != nil {
			return err
		}
		return changeSeat(tx, pair(b.Call, b.User), func(s *seat) { s.Audio, s.Video, s.Screen = b.Audio, b.Video, b.Screen })
	case "calls.ended":
		return applyEnded(tx, e)
	case "calls.keeping_stopped":
		b, err := event.As[event.CallsKeepingStopped](e)
		if err != nil {
			return err
		}
		return change(tx, b.Call, func(c *call) error { c.Lost = true; return nil })
	case "calls.forgotten":
		b, err := event.As[event.CallsForgotten](e)
		if err != nil {
			return err
		}
		return change(tx, b.Call, func(c *call) error {
			c.Gone = true
			err := errors.Join(unkeep(tx, b.Call, *c), clearRange(tx, string(tableClips), b.Call+"/"))
			c.Until = time.Time{}
			return err
		})
	case "calls.clip_made", "calls.clip_revoked":
		return applyClip(tx, e)
	case "calls.deleted":
		return applyDeleted(tx, e)
	}
	return applySigns(tx, e)
}

func applyDeleted(tx store.Tx, e event.Envelope) error {
	b, err := event.As[event.CallsDeleted](e)
	if err != nil {
		return err
	}
	c, _, err := tableCalls.Get(tx, b.Call)
	if err != nil {
		return err
	}
	if err := unkeep(tx, b.Call, c); err != nil {
		return err
	}
	if err := errors.Join(clearRange(tx, string(tableSeats), b.Call+"/"), clearRange(tx, string(tableClips), b.Call+"/")); err != nil {
		return err
	}
	return tableCalls.Delete(tx, b.Call)
}

func changeSeat(tx store.Tx, key string, f func(*seat)) error {
	s, _, err := tableSeats.Get(tx, key)
	if err != nil {
		return err
	}
	f(&s)
	return tableSeats.Put(tx, key, s)
}

func change(tx store.Tx, id string, f func(*call) error) error {
	c, ok, err := tableCalls.Get(tx, id)
	if err != nil {
		return err
	}
	if !ok {
		return fmt.Errorf("change call %s: not there", id)
	}
	if err := f(&c); err != nil {
		return err
	}
	return tableCalls.Put(tx, id, c)
}

func applyScheduled(tx store.Tx, e event.Envelope) error {
	b, err := event.As[event.CallsScheduled](e)
	if err != nil {
		return err
	}
	if err := tableWaiting.Put(tx, waitingKey(b.Start, b.Call), b.Group); err != nil {
		return err
	}
	if err := tableOfGroup.Put(tx, pair(b.Group, b.Call), struct{}{}); err != nil {
		return err
	}
	return tableCalls.Put(tx, b.Call, call{Group: b.Group, Title: b.Title, Maker: b.Maker, State: scheduled, Start: b.Start})
}

// unschedule takes a call that waited out of the indexes. Its Start is still the announced one.
func unschedule(tx store.Tx, id string, c call) error {
	if err := tableWaiting.Delete(tx, waitingKey(c.Start, id)); err != nil {
		return err
	}
	return tableOfGroup.Delete(tx, pair(c.Group, id))
}

func applyStarted(tx store.Tx, e event.Envelope) error {
	b, err := event.As[event.CallsStarted](e)
	if err != nil {
		return err
	}
	before, waited, err := tableCalls.Get(tx, b.Call)
	if err != nil {
		return err
	}
	if waited {
		if err := unschedule(tx, b.Call, before); err != nil {
			return err
		}
	}
	if err := tableRunning.Put(tx, b.Group, b.Call); err != nil {
		return err
	}
	return tableCalls.Put(tx, b.Call, call{Group: b.Group, Title: b.Title, Maker: b.Maker, State: running, Start: b.Start})
}

func applyJoined(tx store.Tx, e event.Envelope) error {
	b, err := event.As[event.CallsJoined](e)
	if err != nil {
		return err
	}
	key := pair(b.Call, b.User)
	before, _, err := tableSeats.Get(tx, key)
	if err != nil {
		return err
	}
	if err := tableSeats.Put(tx, key, seat{Seat: b.Seat, In: true, Joined: e.At}); err != nil {
		return err
	}
	if err := tableOfUser.Put(tx, pair(b.User, b.Call), struct{}{}); err != nil {
		return err
	}
	return change(tx, b.Call, func(c *call) error {
		c.Seats = max(c.Seats, b.Seat)
		c.Empty = time.Time{}
		if !before.In {
			c.In++
		}
		return nil
	})
}

func applyLeft(tx store.Tx, b event.CallsLeft, at time.Time) error {
	key := pair(b.Call, b.User)
	err := change(tx, b.Call, func(c *call) error { return standUp(tx, c, key, at) })
	if err != nil || b.Reason != expelled {
		return err
	}
	return changeSeat(tx, key, func(s *seat) { s.Barred = true })
}

// standUp frees the seat of key, "<call>/<user>", if it is taken.
func standUp(tx store.Tx, c *call, key string, at time.Time) error {
	s, ok, err := tableSeats.Get(tx, key)
	if err != nil || !ok || !s.In {
		return err
	}
	s = seat{Seat: s.Seat, Joined: s.Joined}
	if err := tableSeats.Put(tx, key, s); err != nil {
		return err
	}
	if c.In--; c.In == 0 {
		c.Empty = at
	}
	user := second(key)
	return tableOfUser.Delete(tx, pair(user, key[:len(key)-len(user)-1]))
}

func applyEnded(tx store.Tx, e event.Envelope) error {
	b, err := event.As[event.CallsEnded](e)
	if err != nil {
		return err
	}
	return change(tx, b.Call, func(c *call) error {
		var in []string
		for s, err := range tableSeats.Scan(tx, store.Range{Prefix: b.Call + "/"}) {
			if err != nil {
				return err
			}
			if s.Value.In {
				in = append(in, s.Key)
			}
		}
		for _, key := range in {
			if err := standUp(tx, c, key, e.At); err != nil {
				return err
			}
		}
		c.State = ended
		if b.Until != nil {
			c.Until = *b.Until
			if err := tableUntil.Put(tx, untilKey(c.Until, b.Call), b.Group); err != nil {
				return err
			}
		}
		return tableRunning.Delete(tx, b.Group)
	})
}
