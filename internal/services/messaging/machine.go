// Package messaging keeps the messages of groups and answers pages of them.
//
// It guarantees that the messages of a group are numbered 1, 2, … without gaps, that a deleted message keeps its place but nothing
// else, and that only those who are in the group now read or write.
package messaging

// Machine is the service.
type Machine struct{}

// New returns the service.
func New() *Machine { return &Machine{} }

// Name is "messaging".
func (*Machine) Name() string { return "messaging" }

// Bounds that internal/event promises.
const (
	maxText  = 4000 // characters
	maxEmoji = 20   // different ones on a message
)
