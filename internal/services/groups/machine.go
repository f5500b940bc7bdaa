// Package groups keeps groups, their members and the roles in them.
//
// It guarantees that a group which is not archived has an owner among 1 to 1,000 members, that an archived group changes only by
// people leaving it, and that nobody learns from a refusal about a group he is not in.
package groups

// Machine is the service.
type Machine struct{}

// New returns the service.
func New() *Machine { return &Machine{} }

// Name is "groups".
func (*Machine) Name() string { return "groups" }

// Bounds that internal/event promises.
const (
	maxMembers = 1000
	maxGroups  = 500 // of a user
	maxInitial = 100 // members named in groups.create
)
