package query

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"scaip/internal/event"
	"scaip/internal/store"
)

// User is U of docs/protocol.md.
type User struct {
	ID       string `json:"id"`
	Login    string `json:"login"`
	Name     string `json:"name"`
	Color    string `json:"color"`
	Role     string `json:"role"`
	Disabled bool   `json:"disabled"`
}

// Group is G of docs/protocol.md. Role is that of whoever asks; empty if he is not in it.
type Group struct {
	ID       string    `json:"id"`
	Name     string    `json:"name"`
	Role     string    `json:"role"`
	Members  int       `json:"members"`
	Archived bool      `json:"archived"`
	Call     string    `json:"call"`
	Keep     string    `json:"keep"`
	Days     int       `json:"days"`
	Last     time.Time `json:"last"`
}

// Member is one member of a group.
type Member struct {
	User User   `json:"user"`
	Role string `json:"role"`
}

// Call is C of docs/protocol.md.
type Call struct {
	ID           string        `json:"id"`
	Group        string        `json:"group"`
	Title        string        `json:"title"`
	Maker        string        `json:"maker"`
	State        string        `json:"state"`
	Start        time.Time     `json:"start"`
	End          *time.Time    `json:"end"`
	Participants []Participant `json:"participants"`

	Keep  string     `json:"keep"` // of a call that is not over: as the group has it now
	Days  int        `json:"days"` // likewise
	Until *time.Time `json:"until"`
	Kept  bool       `json:"kept"` // there is a recording of it

	Stopped string `json:"stopped,omitempty"` // why not all of it is kept: "disk" or "quota"
}

// Participant is whoever has, or had, a seat in a call.
type Participant struct {
	User   string    `json:"user"`
	Name   string    `json:"name"`
	Seat   int       `json:"seat"`
	In     bool      `json:"in"`
	Audio  bool      `json:"audio"`
	Video  bool      `json:"video"`
	Behind bool      `json:"behind,omitempty"` // looks at the past
	Joined time.Time `json:"joined"`
	Hand   time.Time `json:"hand,omitzero"`    // since when it is up
	Muted  bool      `json:"muted,omitempty"`  // by an owner
	Barred bool      `json:"barred,omitempty"` // put out by an owner, and not admitted since
}

// userOf returns the user; one of whom nothing is known yet has nothing but his ID.
func userOf(r store.Reader, id string) (User, error) {
	u, _, err := tableUsers.Get(r, id)
	return User{ID: id, Login: u.Login, Name: u.Name, Color: u.Color, Role: u.Role, Disabled: u.Disabled}, err
}

// groupOf returns a group as user, who may be nobody, sees it; false if there is none.
func groupOf(r store.Reader, id, user string) (Group, bool, error) {
	g, ok, err := tableGroups.Get(r, id)
	if err != nil || !ok {
		return Group{}, false, err
	}
	out := Group{ID: id, Name: g.Name, Members: g.Members, Archived: g.Archived, Keep: cmp.Or(g.Keep, event.KeepForever), Days: g.Days, Last: g.At}
	if out.Role, _, err = tableMembers.Get(r, pair(id, user)); err != nil {
		return Group{}, false, err
	}
	if out.Call, _, err = tableRunning.Get(r, id); err != nil {
		return Group{}, false, err
	}
	for _, t := range []store.Table[time.Time]{tablePosted, tableCalled} {
		at, ok, err := t.Get(r, id)
		if err != nil {
			return Group{}, false, err
		}
		if ok && at.After(out.Last) {
			out.Last = at
		}
	}
	return out, true, nil
}

// groupsOf returns user's groups, last activity first.
func groupsOf(r store.Reader, user string) ([]Group, error) {
	list := []Group{} // an empty list is [], not null
	for row, err := range tableOf.Scan(r, store.Range{Prefix: user + "/"}) {
		if err != nil {
			return nil, err
		}
		g, ok, err := groupOf(r, second(row.Key), user)
		if err != nil {
			return nil, err
		}
		if ok {
			list = append(list, g)
		}
	}
	slices.SortStableFunc(list, func(a, b Group) int { return b.Last.Compare(a.Last) })
	return list, nil
}

// membersOf returns the members of a group, owners first, then by name.
func membersOf(r store.Reader, id string) ([]Member, error) {
	list := []Member{}
	for row, err := range tableMembers.Scan(r, store.Range{Prefix: id + "/"}) {
		if err != nil {
			return nil, err
		}
		u, err := userOf(r, second(row.Key))
		if err != nil {
			return nil, err
		}
		list = append(list, Member{User: u, Role: row.Value})
	}
	rank := func(m Member) int {
		if m.Role == event.GroupOwner {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(list, func(a, b Member) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), strings.Compare(strings.ToLower(a.User.Name), strings.ToLower(b.User.Name)))
	})
	return list, nil
}

// callOf returns a call, its participants by seat; false if there is none.
func callOf(r store.Reader, id string) (Call, bool, error) {
	c, ok, err := tableCalls.Get(r, id)
	if err != nil || !ok {
		return Call{}, false, err
	}
	out := Call{
		ID: id, Group: c.Group, Title: c.Title, Maker: c.Maker, State: c.State, Start: c.Start, End: c.End,
		Participants: []Participant{}, Keep: c.Keep, Until: c.Until, Stopped: c.Stopped, Kept: (c.State == "running" || c.State == "ended") && !c.Forgotten,
	}
	if c.State != "ended" {
		g, _, err := tableGroups.Get(r, c.Group)
		if err != nil {
			return Call{}, false, err
		}
		out.Keep, out.Days = g.Keep, g.Days
	}
	out.Keep = cmp.Or(out.Keep, event.KeepForever)
	for row, err := range tableSeats.Scan(r, store.Range{Prefix: id + "/"}) {
		if err != nil {
			return Call{}, false, err
		}
		u, err := userOf(r, second(row.Key))
		if err != nil {
			return Call{}, false, err
		}
		s := row.Value
		out.Participants = append(out.Participants, Participant{
			User: u.ID, Name: u.Name, Seat: s.Seat, In: s.In, Audio: s.Audio, Video: s.Video, Behind: s.Behind, Joined: s.Joined,
			Hand: s.Hand, Muted: s.Muted, Barred: s.Barred,
		})
	}
	slices.SortFunc(out.Participants, func(a, b Participant) int { return a.Seat - b.Seat })
	return out, true, nil
}

// callsOf returns the newest limit calls of a group, newest first.
func callsOf(r store.Reader, group string, limit int) ([]Call, error) {
	list := []Call{}
	for row, err := range tableByGroup.Scan(r, store.Range{Prefix: group + "/", Reverse: true}) {
		if err != nil {
			return nil, err
		}
		if len(list) == limit {
			break
		}
		c, ok, err := callOf(r, row.Value)
		if err != nil {
			return nil, err
		}
		if ok {
			list = append(list, c)
		}
	}
	return list, nil
}
