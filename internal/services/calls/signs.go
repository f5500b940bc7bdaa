package calls

import (
	"slices"
	"time"

	"scaip/internal/event"
	"scaip/internal/store"
)

// What those who sit in a call show each other: hands, reactions, that they look at the past.

// Reactions of one participant: at most maxReacts in reactTime.
const (
	maxReacts = 10
	reactTime = 10 * time.Second
)

// sitting returns a call and the actor's seat in it; who does not sit there is refused.
func sitting(r store.Reader, e event.Envelope, id string) (call, seat, error) {
	c, _, err := find(r, e, id)
	if err != nil {
		return c, seat{}, err
	}
	s, _, err := tableSeats.Get(r, pair(id, e.Actor))
	if err == nil && !s.In {
		err = event.Refuse(event.Conflict, "You are not in this call.")
	}
	return c, s, err
}

func setBehind(r store.Reader, e event.Envelope) ([]event.Body, error) {
	b, err := event.Ask[event.CallsSetBehind](e)
	if err != nil {
		return nil, err
	}
	c, s, err := sitting(r, e, b.Call)
	if err != nil || s.Behind == b.Behind {
		return nil, err
	}
	return []event.Body{event.CallsBehindChanged{Call: b.Call, Group: c.Group, User: e.Actor, Behind: b.Behind}}, nil
}

func raiseHand(r store.Reader, e event.Envelope) ([]event.Body, error) {
	b, err := event.Ask[event.CallsRaiseHand](e)
	if err != nil {
		return nil, err
	}
	c, s, err := sitting(r, e, b.Call)
	if err != nil || !s.Hand.IsZero() {
		return nil, err
	}
	return []event.Body{event.CallsHandRaised{Call: b.Call, Group: c.Group, User: e.Actor}}, nil
}

func lowerHand(r store.Reader, e event.Envelope) ([]event.Body, error) {
	b, err := event.Ask[event.CallsLowerHand](e)
	if err != nil {
		return nil, err
	}
	if b.User != "" && b.User != e.Actor {
		return lowerAnothers(r, e, b)
	}
	c, s, err := sitting(r, e, b.Call)
	if err != nil || s.Hand.IsZero() {
		return nil, err
	}
	return []event.Body{event.CallsHandLowered{Call: b.Call, Group: c.Group, User: e.Actor}}, nil
}

func lowerAnothers(r store.Reader, e event.Envelope, b event.CallsLowerHand) ([]event.Body, error) {
	c, s, err := anothers(r, e, b.Call, b.User)
	if err != nil || s.Hand.IsZero() {
		return nil, err
	}
	return []event.Body{event.CallsHandLowered{Call: b.Call, Group: c.Group, User: b.User, By: e.Actor}}, nil
}

func react(r store.Reader, e event.Envelope) ([]event.Body, error) {
	b, err := event.Ask[event.CallsReact](e)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(event.CallEmoji(), b.Emoji) {
		return nil, event.Refuse(event.Invalid, "There is no such reaction in a call.")
	}
	c, s, err := sitting(r, e, b.Call)
	switch {
	case err != nil:
		return nil, err
	case s.Reacts >= maxReacts && e.At.Sub(s.Reacted) < reactTime:
		return nil, event.Refuse(event.TooMany, "Your reactions come too fast.")
	}
	return []event.Body{event.CallsReacted{Call: b.Call, Group: c.Group, User: e.Actor, Emoji: b.Emoji}}, nil
}

// applySigns keeps what participants show, and what owners have done to them.
func applySigns(tx store.Tx, e event.Envelope) error {
	switch e.Type {
	case "calls.behind_changed":
		b, err := event.As[event.CallsBehindChanged](e)
		if err != nil {
			return err
		}
		return changeSeat(tx, pair(b.Call, b.User), func(s *seat) { s.Behind = b.Behind })
	case "calls.hand_raised":
		b, err := event.As[event.CallsHandRaised](e)
		if err != nil {
			return err
		}
		return changeSeat(tx, pair(b.Call, b.User), func(s *seat) { s.Hand = e.At })
	case "calls.hand_lowered":
		b, err := event.As[event.CallsHandLowered](e)
		if err != nil {
			return err
		}
		return changeSeat(tx, pair(b.Call, b.User), func(s *seat) { s.Hand = time.Time{} })
	case "calls.reacted":
		b, err := event.As[event.CallsReacted](e)
		if err != nil {
			return err
		}
		return changeSeat(tx, pair(b.Call, b.User), func(s *seat) {
			if e.At.Sub(s.Reacted) >= reactTime {
				s.Reacted, s.Reacts = e.At, 0
			}
			s.Reacts++
		})
	case "calls.muted":
		b, err := event.As[event.CallsMuted](e)
		if err != nil {
			return err
		}
		return changeSeat(tx, pair(b.Call, b.User), func(s *seat) { s.Muted = true })
	case "calls.unmuted":
		b, err := event.As[event.CallsUnmuted](e)
		if err != nil {
			return err
		}
		return changeSeat(tx, pair(b.Call, b.User), func(s *seat) { s.Muted = false })
	case "calls.admitted":
		b, err := event.As[event.CallsAdmitted](e)
		if err != nil {
			return err
		}
		return changeSeat(tx, pair(b.Call, b.User), func(s *seat) { s.Barred = false })
	}
	return nil
}
