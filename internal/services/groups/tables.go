package groups

import (
	"scaip/internal/event"
	"scaip/internal/store"
)

// group is a row of the table of groups.
type group struct {
	Name     string `json:"name"`
	Archived bool   `json:"archived,omitempty"`
	Members  int    `json:"members"`
	Owners   int    `json:"owners"`
	Keep     string `json:"keep,omitempty"` // how long recordings are kept; empty: forever
	Days     int    `json:"days,omitempty"`
}

// member is a row of the table of members.
type member struct {
	Role string `json:"role"`
}

// person is what groups keeps of a user.
type person struct {
	Disabled bool `json:"disabled,omitempty"`
}

const (
	tableGroups  = store.Table[group]("groups/groups")   // by group
	tableMembers = store.Table[member]("groups/members") // by group/user
	tableCounts  = store.Table[int]("groups/counts")     // by user: in how many groups

	tableUsers = store.Table[person]("users/users") // replica, by user
)

func memberKey(group, user string) string { return group + "/" + user }

// operator reports whether e comes from the administrator at the unix socket, on nobody's behalf.
func operator(e event.Envelope) bool {
	return e.Actor == event.System && e.Session == event.LocalSession
}
