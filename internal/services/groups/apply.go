package groups

import (
	"fmt"

	"scaip/internal/event"
	"scaip/internal/store"
)

// Apply keeps groups and members, and which users there are.
func (*Machine) Apply(tx store.Tx, e event.Envelope) error {
	switch event.Service(e.Type) {
	case "users":
		return applyUsers(tx, e)
	case "groups":
		return applyGroups(tx, e)
	}
	return nil
}

func applyUsers(tx store.Tx, e event.Envelope) error {
	switch e.Type {
	case "users.created":
		b, err := event.As[event.UsersCreated](e)
		if err != nil {
			return err
		}
		return tableUsers.Put(tx, b.User, person{})
	case "users.disabled":
		b, err := event.As[event.UsersDisabled](e)
		if err != nil {
			return err
		}
		return tableUsers.Put(tx, b.User, person{Disabled: true})
	case "users.enabled":
		b, err := event.As[event.UsersEnabled](e)
		if err != nil {
			return err
		}
		return tableUsers.Put(tx, b.User, person{})
	}
	return nil
}

func applyGroups(tx store.Tx, e event.Envelope) error {
	switch e.Type {
	case "groups.created":
		b, err := event.As[event.GroupsCreated](e)
		if err != nil {
			return err
		}
		return tableGroups.Put(tx, b.Group, group{Name: b.Name})
	case "groups.renamed":
		b, err := event.As[event.GroupsRenamed](e)
		if err != nil {
			return err
		}
		return change(tx, b.Group, func(g *group) { g.Name = b.Name })
	case "groups.keep_set":
		b, err := event.As[event.GroupsKeepSet](e)
		if err != nil {
			return err
		}
		return change(tx, b.Group, func(g *group) { g.Keep, g.Days = b.Keep, b.Days })
	case "groups.archived":
		b, err := event.As[event.GroupsArchived](e)
		if err != nil {
			return err
		}
		return change(tx, b.Group, func(g *group) { g.Archived = true })
	case "groups.member_added":
		b, err := event.As[event.GroupsMemberAdded](e)
		if err != nil {
			return err
		}
		return setRole(tx, b.Group, b.User, b.Role)
	case "groups.role_set":
		b, err := event.As[event.GroupsRoleSet](e)
		if err != nil {
			return err
		}
		return setRole(tx, b.Group, b.User, b.Role)
	case "groups.member_removed":
		b, err := event.As[event.GroupsMemberRemoved](e)
		if err != nil {
			return err
		}
		return setRole(tx, b.Group, b.User, "")
	}
	return nil
}

func change(tx store.Tx, id string, f func(*group)) error {
	g, ok, err := tableGroups.Get(tx, id)
	if err != nil {
		return err
	}
	if !ok {
		return fmt.Errorf("change group %s: not there", id)
	}
	f(&g)
	return tableGroups.Put(tx, id, g)
}

// setRole gives user the role in the group; "" takes him out. It keeps the counts in step.
func setRole(tx store.Tx, id, user, role string) error {
	key := memberKey(id, user)
	before, was, err := tableMembers.Get(tx, key)
	if err != nil {
		return err
	}
	is := role != ""
	if is {
		err = tableMembers.Put(tx, key, member{Role: role})
	} else {
		err = tableMembers.Delete(tx, key)
	}
	if err != nil {
		return err
	}
	if was != is {
		n, _, err := tableCounts.Get(tx, user)
		if err != nil {
			return err
		}
		if err := tableCounts.Put(tx, user, n+one(is)-one(was)); err != nil {
			return err
		}
	}
	return change(tx, id, func(g *group) {
		g.Members += one(is) - one(was)
		g.Owners += one(role == event.GroupOwner) - one(before.Role == event.GroupOwner)
	})
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}
