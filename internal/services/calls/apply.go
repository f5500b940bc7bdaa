package calls

import (
	"scaip/internal/event"
	"scaip/internal/store"
)

// Apply keeps the calls and their seats, and what calls has to know of users, groups and media sockets.
func (*Machine) Apply(tx store.Tx, e event.Envelope) error {
	switch event.Service(e.Type) {
	case "users":
		return applyUsers(tx, e)
	case "groups":
		return applyGroups(tx, e)
	case "audio":
		return applyMedia(tx, e, audio)
	case "video":
		return applyMedia(tx, e, video)
	case "calls":
		return applyCalls(tx, e)
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
		return tableUsers.Put(tx, b.User, person{Admin: b.Role == event.RoleAdmin})
	case "users.disabled":
		b, err := event.As[event.UsersDisabled](e)
		if err != nil {
			return err
		}
		return bar(tx, b.User, true)
	case "users.enabled":
		b, err := event.As[event.UsersEnabled](e)
		if err != nil {
			return err
		}
		return bar(tx, b.User, false)
	}
	return nil
}

func bar(tx store.Tx, user string, disabled bool) error {
	p, _, err := tableUsers.Get(tx, user)
	if err != nil {
		return err
	}
	p.Disabled = disabled
	return tableUsers.Put(tx, user, p)
}

func applyGroups(tx store.Tx, e event.Envelope) error {
	switch e.Type {
	case "groups.created":
		b, err := event.As[event.GroupsCreated](e)
		if err != nil {
			return err
		}
		return tableGroups.Put(tx, b.Group, group{})
	case "groups.archived":
		b, err := event.As[event.GroupsArchived](e)
		if err != nil {
			return err
		}
		return changeGroup(tx, b.Group, func(g *group) { g.Archived = true })
	case "groups.keep_set":
		b, err := event.As[event.GroupsKeepSet](e)
		if err != nil {
			return err
		}
		return changeGroup(tx, b.Group, func(g *group) { g.Keep, g.Days = b.Keep, b.Days })
	case "groups.member_added":
		b, err := event.As[event.GroupsMemberAdded](e)
		if err != nil {
			return err
		}
		return tableMembers.Put(tx, pair(b.Group, b.User), b.Role)
	case "groups.role_set":
		b, err := event.As[event.GroupsRoleSet](e)
		if err != nil {
			return err
		}
		return tableMembers.Put(tx, pair(b.Group, b.User), b.Role)
	case "groups.member_removed":
		b, err := event.As[event.GroupsMemberRemoved](e)
		if err != nil {
			return err
		}
		return tableMembers.Delete(tx, pair(b.Group, b.User))
	}
	return nil
}

func changeGroup(tx store.Tx, id string, f func(*group)) error {
	g, _, err := tableGroups.Get(tx, id)
	if err != nil {
		return err
	}
	f(&g)
	return tableGroups.Put(tx, id, g)
}

// applyMedia keeps the sockets of one edge. A row outlives its socket, to say since when there is none, until the edge begins anew.
func applyMedia(tx store.Tx, e event.Envelope, which edge) error {
	table := which.sockets()
	switch e.Type {
	case event.MediaBegan{Service: string(which)}.EventType():
		return clearRange(tx, string(table), "")
	case event.MediaOpened{Service: string(which)}.EventType():
		b, err := event.As[event.MediaOpened](e)
		if err != nil {
			return err
		}
		return table.Put(tx, pair(b.Call, b.User), socket{Open: true, Idle: b.Idle, Screen: b.Screen, At: e.At})
	case event.MediaClosed{Service: string(which)}.EventType():
		b, err := event.As[event.MediaClosed](e)
		if err != nil {
			return err
		}
		return table.Put(tx, pair(b.Call, b.User), socket{At: e.At})
	}
	return nil
}

// clearRange deletes the rows of a table whose keys begin with prefix.
func clearRange(tx store.Tx, table, prefix string) error {
	var keys []string
	for kv, err := range tx.Scan(table, store.Range{Prefix: prefix}) {
		if err != nil {
			return err
		}
		keys = append(keys, kv.Key)
	}
	for _, k := range keys {
		if err := tx.Delete(table, k); err != nil {
			return err
		}
	}
	return nil
}
