package event

// Roles in a group.
const (
	GroupOwner  = "owner"
	GroupMember = "member"
)

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
func (GroupsArchive) EventType() string       { return "groups.archive" }
func (GroupsCreated) EventType() string       { return "groups.created" }
func (GroupsRenamed) EventType() string       { return "groups.renamed" }
func (GroupsMemberAdded) EventType() string   { return "groups.member_added" }
func (GroupsRoleSet) EventType() string       { return "groups.role_set" }
func (GroupsMemberRemoved) EventType() string { return "groups.member_removed" }
func (GroupsArchived) EventType() string      { return "groups.archived" }
