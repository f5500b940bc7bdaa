package event

// Roles in a group.
const (
	GroupOwner  = "owner"
	GroupMember = "member"
)

// How long the recordings of a group's calls are kept. What is in force when a call ends holds for it.
const (
	KeepForever = "forever" // until somebody deletes them; the default
	KeepDays    = "days"    // that many days after the call has ended
	KeepNone    = "none"    // not beyond hanging up
)

// MaxKeepDays is the longest that KeepDays takes.
const MaxKeepDays = 3650

// Commands to groups. A group that is not archived has 1 to 1,000 members and always an owner among them; a user is in
// at most 500 groups. The administrator at the unix socket (System) may do what an owner may.
type (
	// GroupsCreate makes a group whose owner is the actor. Members may name others to add at once (at most 100).
	GroupsCreate struct {
		Name    string   `json:"name"` // 1 to 64 characters
		Members []string `json:"members,omitempty"`
	}
	GroupsRename struct {
		Group string `json:"group"`
		Name  string `json:"name"`
	}
	// GroupsAddMember (owner) adds a user.
	GroupsAddMember struct {
		Group string `json:"group"`
		User  string `json:"user"`
		Role  string `json:"role,omitempty"` // GroupMember if empty
	}
	// GroupsSetRole (owner) makes a member an owner or the reverse; the last owner stays one.
	GroupsSetRole struct {
		Group string `json:"group"`
		User  string `json:"user"`
		Role  string `json:"role"`
	}
	// GroupsRemoveMember (owner) removes somebody else.
	GroupsRemoveMember struct {
		Group string `json:"group"`
		User  string `json:"user"`
	}
	// GroupsLeave removes the actor. The last owner has to make somebody else owner first, unless alone: then the group is
	// archived. An archived group can be left by anybody.
	GroupsLeave struct {
		Group string `json:"group"`
	}
	// GroupsSetKeep (owner) says how long recordings are kept.
	GroupsSetKeep struct {
		Group string `json:"group"`
		Keep  string `json:"keep"`           // KeepForever, KeepDays or KeepNone
		Days  int    `json:"days,omitempty"` // of KeepDays: 1 to MaxKeepDays; else 0
	}
	// GroupsArchive (owner) freezes the group: it can be read, not changed, not written to, not called.
	GroupsArchive struct {
		Group string `json:"group"`
	}
)

// Events of groups.
type (
	GroupsCreated struct {
		Group string `json:"group"`
		Name  string `json:"name"`
		Owner string `json:"owner"`
	}
	GroupsRenamed struct {
		Group string `json:"group"`
		Name  string `json:"name"`
	}
	// GroupsMemberAdded comes for the owner of a new group as well.
	GroupsMemberAdded struct {
		Group string `json:"group"`
		User  string `json:"user"`
		Role  string `json:"role"`
	}
	GroupsRoleSet struct {
		Group string `json:"group"`
		User  string `json:"user"`
		Role  string `json:"role"`
	}
	// GroupsMemberRemoved: User is out; Left says that it was his own wish.
	GroupsMemberRemoved struct {
		Group string `json:"group"`
		User  string `json:"user"`
		Left  bool   `json:"left"`
	}
	// GroupsKeepSet: calls that end from now on are kept so.
	GroupsKeepSet struct {
		Group string `json:"group"`
		Keep  string `json:"keep"`
		Days  int    `json:"days,omitempty"`
	}
	GroupsArchived struct {
		Group string `json:"group"`
	}
)

func (GroupsCreate) EventType() string        { return "groups.create" }
func (GroupsRename) EventType() string        { return "groups.rename" }
func (GroupsAddMember) EventType() string     { return "groups.add_member" }
func (GroupsSetRole) EventType() string       { return "groups.set_role" }
func (GroupsRemoveMember) EventType() string  { return "groups.remove_member" }
func (GroupsLeave) EventType() string         { return "groups.leave" }
func (GroupsSetKeep) EventType() string       { return "groups.set_keep" }
func (GroupsArchive) EventType() string       { return "groups.archive" }
func (GroupsCreated) EventType() string       { return "groups.created" }
func (GroupsRenamed) EventType() string       { return "groups.renamed" }
func (GroupsMemberAdded) EventType() string   { return "groups.member_added" }
func (GroupsRoleSet) EventType() string       { return "groups.role_set" }
func (GroupsMemberRemoved) EventType() string { return "groups.member_removed" }
func (GroupsKeepSet) EventType() string       { return "groups.keep_set" }
func (GroupsArchived) EventType() string      { return "groups.archived" }
