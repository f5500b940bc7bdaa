package calls

import (
	"fmt"
	"iter"
	"time"

	"scaip/internal/event"
	"scaip/internal/store"
)

// Decide answers the commands of calls, and says what follows in calls from what happens to groups, users and media sockets.
func (*Machine) Decide(r store.Reader, e event.Envelope) ([]event.Body, error) {
	out, err := decide(r, e)
	if err != nil {
		return nil, err
	}
	return keeping(r, out)
}

func decide(r store.Reader, e event.Envelope) ([]event.Body, error) {
	switch e.Type {
	case "calls.start":
		return start(r, e)
	case "calls.schedule":
		return schedule(r, e)
	case "calls.cancel":
		return cancel(r, e)
	case "calls.join":
		return join(r, e)
	case "calls.leave":
		return leave(r, e)
	case "calls.set_behind":
		return setBehind(r, e)
	case "calls.raise_hand":
		return raiseHand(r, e)
	case "calls.lower_hand":
		return lowerHand(r, e)
	case "calls.react":
		return react(r, e)
	case "calls.mute":
		return mute(r, e)
	case "calls.unmute":
		return unmute(r, e)
	case "calls.expel":
		return expel(r, e)
	case "calls.admit":
		return admit(r, e)
	case "calls.end":
		return end(r, e)
	case "calls.delete":
		return remove(r, e)
	case "calls.make_clip":
		return makeClip(r, e)
	case "calls.revoke_clip":
		return revokeClip(r, e)
	case "calls.stop_keeping":
		return stopKeeping(r, e)
	case "calls.tick":
		t, err := event.Ask[event.CallsTick](e)
		if err != nil {
			return nil, err
		}
		return due{r: r, now: e.At, up: t.Up, limit: maxDue}.all()
	}
	if event.Service(e.Type) == "calls" {
		return nil, event.Refuse(event.Invalid, fmt.Sprintf("There is no command %q.", e.Type))
	}
	return follow(r, e)
}

func start(r store.Reader, e event.Envelope) ([]event.Body, error) {
	c, err := event.Ask[event.CallsStart](e)
	if err != nil {
		return nil, err
	}
	title, err := checkTitle(c.Title)
	if err != nil {
		return nil, err
	}
	if err := openGroup(r, e, c.Group); err != nil {
		return nil, err
	}
	if err := noneRunning(r, c.Group); err != nil {
		return nil, err
	}
	return []event.Body{event.CallsStarted{
		Call: event.DeriveID(e, "call"), Group: c.Group, Title: title, Maker: e.Actor, Start: e.At,
	}}, nil
}

func schedule(r store.Reader, e event.Envelope) ([]event.Body, error) {
	c, err := event.Ask[event.CallsSchedule](e)
	if err != nil {
		return nil, err
	}
	title, err := checkTitle(c.Title)
	if err != nil {
		return nil, err
	}
	at, err := checkStart(c.Start, e.At)
	if err != nil {
		return nil, err
	}
	if err := openGroup(r, e, c.Group); err != nil {
		return nil, err
	}
	if n, err := count(tableOfGroup.Scan(r, store.Range{Prefix: c.Group + "/"})); err != nil {
		return nil, err
	} else if n >= maxScheduled {
		return nil, event.Refuse(event.Conflict, fmt.Sprintf("At most %d calls can be scheduled in a group.", maxScheduled))
	}
	return []event.Body{event.CallsScheduled{
		Call: event.DeriveID(e, "call"), Group: c.Group, Title: title, Maker: e.Actor, Start: at,
	}}, nil
}

func count[V any](rows iter.Seq2[store.Entry[V], error]) (n int, err error) {
	for _, err := range rows {
		if err != nil {
			return 0, err
		}
		n++
	}
	return n, nil
}

func cancel(r store.Reader, e event.Envelope) ([]event.Body, error) {
	b, err := event.Ask[event.CallsCancel](e)
	if err != nil {
		return nil, err
	}
	c, role, err := find(r, e, b.Call)
	switch {
	case err != nil:
		return nil, err
	case c.Maker != e.Actor && role != event.GroupOwner:
		return nil, event.Refuse(event.Denied, "Only who scheduled the call or an owner of the group can cancel it.")
	case c.State == cancelled:
		return nil, nil
	case c.State != scheduled:
		return nil, event.Refuse(event.Conflict, "The call has begun; it can't be cancelled any more.")
	}
	return []event.Body{event.CallsCancelled{Call: b.Call, Group: c.Group}}, nil
}

