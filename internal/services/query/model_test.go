package query

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"scaip/internal/event"
	"scaip/internal/services/machinetest"
	"scaip/internal/store"
)

// world makes a history of users, groups and calls such as their services could tell. Its methods are the moves (see
// rapid.StateMachineActions).
type world struct {
	rig    *machinetest.Rig
	users  []string
	groups map[string]map[string]string
	state  map[string]string // by call
	group  map[string]string // by call
	in     map[string]map[string]bool
	n      int
}

// TestAgainstModel tells random histories: the view shows what they say, and one built from the same events, the services' mixed
// in another way, is the same.
func TestAgainstModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := &world{
			rig: machinetest.New(t, New()), groups: map[string]map[string]string{}, state: map[string]string{},
			group: map[string]string{}, in: map[string]map[string]bool{},
		}
		w.User(t)
		w.Group(t)
		t.Repeat(rapid.StateMachineActions(w))
		w.rig.Rebuild(func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "next") })
	})
}

func (w *world) id(kind string) string {
	w.n++
	w.rig.Now = w.rig.Now.Add(time.Second)
	return fmt.Sprintf("%s%d", kind, w.n)
}

// some draws a key of m, or skips the move.
func some[V any](t *rapid.T, m map[string]V, want func(string) bool) string {
	var keys []string
	for k := range m {
		if want == nil || want(k) {
			keys = append(keys, k)
		}
	}
	if len(keys) == 0 {
		t.Skip("none")
	}
	slices.Sort(keys)
	return rapid.SampledFrom(keys).Draw(t, "which")
}

func (w *world) User(t *rapid.T) {
	id := w.id("u")
	w.users = append(w.users, id)
	w.rig.Hear(event.UsersCreated{User: id, Login: id, Name: "Name of " + id, Color: "#000000", Role: event.RoleUser})
}

func (w *world) Profile(t *rapid.T) {
	id := rapid.SampledFrom(w.users).Draw(t, "user")
	w.rig.Hear(event.UsersProfileUpdated{User: id, Name: rapid.SampledFrom([]string{"Ada", "Bob Ada", "…"}).Draw(t, "name"), Color: "#ffffff"})
}

func (w *world) Bar(t *rapid.T) {
	id := rapid.SampledFrom(w.users).Draw(t, "user")
	w.rig.Hear(event.UsersDisabled{User: id})
}

func (w *world) Group(t *rapid.T) {
	id := w.id("g")
	w.groups[id] = map[string]string{}
	w.rig.Hear(event.GroupsCreated{Group: id, Name: "Group " + id, Owner: w.users[0]})
}

func (w *world) Member(t *rapid.T) {
	g, u := some(t, w.groups, nil), rapid.SampledFrom(w.users).Draw(t, "user")
	switch {
	case w.groups[g][u] == "":
		w.groups[g][u] = event.GroupMember
		w.rig.Hear(event.GroupsMemberAdded{Group: g, User: u, Role: event.GroupMember})
	case rapid.Bool().Draw(t, "promote"):
		w.groups[g][u] = event.GroupOwner
		w.rig.Hear(event.GroupsRoleSet{Group: g, User: u, Role: event.GroupOwner})
	default:
		delete(w.groups[g], u)
		w.rig.Hear(event.GroupsMemberRemoved{Group: g, User: u})
	}
}

func (w *world) Message(t *rapid.T) {
	w.id("m")
	w.rig.Hear(event.MessagingPosted{Message: w.id("m"), Group: some(t, w.groups, nil), Number: 1})
}

func (w *world) Schedule(t *rapid.T) {
	id, g := w.id("c"), some(t, w.groups, nil)
	w.state[id], w.group[id], w.in[id] = "scheduled", g, map[string]bool{}
	w.rig.Hear(event.CallsScheduled{Call: id, Group: g, Maker: w.users[0], Start: w.rig.Now.Add(time.Hour)})
}

