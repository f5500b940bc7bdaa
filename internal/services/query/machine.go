// Package query keeps the materialized view: who there is, which groups and which calls, put together from the events of the services
// that own these facts, and answers GET requests from it.
//
// It decides nothing and has no events of its own. It guarantees that nobody reads a group, or a call of a group, in which he
// is not a member now, and that the cursor it gives out with an answer covers exactly what the answer was made from.
package query

import (
	"scaip/internal/event"
	"scaip/internal/store"
)

// Machine is the service.
type Machine struct{}

// New returns the service.
func New() *Machine { return &Machine{} }

// Name is "query".
func (*Machine) Name() string { return "query" }

// Decide says that nothing follows from anything. There are no commands to query.
func (*Machine) Decide(_ store.Reader, e event.Envelope) ([]event.Body, error) {
	if event.Service(e.Type) == "query" {
		return nil, event.Refuse(event.Invalid, "There are no commands to query.")
	}
	return nil, nil
}
