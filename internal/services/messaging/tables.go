package messaging

import (
	"fmt"
	"time"

	"scaip/internal/store"
)

// message is a row of the table of messages. Who reacted is in tableReactions, so that the row stays small.
type message struct {
	ID      string     `json:"id"`
	Author  string     `json:"author"`
	Text    string     `json:"text"`
	At      time.Time  `json:"at"`
	Edited  *time.Time `json:"edited,omitempty"`
	Deleted bool       `json:"deleted,omitempty"`
	Call    string     `json:"call,omitempty"`
	Emoji   []emoji    `json:"emoji,omitempty"` // in the order in which they first came
}

// emoji counts the users who reacted with it.
type emoji struct {
	Emoji string `json:"emoji"`
	Users int    `json:"users"`
}

// place says where a message stands.
type place struct {
	Group  string `json:"group"`
	Number uint64 `json:"number"`
}

// group is what messaging keeps of a group.
type group struct {
	Archived bool `json:"archived,omitempty"`
}

const (
	tableCounts    = store.Table[uint64]("messaging/counts")      // by group: the number of its last message
	tableMessages  = store.Table[message]("messaging/messages")   // by messageKey, so a page is a range
	tablePlaces    = store.Table[place]("messaging/places")       // by message
	tableReactions = store.Table[struct{}]("messaging/reactions") // by reactionKey

	tableGroups  = store.Table[group]("groups/groups")   // replica, by group
	tableMembers = store.Table[string]("groups/members") // replica, by group/user: the role
	tableCalls   = store.Table[string]("calls/calls")    // replica, by call: its group
)

func memberKey(group, user string) string { return group + "/" + user }

// messageKey sorts the messages of a group by number.
func messageKey(p place) string { return fmt.Sprintf("%s/%016x", p.Group, p.Number) }

// reactionKey begins with the message's key and the user, neither of which holds a "/" where the next part begins.
func reactionKey(p place, user, emoji string) string {
	return reactionPrefix(p) + user + "/" + emoji
}

func reactionPrefix(p place) string { return messageKey(p) + "/" }