func join(r store.Reader, e event.Envelope) ([]event.Body, error) {
	b, err := event.Ask[event.CallsJoin](e)
	if err != nil {
		return nil, err
	}
	c, _, err := find(r, e, b.Call)
	if err != nil {
		return nil, err
	}
	if operator(e) {
		return nil, event.Refuse(event.Invalid, "Only a user can join a call.")
	}
	if err := notRunning(c); err != nil {
		return nil, err
	}
	if err := notBarred(r, e.Actor); err != nil {
		return nil, err
	}
	s, known, err := tableSeats.Get(r, pair(b.Call, e.Actor))
	if err != nil {
		return nil, err
	}
	switch {
	case s.Barred:
		return nil, event.Refuse(event.Denied, "An owner of the group has removed you from this call.")
	case s.In:
		if here, err := connected(r, b.Call, e.Actor); err != nil || here {
			return nil, err
		}
	case c.In >= maxIn:
		return nil, event.Refuse(event.Conflict, fmt.Sprintf("The call is full: %d people are in it.", maxIn))
	case !known && c.Seats >= maxSeat:
		return nil, event.Refuse(event.Conflict, "The call has given out all its seats; start a new one.")
	case !known:
		s.Seat = c.Seats + 1
	}
	out := []event.Body{event.CallsJoined{Call: b.Call, Group: c.Group, User: e.Actor, Seat: s.Seat}}
	m, err := sends(r, b.Call, e.Actor) // a socket of his last time here may still be open
	if m.Audio || m.Video {
		m.Group = c.Group
		out = append(out, m)
	}
	return out, err
}

func leave(r store.Reader, e event.Envelope) ([]event.Body, error) {
	b, err := event.Ask[event.CallsLeave](e)
	if err != nil {
		return nil, err
	}
	if _, _, err := find(r, e, b.Call); err != nil {
		return nil, err
	}
	return left(r, event.CallsLeft{Call: b.Call, User: e.Actor, Reason: "left"}, e.At)
}

// left takes who.User out of who.Call if he is in it. With the last one the call ends.
func left(r store.Reader, who event.CallsLeft, at time.Time) ([]event.Body, error) {
	s, _, err := tableSeats.Get(r, pair(who.Call, who.User))
	if err != nil || !s.In {
		return nil, err
	}
	c, _, err := tableCalls.Get(r, who.Call)
	if err != nil {
		return nil, err
	}
	who.Group = c.Group
	out := []event.Body{who}
	if c.In == 1 {
		out = append(out, event.CallsEnded{Call: who.Call, Group: c.Group, Reason: "empty", End: at})
	}
	return out, nil
}

func end(r store.Reader, e event.Envelope) ([]event.Body, error) {
	b, err := event.Ask[event.CallsEnd](e)
	if err != nil {
		return nil, err
	}
	c, role, err := find(r, e, b.Call)
	switch {
	case err != nil:
		return nil, err
	case c.Maker != e.Actor && role != event.GroupOwner:
		return nil, event.Refuse(event.Denied, "Only who started the call or an owner of the group can end it.")
	case c.State == ended:
		return nil, nil
	case c.State == scheduled:
		return nil, event.Refuse(event.Conflict, "The call has not begun yet; cancel it instead.")
	}
	if err := notRunning(c); err != nil {
		return nil, err
	}
	return []event.Body{event.CallsEnded{Call: b.Call, Group: c.Group, Reason: "ended", End: e.At}}, nil
}

// remove is for owners of the group, and for administrators, who need not be in it.
func remove(r store.Reader, e event.Envelope) ([]event.Body, error) {
	b, err := event.Ask[event.CallsDelete](e)
	if err != nil {
		return nil, err
	}
	if err := event.CheckID("call", b.Call); err != nil {
		return nil, err
	}
	p, _, err := tableUsers.Get(r, e.Actor)
	if err != nil {
		return nil, err
	}
	var c call
	if admin := p.Admin && !p.Disabled || e.Session == event.LocalSession; admin {
		var ok bool
		if c, ok, err = tableCalls.Get(r, b.Call); err == nil && !ok {
			err = noCall()
		}
	} else {
		var role string
		if c, role, err = find(r, e, b.Call); err == nil && role != event.GroupOwner {
			err = event.Refuse(event.Denied, "Only an owner of the group or an administrator can delete a call.")
		}
	}
	switch {
	case err != nil:
		return nil, err
	case c.State == running:
		return nil, event.Refuse(event.Conflict, "The call is still running; end it first.")
	case c.State == scheduled:
		return nil, event.Refuse(event.Conflict, "The call has not begun yet; cancel it first.")
	}
	return []event.Body{event.CallsDeleted{Call: b.Call, Group: c.Group}}, nil
}
