package groups

import (
	"testing"

	"pgregory.net/rapid"

	"scaip/internal/event"
	"scaip/internal/services/machinetest"
	"scaip/internal/store"
)

// model is a group as a reader of the rules would keep it.
type model struct {
	roles    map[string]string
	archived bool
}

func (m *model) owners() (n int) {
	for _, r := range m.roles {
		if r == event.GroupOwner {
			n++
		}
	}
	return n
}

// may reports whether actor may change the group now.
func (m *model) may(actor string) bool { return !m.archived && m.roles[actor] == event.GroupOwner }

// sole reports whether user is the only owner.
func (m *model) sole(user string) bool { return m.roles[user] == event.GroupOwner && m.owners() == 1 }

// world is the state of one random run: the machine and the model beside it. Its methods are the moves (see
// rapid.StateMachineActions).
type world struct {
	rig    *machinetest.Rig
	groups map[string]*model
	ids    []string
}

// TestAgainstModel runs random commands beside a model: a group that is not archived always has an owner, and the store
// rebuilt from the events, mixed in any way, equals the live one.
func TestAgainstModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := &world{rig: machinetest.New(t, New()), groups: map[string]*model{}}
		people(w.rig, "a", "b", "c", "d", "off")
		t.Repeat(rapid.StateMachineActions(w))
		w.rig.Rebuild(func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "next") })
	})
}

func (w *world) pick(t *rapid.T) (string, *model) {
	if len(w.ids) == 0 {
		t.Skip("no group yet")
	}
	id := rapid.SampledFrom(w.ids).Draw(t, "group")
	return id, w.groups[id]
}

// do gives the command, which is to be taken or not, and reports whether it was.
func (w *world) do(t *rapid.T, actor string, want bool, body event.Body) bool {
	_, err := w.rig.Do(actor, body)
	if want != (err == nil) {
		t.Fatalf("%s %+v of %s: %v, want ok %v", body.EventType(), body, actor, err, want)
	}
	return err == nil
}

func user(t *rapid.T, label string) string {
	return rapid.SampledFrom([]string{"a", "b", "c", "d", "off", "nobody"}).Draw(t, label)
}

func role(t *rapid.T) string {
	return rapid.SampledFrom([]string{event.GroupOwner, event.GroupMember}).Draw(t, "role")
}

func known(u string) bool { return u != "off" && u != "nobody" }

func (w *world) Create(t *rapid.T) {
	actor, other := user(t, "actor"), user(t, "member")
	if w.do(t, actor, known(actor) && known(other), event.GroupsCreate{Name: "x", Members: []string{other}}) {
		id := event.DeriveID(event.Envelope{Actor: actor, ID: w.rig.Said[len(w.rig.Said)-1].Cause}, "group")
		w.groups[id] = &model{roles: map[string]string{other: event.GroupMember}}
		w.groups[id].roles[actor] = event.GroupOwner
		w.ids = append(w.ids, id)
	}
}

func (w *world) Add(t *rapid.T) {
	id, m := w.pick(t)
	actor, other, r := user(t, "actor"), user(t, "user"), role(t)
	ok := m.may(actor) && (m.roles[other] == r || m.roles[other] == "" && known(other))
	if w.do(t, actor, ok, event.GroupsAddMember{Group: id, User: other, Role: r}) {
		m.roles[other] = r
	}
}

func (w *world) SetRole(t *rapid.T) {
	id, m := w.pick(t)
	actor, other, r := user(t, "actor"), user(t, "user"), role(t)
	ok := m.may(actor) && m.roles[other] != "" && (r == event.GroupOwner || !m.sole(other))
	if w.do(t, actor, ok, event.GroupsSetRole{Group: id, User: other, Role: r}) {
		m.roles[other] = r
	}
}

func (w *world) Remove(t *rapid.T) {
	id, m := w.pick(t)
	actor, other := user(t, "actor"), user(t, "user")
	ok := m.may(actor) && m.roles[other] != "" && actor != other
	if w.do(t, actor, ok, event.GroupsRemoveMember{Group: id, User: other}) {
		delete(m.roles, other)
	}
}

func (w *world) Leave(t *rapid.T) {
	id, m := w.pick(t)
	actor, alone := user(t, "actor"), len(m.roles) == 1
	ok := m.roles[actor] != "" && (m.archived || alone || !m.sole(actor))
	if w.do(t, actor, ok, event.GroupsLeave{Group: id}) {
		m.archived = m.archived || alone
		delete(m.roles, actor)
	}
}

func (w *world) Archive(t *rapid.T) {
	id, m := w.pick(t)
	actor := user(t, "actor")
	if w.do(t, actor, m.roles[actor] == event.GroupOwner, event.GroupsArchive{Group: id}) {
		m.archived = true
	}
}

// Check holds the store against the model.
func (w *world) Check(t *rapid.T) { compare(t, w.rig, w.groups) }

// compare holds the store against the model.
func compare(t *rapid.T, rig *machinetest.Rig, groups map[string]*model) {
	counts := map[string]int{}
	read(t, rig, func(r store.Reader) error {
		for id, m := range groups {
			g, _, err := tableGroups.Get(r, id)
			if err != nil {
				return err
			}
			if g.Members != len(m.roles) || g.Owners != m.owners() || g.Archived != m.archived {
				t.Fatalf("group %+v, want %+v", g, *m)
			}
			if !g.Archived && g.Owners == 0 {
				t.Fatalf("group %+v has no owner", g)
			}
			for user, want := range m.roles {
				counts[user]++
				if got, _, err := tableMembers.Get(r, memberKey(id, user)); err != nil || got.Role != want {
					t.Fatalf("%s is %q (%v), want %q", user, got.Role, err, want)
				}
			}
		}
		for user, want := range counts {
			if got, _, err := tableCounts.Get(r, user); err != nil || got != want {
				t.Fatalf("%s is in %d groups (%v), want %d", user, got, err, want)
			}
		}
		return nil
	})
}
