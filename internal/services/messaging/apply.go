package messaging

import (
	"fmt"
	"slices"

	"scaip/internal/event"
	"scaip/internal/services"
	"scaip/internal/store"
)

// Apply keeps the messages, and what messaging has to know of sessions, groups and calls.
func (*Machine) Apply(tx store.Tx, e event.Envelope) error {
	switch event.Service(e.Type) {
	case "auth":
		return services.ApplySession(tx, e)
	case "groups":
		return applyGroups(tx, e)
	case "calls":
		return applyCalls(tx, e)
	case "messaging":
		return applyMessaging(tx, e)
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
		return tableGroups.Put(tx, b.Group, group{})
	case "groups.archived":
		b, err := event.As[event.GroupsArchived](e)
		if err != nil {
			return err
		}
		return tableGroups.Put(tx, b.Group, group{Archived: true})
	case "groups.member_added":
		b, err := event.As[event.GroupsMemberAdded](e)
		if err != nil {
			return err
		}
		return tableMembers.Put(tx, memberKey(b.Group, b.User), b.Role)
	case "groups.role_set":
		b, err := event.As[event.GroupsRoleSet](e)
		if err != nil {
			return err
		}
		return tableMembers.Put(tx, memberKey(b.Group, b.User), b.Role)
	case "groups.member_removed":
		b, err := event.As[event.GroupsMemberRemoved](e)
		if err != nil {
			return err
		}
		return tableMembers.Delete(tx, memberKey(b.Group, b.User))
	}
	return nil
}

func applyCalls(tx store.Tx, e event.Envelope) error {
	switch e.Type {
	case "calls.started":
		b, err := event.As[event.CallsStarted](e)
		if err != nil {
			return err
		}
		return tableCalls.Put(tx, b.Call, b.Group)
	case "calls.deleted":
		b, err := event.As[event.CallsDeleted](e)
		if err != nil {
			return err
		}
		return tableCalls.Delete(tx, b.Call)
	}
	return nil
}

func applyMessaging(tx store.Tx, e event.Envelope) error {
	switch e.Type {
	case "messaging.posted":
		return applyPosted(tx, e)
	case "messaging.edited":
		b, err := event.As[event.MessagingEdited](e)
		if err != nil {
			return err
		}
		at := e.At
		return change(tx, b.Message, func(_ place, m *message) error {
			m.Text, m.Edited = b.Text, &at
			return nil
		})
	case "messaging.deleted":
		b, err := event.As[event.MessagingDeleted](e)
		if err != nil {
			return err
		}
		return change(tx, b.Message, func(p place, m *message) error {
			m.Text, m.Emoji, m.Deleted = "", nil, true
			return clearReactions(tx, p)
		})
	case "messaging.reacted":
		b, err := event.As[event.MessagingReacted](e)
		if err != nil {
			return err
		}
		return change(tx, b.Message, func(p place, m *message) error { return react(tx, p, m, b) })
	}
	return nil
}

func applyPosted(tx store.Tx, e event.Envelope) error {
	b, err := event.As[event.MessagingPosted](e)
	if err != nil {
		return err
	}
	last, _, err := tableCounts.Get(tx, b.Group)
	if err != nil {
		return err
	}
	if b.Number != last+1 {
		return fmt.Errorf("apply message %s: it has the number %d after %d", b.Message, b.Number, last)
	}
	p := place{Group: b.Group, Number: b.Number}
	if err := tableCounts.Put(tx, b.Group, b.Number); err != nil {
		return err
	}
	if err := tablePlaces.Put(tx, b.Message, p); err != nil {
		return err
	}
	return tableMessages.Put(tx, messageKey(p), message{ID: b.Message, Author: b.Author, Text: b.Text, At: e.At, Call: b.Call})
}

func change(tx store.Tx, id string, f func(place, *message) error) error {
	p, m, ok, err := get(tx, id)
	if err != nil {
		return err
	}
	if !ok {
		return fmt.Errorf("change message %s: not there", id)
	}
	if err := f(p, &m); err != nil {
		return err
	}
	return tableMessages.Put(tx, messageKey(p), m)
}

// get returns a message by its ID.
func get(r store.Reader, id string) (place, message, bool, error) {
	p, ok, err := tablePlaces.Get(r, id)
	if err != nil || !ok {
		return place{}, message{}, false, err
	}
	m, ok, err := tableMessages.Get(r, messageKey(p))
	return p, m, ok, err
}

func react(tx store.Tx, p place, m *message, b event.MessagingReacted) error {
	key := reactionKey(p, b.User, b.Emoji)
	was, err := tableReactions.Has(tx, key)
	if err != nil || was == b.On {
		return err
	}
	i := slices.IndexFunc(m.Emoji, func(x emoji) bool { return x.Emoji == b.Emoji })
	if b.On {
		if i < 0 {
			i, m.Emoji = len(m.Emoji), append(m.Emoji, emoji{Emoji: b.Emoji})
		}
		m.Emoji[i].Users++
		return tableReactions.Put(tx, key, struct{}{})
	}
	if m.Emoji[i].Users--; m.Emoji[i].Users == 0 {
		m.Emoji = slices.Delete(m.Emoji, i, i+1)
	}
	return tableReactions.Delete(tx, key)
}

func clearReactions(tx store.Tx, p place) error {
	var keys []string
	for kv, err := range tableReactions.Scan(tx, store.Range{Prefix: reactionPrefix(p)}) {
		if err != nil {
			return err
		}
		keys = append(keys, kv.Key)
	}
	for _, k := range keys {
		if err := tableReactions.Delete(tx, k); err != nil {
			return err
		}
	}
	return nil
}
