package calls

import (
	"fmt"
	"strings"
	"time"

	"scaip/internal/event"
	"scaip/internal/store"
)

// States of a call.
const (
	scheduled = "scheduled"
	running   = "running"
	ended     = "ended"
	cancelled = "cancelled"
)

// call is a row of the table of calls.
type call struct {
	Group string    `json:"group"`
	Title string    `json:"title,omitempty"`
	Maker string    `json:"maker"`
	State string    `json:"state"`
	Start time.Time `json:"start"`
	Seats int       `json:"seats,omitempty"` // the highest seat given
	In    int       `json:"in,omitempty"`    // who is in now
	Empty time.Time `json:"empty,omitzero"`  // since when nobody is in
	Lost  bool      `json:"lost,omitempty"`  // it is not kept any more
	Gone  bool      `json:"gone,omitempty"`  // its recording is
	Until time.Time `json:"until,omitzero"`  // of one that is over: when its recording goes
}

// seat is a row of the table of participants. It stays when its owner leaves, so that he gets the same seat again.
type seat struct {
	Seat   int       `json:"seat"`
	In     bool      `json:"in,omitempty"`
	Audio  bool      `json:"audio,omitempty"`
	Video  bool      `json:"video,omitempty"`
	Screen bool      `json:"screen,omitempty"`
	Behind bool      `json:"behind,omitempty"`
	Joined time.Time `json:"joined"` // last

	Hand   time.Time `json:"hand,omitzero"`    // since when it is up
	Muted  bool      `json:"muted,omitempty"`  // by an owner
	Barred bool      `json:"barred,omitempty"` // expelled, and not admitted since

	Reacts  int       `json:"reacts,omitempty"` // reactions since Reacted
	Reacted time.Time `json:"reacted,omitzero"`
}

// clip is a link to a part of a call that was not revoked.
type clip struct {
	Maker   string    `json:"maker"`
	Expires time.Time `json:"expires"`
}

// socket is what calls keeps of a media socket, and, closed, of the last one.
type socket struct {
	Open   bool      `json:"open,omitempty"`
	Idle   bool      `json:"idle,omitempty"`
	Screen bool      `json:"screen,omitempty"`
	At     time.Time `json:"at"` // when this began
}

// group is what calls keeps of a group.
type group struct {
	Archived bool   `json:"archived,omitempty"`
	Keep     string `json:"keep,omitempty"` // how long recordings are kept; empty: forever
	Days     int    `json:"days,omitempty"`
}

// person is what calls keeps of a user.
type person struct {
	Admin    bool `json:"admin,omitempty"`
	Disabled bool `json:"disabled,omitempty"`
}

const (
	tableCalls   = store.Table[call]("calls/calls")        // by call
	tableSeats   = store.Table[seat]("calls/seats")        // by call/user
	tableRunning = store.Table[string]("calls/running")    // by group: its running call
	tableWaiting = store.Table[string]("calls/waiting")    // by waitingKey: the group of a scheduled call
	tableOfGroup = store.Table[struct{}]("calls/of-group") // by group/call: the scheduled calls of a group
	tableUntil   = store.Table[string]("calls/until")      // by timeKey/call: the group of a call whose recording goes then
	tableOfUser  = store.Table[struct{}]("calls/of-user")  // by user/call: where a user is in

	tableClips = store.Table[clip]("calls/clips") // by call/clip

	tableGroups  = store.Table[group]("groups/groups")   // replica, by group
	tableMembers = store.Table[string]("groups/members") // replica, by group/user: the role
	tableUsers   = store.Table[person]("users/users")    // replica, by user
)

// An edge is audio or video, with the replica of its sockets.
type edge string

const (
	audio edge = "audio"
	video edge = "video"
)

// sockets is by call/user.
func (e edge) sockets() store.Table[socket] { return store.Table[socket](e + "/sockets") }

// pair is the key of two IDs.
func pair(a, b string) string { return a + "/" + b }

// second returns the second ID of a pair.
func second(key string) string {
	_, b, _ := strings.Cut(key, "/")
	return b
}

// timeKey sorts by time; to the microsecond, for times from 1970 on.
func timeKey(t time.Time) string { return fmt.Sprintf("%016x", max(t.UnixMicro(), 0)) }

// waitingKey sorts scheduled calls by their start.
func waitingKey(start time.Time, id string) string { return pair(timeKey(start), id) }

// operator reports whether e comes from the administrator at the unix socket, on nobody's behalf.
func operator(e event.Envelope) bool {
	return e.Actor == event.System && e.Session == event.LocalSession
}
