package groups

import (
	"fmt"

	"scaip/internal/event"
	"scaip/internal/store"
)

// Decide answers the commands of groups. Nothing follows from the events of users.
func (*Machine) Decide(r store.Reader, e event.Envelope) ([]event.Body, error) {
	switch e.Type {
	case "groups.create":
		return create(r, e)
	case "groups.rename":
		return rename(r, e)
	case "groups.add_member":
		return addMember(r, e)
	case "groups.set_role":
		return changeRole(r, e)
	case "groups.remove_member":
		return removeMember(r, e)
	case "groups.leave":
		return leave(r, e)
	case "groups.set_keep":
		return setKeep(r, e)
	case "groups.archive":
		return archive(r, e)
	}
	if event.Service(e.Type) == "groups" {
		return nil, event.Refuse(event.Invalid, fmt.Sprintf("There is no command %q.", e.Type))
	}
	return nil, nil
}

func create(r store.Reader, e event.Envelope) ([]event.Body, error) {
	c, err := event.Ask[event.GroupsCreate](e)
	if err != nil {
		return nil, err
	}
	name, err := event.Name(c.Name)
	if err != nil {
		return nil, err
	}
	if len(c.Members) > maxInitial {
		return nil, event.Refuse(event.Invalid, fmt.Sprintf("At most %d members can be named at once.", maxInitial))
	}
	if err := canJoin(r, e.Actor); err != nil {
		return nil, err
	}
	id := event.DeriveID(e, "group")
	out := []event.Body{
		event.GroupsCreated{Group: id, Name: name, Owner: e.Actor},
		event.GroupsMemberAdded{Group: id, User: e.Actor, Role: event.GroupOwner},
	}
	seen := map[string]bool{e.Actor: true}
	for _, user := range c.Members {
		if seen[user] {
			continue
		}
		seen[user] = true
		if err := canJoin(r, user); err != nil {
			return nil, err
		}
		out = append(out, event.GroupsMemberAdded{Group: id, User: user, Role: event.GroupMember})
	}
	return out, nil
}

func rename(r store.Reader, e event.Envelope) ([]event.Body, error) {
	c, err := event.Ask[event.GroupsRename](e)
	if err != nil {
		return nil, err
	}
	name, err := event.Name(c.Name)
	if err != nil {
		return nil, err
	}
	g, err := owned(r, e, c.Group, "Only an owner can rename the group.")
	if err != nil || g.Name == name {
		return nil, err
	}
	return []event.Body{event.GroupsRenamed{Group: c.Group, Name: name}}, nil
}

func addMember(r store.Reader, e event.Envelope) ([]event.Body, error) {
	c, err := event.Ask[event.GroupsAddMember](e)
	if err != nil {
		return nil, err
	}
	if c.Role == "" {
		c.Role = event.GroupMember
	}
	if err := checkRole(c.Role); err != nil {
		return nil, err
	}
	g, err := owned(r, e, c.Group, "Only an owner can add members.")
	if err != nil {
		return nil, err
	}
	if err := event.CheckID("user", c.User); err != nil {
		return nil, err
	}
	m, is, err := tableMembers.Get(r, memberKey(c.Group, c.User))
	switch {
	case err != nil:
		return nil, err
	case is && m.Role == c.Role:
		return nil, nil
	case is:
		return nil, event.Refuse(event.Conflict, "This user is a member already, in another role.")
	case g.Members >= maxMembers:
		return nil, event.Refuse(event.Conflict, fmt.Sprintf("The group is full: it has %d members.", maxMembers))
	}
	if err := canJoin(r, c.User); err != nil {
		return nil, err
	}
	return []event.Body{event.GroupsMemberAdded{Group: c.Group, User: c.User, Role: c.Role}}, nil
}

func changeRole(r store.Reader, e event.Envelope) ([]event.Body, error) {
	c, err := event.Ask[event.GroupsSetRole](e)
	if err != nil {
		return nil, err
	}
	if err := checkRole(c.Role); err != nil {
		return nil, err
	}
	g, err := owned(r, e, c.Group, "Only an owner can change roles.")
	if err != nil {
		return nil, err
	}
	m, err := memberOf(r, c.Group, c.User)
	switch {
	case err != nil:
		return nil, err
	case m.Role == c.Role:
		return nil, nil
	case m.Role == event.GroupOwner && g.Owners == 1:
		return nil, event.Refuse(event.Conflict, "This is the last owner; make somebody else owner first.")
	}
	return []event.Body{event.GroupsRoleSet{Group: c.Group, User: c.User, Role: c.Role}}, nil
}

func removeMember(r store.Reader, e event.Envelope) ([]event.Body, error) {
	c, err := event.Ask[event.GroupsRemoveMember](e)
	if err != nil {
		return nil, err
	}
	g, err := owned(r, e, c.Group, "Only an owner can remove members.")
	if err != nil {
		return nil, err
	}
	m, err := memberOf(r, c.Group, c.User)
	switch {
	case err != nil:
		return nil, err
	case c.User == e.Actor:
		return nil, event.Refuse(event.Invalid, "You can't remove yourself; leave the group instead.")
	case m.Role == event.GroupOwner && g.Owners == 1:
		return nil, event.Refuse(event.Conflict, "This is the last owner; make somebody else owner first.")
	}
	return []event.Body{event.GroupsMemberRemoved{Group: c.Group, User: c.User}}, nil
}

func leave(r store.Reader, e event.Envelope) ([]event.Body, error) {
	c, err := event.Ask[event.GroupsLeave](e)
	if err != nil {
		return nil, err
	}
	g, m, err := seen(r, e, c.Group)
	if err != nil {
		return nil, err
	}
	gone := event.GroupsMemberRemoved{Group: c.Group, User: e.Actor, Left: true}
	switch {
	case operator(e):
		return nil, event.Refuse(event.Invalid, "Only a member can leave a group.")
	case g.Archived || m.Role != event.GroupOwner || g.Owners > 1:
		return []event.Body{gone}, nil
	case g.Members == 1:
		return []event.Body{event.GroupsArchived{Group: c.Group}, gone}, nil
	}
	return nil, event.Refuse(event.Conflict, "You are the last owner; make somebody else owner first.")
}

func setKeep(r store.Reader, e event.Envelope) ([]event.Body, error) {
	c, err := event.Ask[event.GroupsSetKeep](e)
	if err != nil {
		return nil, err
	}
	if err := checkKeep(c); err != nil {
		return nil, err
	}
	g, err := owned(r, e, c.Group, "Only an owner can change how long recordings are kept.")
	if err != nil || g.Keep == c.Keep && g.Days == c.Days || g.Keep == "" && c.Keep == event.KeepForever {
		return nil, err
	}
	return []event.Body{event.GroupsKeepSet{Group: c.Group, Keep: c.Keep, Days: c.Days}}, nil
}

func archive(r store.Reader, e event.Envelope) ([]event.Body, error) {
	c, err := event.Ask[event.GroupsArchive](e)
	if err != nil {
		return nil, err
	}
	g, m, err := seen(r, e, c.Group)
	switch {
	case err != nil:
		return nil, err
	case m.Role != event.GroupOwner:
		return nil, event.Refuse(event.Denied, "Only an owner can archive the group.")
	case g.Archived:
		return nil, nil
	}
	return []event.Body{event.GroupsArchived{Group: c.Group}}, nil
}
