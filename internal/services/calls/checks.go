package calls

import (
	"fmt"
	"time"

	"scaip/internal/event"
	"scaip/internal/store"
)

// openGroup refuses who can't make a call in the group: for whoever is not in it, it is as if it were not there.
func openGroup(r store.Reader, e event.Envelope, id string) error {
	if err := event.CheckID("group", id); err != nil {
		return err
	}
	g, ok, err := tableGroups.Get(r, id)
	if err != nil {
		return err
	}
	if ok && !operator(e) {
		if ok, err = tableMembers.Has(r, pair(id, e.Actor)); err != nil {
			return err
		}
	}
	switch {
	case !ok:
		return event.Refuse(event.NotFound, "There is no such group, or you are not in it.")
	case g.Archived:
		return event.Refuse(event.Conflict, "The group is archived; there are no calls in it any more.")
	}
	return notBarred(r, e.Actor)
}

// notBarred refuses a disabled user, whose command was under way.
func notBarred(r store.Reader, user string) error {
	p, _, err := tableUsers.Get(r, user)
	if err == nil && p.Disabled {
		err = event.Refuse(event.Denied, "Your account is disabled.")
	}
	return err
}

// find returns a call and the actor's role in its group. For whoever is not in the group, it is as if the call were not there. The
// administrator at the unix socket sees every call, as an owner.
func find(r store.Reader, e event.Envelope, id string) (call, string, error) {
	if err := event.CheckID("call", id); err != nil {
		return call{}, "", err
	}
	c, ok, err := tableCalls.Get(r, id)
	if err != nil {
		return call{}, "", err
	}
	role := event.GroupOwner
	if ok && !operator(e) {
		if role, ok, err = tableMembers.Get(r, pair(c.Group, e.Actor)); err != nil {
			return call{}, "", err
		}
	}
	if !ok {
		return call{}, "", noCall()
	}
	return c, role, nil
}

func noCall() error { return event.Refuse(event.NotFound, "There is no such call.") }

// notRunning refuses what asks for a running call.
func notRunning(c call) error {
	switch c.State {
	case scheduled:
		return event.Refuse(event.Conflict, "The call has not begun yet.")
	case cancelled:
		return event.Refuse(event.Conflict, "The call has been cancelled.")
	case ended:
		return event.Refuse(event.Conflict, "The call has ended.")
	}
	return nil
}

// noneRunning refuses a second call in a group, and names the first.
func noneRunning(r store.Reader, group string) error {
	id, ok, err := tableRunning.Get(r, group)
	if err != nil || !ok {
		return err
	}
	c, _, err := tableCalls.Get(r, id)
	if err != nil {
		return err
	}
	name := ""
	if c.Title != "" {
		name = fmt.Sprintf(" “%s”", c.Title)
	}
	return event.Refuse(event.Conflict, fmt.Sprintf("A call%s is running in this group already (%s); join it instead.", name, id))
}

func checkTitle(s string) (string, error) { return event.Line("title", s, maxTitle) }

// checkStart returns the time of a scheduled call, to the millisecond.
func checkStart(at, now time.Time) (time.Time, error) {
	at = at.UTC().Truncate(time.Millisecond)
	switch {
	case !at.After(now):
		return at, event.Refuse(event.Invalid, "A call can't be scheduled for a time that has passed.")
	case at.Sub(now) > maxAhead:
		return at, event.Refuse(event.Invalid, "A call can be scheduled at most a year ahead.")
	}
	return at, nil
}

// sends tells what user, who is in a call, sends by the sockets that he has.
func sends(r store.Reader, id, user string) (m event.CallsMediaChanged, err error) {
	sa, _, err := audio.sockets().Get(r, pair(id, user))
	if err != nil {
		return m, err
	}
	sv, _, err := video.sockets().Get(r, pair(id, user))
	return event.CallsMediaChanged{Call: id, User: user, Audio: sa.Open && !sa.Idle, Video: sv.Open && !sv.Idle, Screen: sv.Open && sv.Screen}, err
}

// connected reports whether user has a media socket in a call.
func connected(r store.Reader, id, user string) (bool, error) {
	for _, e := range []edge{audio, video} {
		if s, _, err := e.sockets().Get(r, pair(id, user)); err != nil || s.Open {
			return s.Open, err
		}
	}
	return false, nil
}
