package groups

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"scaip/internal/event"
	"scaip/internal/services"
	"scaip/internal/services/machinetest"
	"scaip/internal/store"
)

var _ services.Machine = New()

// people makes users, the last of whom is barred.
func people(rig *machinetest.Rig, ids ...string) {
	for _, id := range ids {
		rig.Hear(event.UsersCreated{User: id, Login: id, Name: id, Color: "#000000", Role: event.RoleUser})
	}
	rig.Hear(event.UsersDisabled{User: ids[len(ids)-1]})
}

// team returns a group of ada (owner) and bob.
func team(rig *machinetest.Rig) string {
	got := rig.Must("ada", event.GroupsCreate{Name: "Team", Members: []string{"bob", "ada", "bob"}})
	b, _ := event.As[event.GroupsCreated](got[0])
	return b.Group
}

func TestCreateAddsOwnerAndMembersOnce(t *testing.T) {
	rig := machinetest.New(t, New())
	people(rig, "ada", "bob", "off")
	got := rig.Must("ada", event.GroupsCreate{Name: "  Team ", Members: []string{"bob", "ada", "bob"}})
	want := []string{"groups.created", "groups.member_added", "groups.member_added"}
	if !slices.Equal(machinetest.Types(got), want) {
		t.Fatalf("events %v, want %v", machinetest.Types(got), want)
	}
	made, err := event.As[event.GroupsCreated](got[0])
	if err != nil || made.Name != "Team" || made.Owner != "ada" || !event.ValidID(made.Group) {
		t.Errorf("created %+v, %v", made, err)
	}
	if m, _ := event.As[event.GroupsMemberAdded](got[1]); m.User != "ada" || m.Role != event.GroupOwner {
		t.Errorf("first member %+v, want ada as owner", m)
	}
	if m, _ := event.As[event.GroupsMemberAdded](got[2]); m.User != "bob" || m.Role != event.GroupMember {
		t.Errorf("second member %+v, want bob as member", m)
	}
}