func (w *world) Start(t *rapid.T) {
	id := some(t, w.state, func(c string) bool {
		for other, s := range w.state {
			if s == "running" && w.group[other] == w.group[c] {
				return false
			}
		}
		return w.state[c] == "scheduled"
	})
	w.id("")
	w.state[id] = "running"
	w.rig.Hear(event.CallsStarted{Call: id, Group: w.group[id], Maker: w.users[0], Start: w.rig.Now})
}

func (w *world) Seat(t *rapid.T) {
	id, u := some(t, w.state, func(c string) bool { return w.state[c] == "running" }), rapid.SampledFrom(w.users).Draw(t, "user")
	if w.in[id][u] {
		w.rig.Hear(event.CallsMediaChanged{Call: id, Group: w.group[id], User: u, Audio: true})
		w.in[id][u] = false
		w.rig.Hear(event.CallsLeft{Call: id, Group: w.group[id], User: u, Reason: "left"})
		return
	}
	w.in[id][u] = true
	w.rig.Hear(event.CallsJoined{Call: id, Group: w.group[id], User: u, Seat: slices.Index(w.users, u) + 1})
}

func (w *world) Over(t *rapid.T) {
	id := some(t, w.state, nil)
	w.in[id] = map[string]bool{}
	switch w.state[id] {
	case "scheduled":
		w.state[id] = "cancelled"
		w.rig.Hear(event.CallsCancelled{Call: id, Group: w.group[id]})
	case "running":
		w.state[id] = "ended"
		w.rig.Hear(event.CallsEnded{Call: id, Group: w.group[id], Reason: "ended", End: w.rig.Now})
	default:
		delete(w.state, id)
		w.rig.Hear(event.CallsDeleted{Call: id, Group: w.group[id]})
	}
}

// Check holds the view of every group, user and call against the history.
func (w *world) Check(t *rapid.T) {
	err := w.rig.Store.View(func(r store.Reader) error {
		for id, members := range w.groups {
			g, ok, err := groupOf(r, id, w.users[0])
			if err != nil || !ok || g.Members != len(members) || g.Role != members[w.users[0]] {
				t.Fatalf("group %+v, %v, %v; want the members %v", g, ok, err, members)
			}
			if want := w.running(id); g.Call != want {
				t.Fatalf("group %+v, want the call %q", g, want)
			}
			calls, err := callsOf(r, id, 1000)
			if err != nil {
				return err
			}
			if !slices.IsSortedFunc(calls, func(a, b Call) int { return b.Start.Compare(a.Start) }) {
				t.Fatalf("calls are out of order: %+v", calls)
			}
			for _, c := range calls {
				if c.State != w.state[c.ID] || c.Group != w.group[c.ID] {
					t.Fatalf("call %+v, want %s of %s", c, w.state[c.ID], w.group[c.ID])
				}
				for _, p := range c.Participants {
					if p.In != w.in[c.ID][p.User] {
						t.Fatalf("call %+v, want in %v", c, w.in[c.ID])
					}
				}
			}
		}
		for _, u := range w.users {
			groups, err := groupsOf(r, u)
			if err != nil {
				return err
			}
			for _, g := range groups {
				if w.groups[g.ID][u] == "" {
					t.Fatalf("%s sees group %+v", u, g)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatalf("read: %v", err)
	}
	w.checkWords(t)
}

// checkWords holds the index of the search against names and logins.
func (w *world) checkWords(t *rapid.T) {
	err := w.rig.Store.View(func(r store.Reader) error {
		var got, want []string
		for row, err := range tableWords.Scan(r, store.Range{}) {
			if err != nil {
				return err
			}
			got = append(got, row.Key)
		}
		for _, id := range w.users {
			u, err := userOf(r, id)
			if err != nil {
				return err
			}
			for _, word := range words(u.Name + " " + u.Login) {
				want = append(want, pair(word, id))
			}
		}
		if slices.Sort(want); !slices.Equal(got, want) {
			t.Fatalf("the search knows %q, want %q", got, want)
		}
		return nil
	})
	if err != nil {
		t.Fatalf("read: %v", err)
	}
}

func (w *world) running(group string) string {
	for id, s := range w.state {
		if s == "running" && w.group[id] == group {
			return id
		}
	}
	return ""
}
