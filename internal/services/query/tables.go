package query

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"scaip/internal/store"
)

// user is a row of the table of users.
type user struct {
	Login    string `json:"login"`
	Name     string `json:"name"`
	Color    string `json:"color"`
	Role     string `json:"role"`
	Disabled bool   `json:"disabled,omitempty"`
}

// group is a row of the table of groups.
type group struct {
	Name     string    `json:"name"`
	Archived bool      `json:"archived,omitempty"`
	Members  int       `json:"members"`
	At       time.Time `json:"at"`             // when it was made, renamed or archived last
	Keep     string    `json:"keep,omitempty"` // how long recordings are kept; empty: forever
	Days     int       `json:"days,omitempty"`
}

// call is a row of the table of calls.
type call struct {
	Group string     `json:"group"`
	Title string     `json:"title,omitempty"`
	Maker string     `json:"maker"`
	State string     `json:"state"`
	Start time.Time  `json:"start"`
	End   *time.Time `json:"end,omitempty"`

	Keep      string     `json:"keep,omitempty"` // of one that is over
	Until     *time.Time `json:"until,omitempty"`
	Forgotten bool       `json:"forgotten,omitempty"`
	Stopped   string     `json:"stopped,omitempty"` // why its beginning was not kept
	Events    int        `json:"events,omitempty"`  // in tableJournal
}

// happening is a row of the journal of a call.
type happening struct {
	At   time.Time       `json:"at"`
	Type string          `json:"type"`
	Body json.RawMessage `json:"body"`
}

// clip is a row of the table of clips: a part of a call that whoever has a token may see.
type clip struct {
	ID      string    `json:"id"`
	Call    string    `json:"call"`
	Maker   string    `json:"maker"`
	Made    time.Time `json:"made"`
	From    int64     `json:"from"` // µs on the call's clock
	To      int64     `json:"to"`
	Title   string    `json:"title,omitempty"`
	Expires time.Time `json:"expires"`
	Members bool      `json:"members,omitempty"`
}

// fate is a row of what has become of calls, in the order in which it did.
type fate struct {
	Call string `json:"call"`
	Gone bool   `json:"gone,omitempty"`
}

// line is a message written in a call.
type line struct {
	Author string    `json:"author"`
	Text   string    `json:"text"`
	At     time.Time `json:"at"`
}

// seat is a row of the table of participants.
type seat struct {
	Seat   int       `json:"seat"`
	In     bool      `json:"in,omitempty"`
	Audio  bool      `json:"audio,omitempty"`
	Video  bool      `json:"video,omitempty"`
	Behind bool      `json:"behind,omitempty"`
	Joined time.Time `json:"joined"`           // last
	Hand   time.Time `json:"hand,omitzero"`    // since when it is up
	Muted  bool      `json:"muted,omitempty"`  // by an owner
	Barred bool      `json:"barred,omitempty"` // expelled, and not admitted since
}

// stand frees the seat.
func (s *seat) stand() { *s = seat{Seat: s.Seat, Joined: s.Joined, Barred: s.Barred} }

// Every table is a replica: the service before the slash owns its facts, and its events alone write it.
const (
	tableUsers  = store.Table[user]("users/users")     // by user
	tableLogins = store.Table[string]("users/logins")  // by login: the user
	tableWords  = store.Table[struct{}]("users/words") // by word/user, the words of name and login in lower case

	tableGroups  = store.Table[group]("groups/groups")   // by group
	tableMembers = store.Table[string]("groups/members") // by group/user: the role
	tableOf      = store.Table[string]("groups/of")      // by user/group: the role

	tablePosted = store.Table[time.Time]("messaging/posted") // by group: its last message

	tableChat   = store.Table[line]("messaging/chat")      // by call/number of the message
	tableChatOf = store.Table[string]("messaging/chat-of") // by message: the key in tableChat

	tableCalls   = store.Table[call]("calls/calls")        // by call
	tableSeats   = store.Table[seat]("calls/seats")        // by call/user
	tableRunning = store.Table[string]("calls/running")    // by group: its running call
	tableCalled  = store.Table[time.Time]("calls/called")  // by group: when a call last began or ended
	tableByGroup = store.Table[string]("calls/by-group")   // by group/time/call: the call, in the order of its start
	tableJournal = store.Table[happening]("calls/journal") // by call/number: what happened in a call whose recording is kept
	tableFates   = store.Table[fate]("calls/fates")        // by number: what package seal has to do
	tableClips   = store.Table[clip]("calls/clips")        // by the hash of its token
	tableClipsOf = store.Table[string]("calls/clips-of")   // by call/clip: the hash
	tableByTime  = store.Table[struct{}]("calls/by-time")  // by time/call
)

// pair is the key of two IDs.
func pair(a, b string) string { return a + "/" + b }

// second returns what follows the first "/" of a key.
func second(key string) string {
	_, b, _ := strings.Cut(key, "/")
	return b
}

// timeKey sorts by time; to the microsecond, for times from 1970 on.
func timeKey(t time.Time, id string) string {
	return fmt.Sprintf("%016x/%s", max(t.UnixMicro(), 0), id)
}
