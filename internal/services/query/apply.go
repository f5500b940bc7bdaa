package query

import (
	"fmt"
	"time"

	"scaip/internal/event"
	"scaip/internal/services"
	"scaip/internal/store"
)

// Apply brings an event into the view.
func (*Machine) Apply(tx store.Tx, e event.Envelope) error {
	switch event.Service(e.Type) {
	case "auth":
		return services.ApplySession(tx, e)
	case "users":
		return applyUsers(tx, e)
	case "groups":
		return applyGroups(tx, e)
	case "messaging":
		return applyMessaging(tx, e)
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
		if err := tableLogins.Put(tx, b.Login, b.User); err != nil {
			return err
		}
		return putUser(tx, b.User, user{Login: b.Login, Name: b.Name, Color: b.Color, Role: b.Role})
	case "users.profile_updated":
		b, err := event.As[event.UsersProfileUpdated](e)
		if err != nil {
			return err
		}
		return changeUser(tx, b.User, func(u *user) { u.Name, u.Color = b.Name, b.Color })
	case "users.disabled":
		b, err := event.As[event.UsersDisabled](e)
		if err != nil {
			return err
		}
		return changeUser(tx, b.User, func(u *user) { u.Disabled = true })
	case "users.enabled":
		b, err := event.As[event.UsersEnabled](e)
		if err != nil {
			return err
		}
		return changeUser(tx, b.User, func(u *user) { u.Disabled = false })
	}
	return nil
}

func changeUser(tx store.Tx, id string, f func(*user)) error {
	u, ok, err := tableUsers.Get(tx, id)
	if err != nil {
		return err
	}
	if !ok {
		return fmt.Errorf("change user %s: not there", id)
	}
	for _, w := range words(u.Name + " " + u.Login) {
		if err := tableWords.Delete(tx, pair(w, id)); err != nil {
			return err
		}
	}
	f(&u)
	return putUser(tx, id, u)
}

// putUser keeps tableWords in step.
func putUser(tx store.Tx, id string, u user) error {
	for _, w := range words(u.Name + " " + u.Login) {
		if err := tableWords.Put(tx, pair(w, id), struct{}{}); err != nil {
			return err
		}
	}
	return tableUsers.Put(tx, id, u)
}

func applyGroups(tx store.Tx, e event.Envelope) error {
	switch e.Type {
	case "groups.created":
		b, err := event.As[event.GroupsCreated](e)
		if err != nil {
			return err
		}
		return tableGroups.Put(tx, b.Group, group{Name: b.Name, At: e.At})
	case "groups.renamed":
		b, err := event.As[event.GroupsRenamed](e)
		if err != nil {
			return err
		}
		return changeGroup(tx, b.Group, func(g *group) { g.Name, g.At = b.Name, e.At })
	case "groups.keep_set":
		b, err := event.As[event.GroupsKeepSet](e)
		if err != nil {
			return err
		}
		return changeGroup(tx, b.Group, func(g *group) { g.Keep, g.Days = b.Keep, b.Days })
	case "groups.archived":
		b, err := event.As[event.GroupsArchived](e)
		if err != nil {
			return err
		}
		return changeGroup(tx, b.Group, func(g *group) { g.Archived, g.At = true, e.At })
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

func changeGroup(tx store.Tx, id string, f func(*group)) error {
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

// setRole gives a user the role in the group; "" takes him out.
func setRole(tx store.Tx, id, user, role string) error {
	was, err := tableMembers.Has(tx, pair(id, user))
	if err != nil {
		return err
	}
	if role == "" {
		if err := tableMembers.Delete(tx, pair(id, user)); err != nil {
			return err
		}
		if err := tableOf.Delete(tx, pair(user, id)); err != nil {
			return err
		}
	} else {
		if err := tableMembers.Put(tx, pair(id, user), role); err != nil {
			return err
		}
		if err := tableOf.Put(tx, pair(user, id), role); err != nil {
			return err
		}
	}
	return changeGroup(tx, id, func(g *group) {
		switch is := role != ""; {
		case is && !was:
			g.Members++
		case was && !is:
			g.Members--
		}
	})
}

func applyMessaging(tx store.Tx, e event.Envelope) error {
	switch e.Type {
	case "messaging.posted":
		b, err := event.As[event.MessagingPosted](e)
		if err != nil {
			return err
		}
		if err := putLine(tx, b, e.At); err != nil {
			return err
		}
		return later(tx, tablePosted, b.Group, e.At)
	case "messaging.edited":
		b, err := event.As[event.MessagingEdited](e)
		if err != nil {
			return err
		}
		return changeLine(tx, b.Message, b.Text)
	case "messaging.deleted":
		b, err := event.As[event.MessagingDeleted](e)
		if err != nil {
			return err
		}
		return changeLine(tx, b.Message, "")
	}
	return nil
}

// putLine keeps a message that was written in a call.
func putLine(tx store.Tx, b event.MessagingPosted, at time.Time) error {
	if b.Call == "" {
		return nil
	}
	key := fmt.Sprintf("%s/%016x", b.Call, b.Number)
	if err := tableChatOf.Put(tx, b.Message, key); err != nil {
		return err
	}
	return tableChat.Put(tx, key, line{Author: b.Author, Text: b.Text, At: at})
}

// changeLine changes the text of a message if it was written in a call; "" removes it.
func changeLine(tx store.Tx, message, text string) error {
	key, ok, err := tableChatOf.Get(tx, message)
	if err != nil || !ok {
		return err
	}
	if text == "" {
		if err := tableChatOf.Delete(tx, message); err != nil {
			return err
		}
		return tableChat.Delete(tx, key)
	}
	l, _, err := tableChat.Get(tx, key)
	if err != nil {
		return err
	}
	l.Text = text
	return tableChat.Put(tx, key, l)
}

// later moves the time of key forward to at.
func later(tx store.Tx, t store.Table[time.Time], key string, at time.Time) error {
	was, ok, err := t.Get(tx, key)
	if err != nil || ok && !at.After(was) {
		return err
	}
	return t.Put(tx, key, at)
}