func TestCommands(t *testing.T) {
	hundredOne := slices.Repeat([]string{"bob"}, 101)
	cases := []struct {
		name  string
		actor string
		body  func(g string) event.Body
		code  event.Code
		types []string
	}{
		{"create without a name", "ada", func(string) event.Body { return event.GroupsCreate{Name: " "} }, event.Invalid, nil},
		{"create with a long name", "ada", func(string) event.Body { return event.GroupsCreate{Name: strings.Repeat("x", 65)} }, event.Invalid, nil},
		{"create with too many", "ada", func(string) event.Body { return event.GroupsCreate{Name: "x", Members: hundredOne} }, event.Invalid, nil},
		{"create with a stranger", "ada", func(string) event.Body { return event.GroupsCreate{Name: "x", Members: []string{"nobody"}} }, event.NotFound, nil},
		{"create with a barred user", "ada", func(string) event.Body { return event.GroupsCreate{Name: "x", Members: []string{"off"}} }, event.Conflict, nil},
		{"create by the daemon", event.System, func(string) event.Body { return event.GroupsCreate{Name: "x"} }, event.NotFound, nil},
		{"rename", "ada", func(g string) event.Body { return event.GroupsRename{Group: g, Name: "Crew"} }, "", []string{"groups.renamed"}},
		{"rename to the same", "ada", func(g string) event.Body { return event.GroupsRename{Group: g, Name: "Team "} }, "", []string{}},
		{"rename by a member", "bob", func(g string) event.Body { return event.GroupsRename{Group: g, Name: "Crew"} }, event.Denied, nil},
		{"rename by a stranger", "eve", func(g string) event.Body { return event.GroupsRename{Group: g, Name: "Crew"} }, event.NotFound, nil},
		{"rename of nothing", "ada", func(string) event.Body { return event.GroupsRename{Group: "none", Name: "Crew"} }, event.NotFound, nil},
		{"rename of a path", "ada", func(string) event.Body { return event.GroupsRename{Group: "a/b", Name: "Crew"} }, event.Invalid, nil},
		{"add", "ada", func(g string) event.Body { return event.GroupsAddMember{Group: g, User: "eve"} }, "", []string{"groups.member_added"}},
		{"add again", "ada", func(g string) event.Body { return event.GroupsAddMember{Group: g, User: "bob"} }, "", []string{}},
		{"add again in another role", "ada", func(g string) event.Body { return event.GroupsAddMember{Group: g, User: "bob", Role: "owner"} }, event.Conflict, nil},
		{"add in a strange role", "ada", func(g string) event.Body { return event.GroupsAddMember{Group: g, User: "eve", Role: "king"} }, event.Invalid, nil},
		{"add by a member", "bob", func(g string) event.Body { return event.GroupsAddMember{Group: g, User: "eve"} }, event.Denied, nil},
		{"add a barred user", "ada", func(g string) event.Body { return event.GroupsAddMember{Group: g, User: "off"} }, event.Conflict, nil},
		{"add nobody", "ada", func(g string) event.Body { return event.GroupsAddMember{Group: g, User: "nobody"} }, event.NotFound, nil},
		{"promote", "ada", func(g string) event.Body { return event.GroupsSetRole{Group: g, User: "bob", Role: "owner"} }, "", []string{"groups.role_set"}},
		{"demote the last owner", "ada", func(g string) event.Body { return event.GroupsSetRole{Group: g, User: "ada", Role: "member"} }, event.Conflict, nil},
		{"role of a stranger", "ada", func(g string) event.Body { return event.GroupsSetRole{Group: g, User: "eve", Role: "owner"} }, event.NotFound, nil},
		{"role without one", "ada", func(g string) event.Body { return event.GroupsSetRole{Group: g, User: "bob"} }, event.Invalid, nil},
		{"remove", "ada", func(g string) event.Body { return event.GroupsRemoveMember{Group: g, User: "bob"} }, "", []string{"groups.member_removed"}},
		{"remove oneself", "ada", func(g string) event.Body { return event.GroupsRemoveMember{Group: g, User: "ada"} }, event.Invalid, nil},
		{"remove by a member", "bob", func(g string) event.Body { return event.GroupsRemoveMember{Group: g, User: "ada"} }, event.Denied, nil},
		{"remove a stranger", "ada", func(g string) event.Body { return event.GroupsRemoveMember{Group: g, User: "eve"} }, event.NotFound, nil},
		{"leave", "bob", func(g string) event.Body { return event.GroupsLeave{Group: g} }, "", []string{"groups.member_removed"}},
		{"leave as the last owner", "ada", func(g string) event.Body { return event.GroupsLeave{Group: g} }, event.Conflict, nil},
		{"leave as a stranger", "eve", func(g string) event.Body { return event.GroupsLeave{Group: g} }, event.NotFound, nil},
		{"keep for days", "ada", func(g string) event.Body { return event.GroupsSetKeep{Group: g, Keep: "days", Days: 30} }, "", []string{"groups.keep_set"}},
		{"keep nothing", "ada", func(g string) event.Body { return event.GroupsSetKeep{Group: g, Keep: "none"} }, "", []string{"groups.keep_set"}},
		{"keep as it was", "ada", func(g string) event.Body { return event.GroupsSetKeep{Group: g, Keep: "forever"} }, "", []string{}},
		{"keep for no days", "ada", func(g string) event.Body { return event.GroupsSetKeep{Group: g, Keep: "days"} }, event.Invalid, nil},
		{"keep for too many days", "ada", func(g string) event.Body { return event.GroupsSetKeep{Group: g, Keep: "days", Days: 3651} }, event.Invalid, nil},
		{"keep for good, for days", "ada", func(g string) event.Body { return event.GroupsSetKeep{Group: g, Keep: "forever", Days: 1} }, event.Invalid, nil},
		{"keep somehow", "ada", func(g string) event.Body { return event.GroupsSetKeep{Group: g, Keep: "maybe"} }, event.Invalid, nil},
		{"keep, by a member", "bob", func(g string) event.Body { return event.GroupsSetKeep{Group: g, Keep: "none"} }, event.Denied, nil},
		{"keep, by a stranger", "eve", func(g string) event.Body { return event.GroupsSetKeep{Group: g, Keep: "none"} }, event.NotFound, nil},
		{"archive", "ada", func(g string) event.Body { return event.GroupsArchive{Group: g} }, "", []string{"groups.archived"}},
		{"archive by a member", "bob", func(g string) event.Body { return event.GroupsArchive{Group: g} }, event.Denied, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			rig := machinetest.New(t, New())
			people(rig, "ada", "bob", "eve", "off")
			got, err := rig.Do(c.actor, c.body(team(rig)))
			if code := machinetest.CodeOf(err); code != c.code {
				t.Fatalf("code %q (%v), want %q", code, err, c.code)
			}
			if c.types != nil && !slices.Equal(machinetest.Types(got), c.types) {
				t.Errorf("events %v, want %v", machinetest.Types(got), c.types)
			}
		})
	}
}

