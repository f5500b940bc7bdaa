package messaging

import (
	"fmt"
	"unicode"
	"unicode/utf8"

	"scaip/internal/event"
	"scaip/internal/store"
)

// Decide answers the commands of messaging. Nothing follows from the events of others.
func (*Machine) Decide(r store.Reader, e event.Envelope) ([]event.Body, error) {
	switch e.Type {
	case "messaging.post":
		return post(r, e)
	case "messaging.edit":
		return edit(r, e)
	case "messaging.delete":
		return remove(r, e)
	case "messaging.react":
		return reaction(r, e)
	}
	if event.Service(e.Type) == "messaging" {
		return nil, event.Refuse(event.Invalid, fmt.Sprintf("There is no command %q.", e.Type))
	}
	return nil, nil
}

func post(r store.Reader, e event.Envelope) ([]event.Body, error) {
	c, err := event.Ask[event.MessagingPost](e)
	if err != nil {
		return nil, err
	}
	text, err := checkText(c.Text)
	if err != nil {
		return nil, err
	}
	if _, err := writable(r, c.Group, e.Actor); err != nil {
		return nil, err
	}
	if err := checkCall(r, c); err != nil {
		return nil, err
	}
	last, _, err := tableCounts.Get(r, c.Group)
	if err != nil {
		return nil, err
	}
	return []event.Body{event.MessagingPosted{
		Message: event.DeriveID(e, "message"), Group: c.Group, Number: last + 1, Author: e.Actor, Text: text, Call: c.Call,
	}}, nil
}

// checkCall refuses a call that is not one of the group.
func checkCall(r store.Reader, c event.MessagingPost) error {
	if c.Call == "" {
		return nil
	}
	if err := event.CheckID("call", c.Call); err != nil {
		return err
	}
	g, _, err := tableCalls.Get(r, c.Call)
	if err == nil && g != c.Group {
		err = event.Refuse(event.NotFound, "There is no such call in this group.")
	}
	return err
}

func edit(r store.Reader, e event.Envelope) ([]event.Body, error) {
	c, err := event.Ask[event.MessagingEdit](e)
	if err != nil {
		return nil, err
	}
	text, err := checkText(c.Text)
	if err != nil {
		return nil, err
	}
	p, m, _, err := find(r, c.Message, e.Actor)
	switch {
	case err != nil:
		return nil, err
	case m.Author != e.Actor:
		return nil, event.Refuse(event.Denied, "Only its author can edit a message.")
	case m.Deleted:
		return nil, event.Refuse(event.Conflict, "This message has been deleted.")
	case m.Text == text:
		return nil, nil
	}
	return []event.Body{event.MessagingEdited{Message: c.Message, Group: p.Group, Text: text}}, nil
}

func remove(r store.Reader, e event.Envelope) ([]event.Body, error) {
	c, err := event.Ask[event.MessagingDelete](e)
	if err != nil {
		return nil, err
	}
	p, m, role, err := find(r, c.Message, e.Actor)
	switch {
	case err != nil:
		return nil, err
	case m.Author != e.Actor && role != event.GroupOwner:
		return nil, event.Refuse(event.Denied, "Only its author or an owner of the group can delete a message.")
	case m.Deleted:
		return nil, nil
	}
	return []event.Body{event.MessagingDeleted{Message: c.Message, Group: p.Group}}, nil
}

func reaction(r store.Reader, e event.Envelope) ([]event.Body, error) {
	c, err := event.Ask[event.MessagingReact](e)
	if err != nil {
		return nil, err
	}
	if !isEmoji(c.Emoji) {
		return nil, event.Refuse(event.Invalid, "A reaction is one emoji.")
	}
	p, m, _, err := find(r, c.Message, e.Actor)
	if err != nil {
		return nil, err
	}
	if m.Deleted {
		return nil, event.Refuse(event.Conflict, "This message has been deleted.")
	}
	is, err := tableReactions.Has(r, reactionKey(p, e.Actor, c.Emoji))
	if err != nil || is == c.On {
		return nil, err
	}
	if c.On && len(m.Emoji) >= maxEmoji && !hasEmoji(m, c.Emoji) {
		return nil, event.Refuse(event.Conflict, fmt.Sprintf("A message takes at most %d different emoji.", maxEmoji))
	}
	return []event.Body{event.MessagingReacted{Message: c.Message, Group: p.Group, User: e.Actor, Emoji: c.Emoji, On: c.On}}, nil
}

func hasEmoji(m message, s string) bool {
	for _, x := range m.Emoji {
		if x.Emoji == s {
			return true
		}
	}
	return false
}

// checkText returns a message's text in its clean form: 1 to 4,000 characters.
func checkText(s string) (string, error) {
	s, err := event.Paragraphs("message", s, maxText)
	if err != nil {
		return "", err
	}
	return s, event.NotEmpty("message", s)
}

// isEmoji reports whether s can be an emoji: 1 to 32 bytes, without letters (but for ℹ), space or control characters, and not of ASCII
// alone. It does not know every emoji; what it keeps out are words.
func isEmoji(s string) bool {
	if len(s) == 0 || len(s) > 32 || !utf8.ValidString(s) {
		return false
	}
	beyond := false
	for _, c := range s {
		if unicode.IsSpace(c) || unicode.IsControl(c) || unicode.IsLetter(c) && c != 'ℹ' || c == utf8.RuneError || unicode.Is(unicode.Bidi_Control, c) {
			return false
		}
		beyond = beyond || c > unicode.MaxASCII
	}
	return beyond
}

// writable returns the role of user in a group that can be written to.
func writable(r store.Reader, id, user string) (string, error) {
	if err := event.CheckID("group", id); err != nil {
		return "", err
	}
	role, ok, err := tableMembers.Get(r, memberKey(id, user))
	if err == nil && !ok {
		err = event.Refuse(event.NotFound, "There is no such group, or you are not in it.")
	}
	if err != nil {
		return "", err
	}
	g, _, err := tableGroups.Get(r, id)
	if err == nil && g.Archived {
		err = event.Refuse(event.Conflict, "The group is archived; nothing can be written there any more.")
	}
	return role, err
}

// find returns a message that user may change something about, its place, and his role in its group. For whoever is not in the
// group, it is as if the message were not there.
func find(r store.Reader, id, user string) (place, message, string, error) {
	if err := event.CheckID("message", id); err != nil {
		return place{}, message{}, "", err
	}
	p, m, ok, err := get(r, id)
	if err != nil {
		return place{}, message{}, "", err
	}
	role := ""
	if ok {
		role, err = writable(r, p.Group, user)
		if refusal, is := event.AsRefusal(err); is && refusal.Code == event.NotFound {
			ok, err = false, nil
		}
	}
	if err == nil && !ok {
		err = event.Refuse(event.NotFound, "There is no such message.")
	}
	return p, m, role, err
}
