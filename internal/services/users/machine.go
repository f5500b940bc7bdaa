// Package users keeps the profiles: who there is, by which name and colour, and who is barred.
//
// It guarantees that every account has one profile, and that at least one enabled administrator remains.
package users

// Machine is the service.
type Machine struct{}

// New returns the service.
func New() *Machine { return &Machine{} }

// Name is "users".
func (*Machine) Name() string { return "users" }
