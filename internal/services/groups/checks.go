package groups

import (
	"fmt"

	"scaip/internal/event"
	"scaip/internal/store"
)

// seen returns the group and the actor's membership of it. For whoever is not in it, it is as if it were not there. The
// administrator at the unix socket sees every group, as an owner.
func seen(r store.Reader, e event.Envelope, id string) (group, member, error) {
	if err := event.CheckID("group", id); err != nil {
		return group{}, member{}, err
	}
	g, ok, err := tableGroups.Get(r, id)
	if err != nil {
		return group{}, member{}, err
	}
	m := member{Role: event.GroupOwner}
	if ok && !operator(e) {
		if m, ok, err = tableMembers.Get(r, memberKey(id, e.Actor)); err != nil {
			return group{}, member{}, err
		}
	}
	if !ok {
		return group{}, member{}, event.Refuse(event.NotFound, "There is no such group, or you are not in it.")
	}
	return g, m, nil
}

// owned returns the group that the actor, who must be an owner of it, may change now.
func owned(r store.Reader, e event.Envelope, id, denied string) (group, error) {
	g, m, err := seen(r, e, id)
	switch {
	case err != nil:
		return group{}, err
	case m.Role != event.GroupOwner:
		return group{}, event.Refuse(event.Denied, denied)
	case g.Archived:
		return group{}, event.Refuse(event.Conflict, "The group is archived; it can't be changed any more.")
	}
	return g, nil
}

// memberOf returns the membership of somebody the actor names.
func memberOf(r store.Reader, id, user string) (member, error) {
	if err := event.CheckID("user", user); err != nil {
		return member{}, err
	}
	m, ok, err := tableMembers.Get(r, memberKey(id, user))
	if err == nil && !ok {
		err = event.Refuse(event.NotFound, "This user is not in the group.")
	}
	return m, err
}

// canJoin refuses a user who can't be added to any group.
func canJoin(r store.Reader, user string) error {
	if err := event.CheckID("user", user); err != nil {
		return err
	}
	p, ok, err := tableUsers.Get(r, user)
	switch {
	case err != nil:
		return err
	case !ok:
		return event.Refuse(event.NotFound, "There is no such user.")
	case p.Disabled:
		return event.Refuse(event.Conflict, "This user's account is disabled.")
	}
	n, _, err := tableCounts.Get(r, user)
	if err == nil && n >= maxGroups {
		err = event.Refuse(event.Conflict, fmt.Sprintf("A user can be in at most %d groups.", maxGroups))
	}
	return err
}

func checkRole(role string) error {
	if role != event.GroupOwner && role != event.GroupMember {
		return event.Refuse(event.Invalid, `A role is "owner" or "member".`)
	}
	return nil
}

func checkKeep(c event.GroupsSetKeep) error {
	switch c.Keep {
	case event.KeepForever, event.KeepNone:
		if c.Days != 0 {
			return event.Refuse(event.Invalid, `Days are given with "days" only.`)
		}
	case event.KeepDays:
		if c.Days < 1 || c.Days > event.MaxKeepDays {
			return event.Refuse(event.Invalid, fmt.Sprintf("Recordings can be kept for 1 to %d days.", event.MaxKeepDays))
		}
	default:
		return event.Refuse(event.Invalid, `Recordings are kept "forever", for "days", or "none" of them.`)
	}
	return nil
}