func TestArchiveFreezes(t *testing.T) {
	rig := machinetest.New(t, New())
	people(rig, "ada", "bob", "eve", "off")
	g := team(rig)
	rig.Must("ada", event.GroupsArchive{Group: g})
	for _, body := range []event.Body{
		event.GroupsRename{Group: g, Name: "Crew"}, event.GroupsAddMember{Group: g, User: "eve"},
		event.GroupsSetRole{Group: g, User: "bob", Role: event.GroupOwner}, event.GroupsRemoveMember{Group: g, User: "bob"},
	} {
		if _, err := rig.Do("ada", body); machinetest.CodeOf(err) != event.Conflict {
			t.Errorf("%s in an archived group: %v, want %s", body.EventType(), err, event.Conflict)
		}
	}
	if got := rig.Must("ada", event.GroupsArchive{Group: g}); len(got) != 0 {
		t.Errorf("archiving again gives %v", machinetest.Types(got))
	}
	rig.Must("ada", event.GroupsLeave{Group: g}) // the last owner
	if _, err := rig.Do("ada", event.GroupsArchive{Group: g}); machinetest.CodeOf(err) != event.NotFound {
		t.Errorf("who has left still sees the group: %v", err)
	}
}

func TestTheLastMemberArchivesByLeaving(t *testing.T) {
	rig := machinetest.New(t, New())
	people(rig, "ada", "bob", "off")
	g := team(rig)
	rig.Must("bob", event.GroupsLeave{Group: g})
	got := machinetest.Types(rig.Must("ada", event.GroupsLeave{Group: g}))
	if want := []string{"groups.archived", "groups.member_removed"}; !slices.Equal(got, want) {
		t.Errorf("events %v, want %v", got, want)
	}
}

func TestTheOperatorActsAsAnOwner(t *testing.T) {
	rig := machinetest.New(t, New())
	people(rig, "ada", "bob", "off")
	g := team(rig)
	do := func(session string, body event.Body) event.Code {
		_, err := rig.DoAs(event.System, session, body)
		return machinetest.CodeOf(err)
	}
	if got := do("", event.GroupsRename{Group: g, Name: "Crew"}); got != event.NotFound {
		t.Errorf("the daemon without the socket: %q, want %q", got, event.NotFound)
	}
	if got := do(event.LocalSession, event.GroupsRename{Group: g, Name: "Crew"}); got != "" {
		t.Errorf("rename: %q", got)
	}
	if got := do(event.LocalSession, event.GroupsRemoveMember{Group: g, User: "ada"}); got != event.Conflict {
		t.Errorf("removing the last owner: %q, want %q", got, event.Conflict)
	}
	if got := do(event.LocalSession, event.GroupsLeave{Group: g}); got != event.Invalid {
		t.Errorf("leave: %q, want %q", got, event.Invalid)
	}
}

func TestBoundsOfMembersAndGroups(t *testing.T) {
	rig := machinetest.New(t, New())
	people(rig, "ada", "bob", "off")
	g := team(rig)
	for i := range maxMembers - 2 {
		id := fmt.Sprintf("u%d", i)
		rig.Hear(event.UsersCreated{User: id})
		rig.Must("ada", event.GroupsAddMember{Group: g, User: id})
	}
	rig.Hear(event.UsersCreated{User: "one-more"})
	if _, err := rig.Do("ada", event.GroupsAddMember{Group: g, User: "one-more"}); machinetest.CodeOf(err) != event.Conflict {
		t.Errorf("member %d: %v, want %s", maxMembers+1, err, event.Conflict)
	}
	for range maxGroups {
		rig.Must("one-more", event.GroupsCreate{Name: "x"})
	}
	if _, err := rig.Do("one-more", event.GroupsCreate{Name: "x"}); machinetest.CodeOf(err) != event.Conflict {
		t.Errorf("group %d of a user: %v, want %s", maxGroups+1, err, event.Conflict)
	}
}

func read(t machinetest.TB, rig *machinetest.Rig, f func(store.Reader) error) {
	if err := rig.Store.View(f); err != nil {
		t.Fatalf("read: %v", err)
	}
}

func FuzzCommandBody(f *testing.F) {
	types := []string{
		"groups.create", "groups.rename", "groups.add_member", "groups.set_role", "groups.remove_member", "groups.leave", "groups.archive",
	}
	for i := range types {
		f.Add(i, []byte(`{"group":"G","name":"Team","user":"bob","role":"owner","members":["bob","eve"]}`))
	}
	f.Add(0, []byte(`{"name":"\u202e"}`))
	f.Fuzz(func(t *testing.T, which int, body []byte) {
		rig := machinetest.New(t, New())
		people(rig, "ada", "bob", "eve", "off")
		body = []byte(strings.ReplaceAll(string(body), `"G"`, `"`+team(rig)+`"`))
		typ := types[((which%len(types))+len(types))%len(types)]
		_, err := rig.Decide(event.Envelope{ID: "c", Type: typ, At: rig.Now, Actor: "ada", Session: "s", Body: json.RawMessage(body)})
		if err != nil {
			if _, ok := event.AsRefusal(err); !ok {
				t.Errorf("%s %q: %v, want a Refusal", typ, body, err)
			}
		}
		rig.Rebuild(func(int) int { return 0 })
	})
}
