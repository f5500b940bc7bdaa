package calls

import (
	"scaip/internal/event"
	"scaip/internal/store"
)

// What an owner of the group may do to those who are in a call, besides ending it.

// expelled is the reason of a CallsLeft that bars from coming back.
const expelled = "expelled"

// owned returns a running call of whose group the actor is an owner; the administrator at the unix socket is one.
func owned(r store.Reader, e event.Envelope, id string) (call, error) {
	c, role, err := find(r, e, id)
	if err != nil {
		return c, err
	}
	if role != event.GroupOwner {
		return c, event.Refuse(event.Denied, "Only an owner of the group can do that to others.")
	}
	return c, notRunning(c)
}

// anothers returns a running call of the actor's and the seat of user, who is in it.
func anothers(r store.Reader, e event.Envelope, id, user string) (call, seat, error) {
	c, err := owned(r, e, id)
	if err == nil {
		err = event.CheckID("user", user)
	}
	if err != nil {
		return c, seat{}, err
	}
	s, _, err := tableSeats.Get(r, pair(id, user))
	if err == nil && !s.In {
		err = event.Refuse(event.Conflict, "They are not in this call.")
	}
	return c, s, err
}

func mute(r store.Reader, e event.Envelope) ([]event.Body, error) {
	b, err := event.Ask[event.CallsMute](e)
	if err != nil {
		return nil, err
	}
	if b.User == "" {
		return muteAll(r, e, b.Call)
	}
	c, s, err := anothers(r, e, b.Call, b.User)
	if err != nil || s.Muted {
		return nil, err
	}
	return []event.Body{event.CallsMuted{Call: b.Call, Group: c.Group, User: b.User, By: e.Actor}}, nil
}

func muteAll(r store.Reader, e event.Envelope, id string) (out []event.Body, err error) {
	c, err := owned(r, e, id)
	if err != nil {
		return nil, err
	}
	for row, err := range tableSeats.Scan(r, store.Range{Prefix: id + "/"}) {
		if err != nil {
			return nil, err
		}
		if user := second(row.Key); row.Value.In && !row.Value.Muted && user != e.Actor {
			out = append(out, event.CallsMuted{Call: id, Group: c.Group, User: user, By: e.Actor})
		}
	}
	return out, nil
}

func unmute(r store.Reader, e event.Envelope) ([]event.Body, error) {
	b, err := event.Ask[event.CallsUnmute](e)
	if err != nil {
		return nil, err
	}
	c, s, err := sitting(r, e, b.Call)
	if err != nil || !s.Muted {
		return nil, err
	}
	return []event.Body{event.CallsUnmuted{Call: b.Call, Group: c.Group, User: e.Actor}}, nil
}

func expel(r store.Reader, e event.Envelope) ([]event.Body, error) {
	b, err := event.Ask[event.CallsExpel](e)
	if err != nil {
		return nil, err
	}
	if b.User == e.Actor {
		return nil, event.Refuse(event.Invalid, "To go yourself, leave the call.")
	}
	if _, _, err := anothers(r, e, b.Call, b.User); err != nil {
		return nil, err
	}
	return left(r, event.CallsLeft{Call: b.Call, User: b.User, Reason: expelled, By: e.Actor}, e.At)
}

func admit(r store.Reader, e event.Envelope) ([]event.Body, error) {
	b, err := event.Ask[event.CallsAdmit](e)
	if err != nil {
		return nil, err
	}
	c, err := owned(r, e, b.Call)
	if err == nil {
		err = event.CheckID("user", b.User)
	}
	if err != nil {
		return nil, err
	}
	s, _, err := tableSeats.Get(r, pair(b.Call, b.User))
	if err != nil || !s.Barred {
		return nil, err
	}
	return []event.Body{event.CallsAdmitted{Call: b.Call, Group: c.Group, User: b.User}}, nil
}
