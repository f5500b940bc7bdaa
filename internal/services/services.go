// Package services is what the ten services have in common: the contract of a [Machine], the runner that drives it
// (inbox → decide → apply → outbox, with the input's offset, in one transaction; then a relay from outbox to topic), the router
// that copies records between topics, the check of sessions, and rebuilding a store from the event store.
//
// It guarantees, whatever crashes when: every record of an inbox takes effect once; every event of an outbox reaches its
// topic, in order; a store rebuilt from the event store equals the live one. docs/architecture.md gives the rules, and the crash
// simulation in this package shows that each is needed.
package services

import (
	"net/http"
	"time"

	"scaip/internal/event"
	"scaip/internal/log"
	"scaip/internal/store"
)

// Inbox is the topic a service reads.
func Inbox(service string) log.Topic { return log.Topic(service + ".in") }

// Outbox is the topic a service's events are in: its part of the event store. The service alone writes it.
func Outbox(service string) log.Topic { return log.Topic(service + ".out") }

// A Machine is the domain logic of a service. The runner calls it from one goroutine.
//
// Decide and Apply read no clock, no random number, no environment and no network: the time is the envelope's At, and IDs derive from
// the envelope's ID (event.DeriveID). So they give the same on every run.
type Machine interface {
	// Name is the service's: "messaging".
	Name() string

	// Decide says what follows from e, a command of this service or another service's event (already applied), in the
	// state r. It changes nothing. An event.Refusal answers a command; any other error parks the record. No bodies and no error
	// means that nothing had to be done: a command is then answered with event.Unchanged.
	Decide(r store.Reader, e event.Envelope) ([]event.Body, error)

	// Apply brings the event e into the tables. An own event may read and write only tables named "<own name>/…"; an
	// event of another service S only tables named "S/…", the replica of S's facts kept here (the runner enforces both). It ignores
	// event types that it does not know. An error parks the record; the transaction is undone.
	Apply(tx store.Tx, e event.Envelope) error
}

// Ticker is a Machine that has to act when time passes.
type Ticker interface {
	// Tick returns the command to decide at now, if one is due. The runner asks about once a second; it gives the command the
	// actor event.System.
	Tick(r store.Reader, now time.Time) (event.Body, bool, error)
}

// A Route is an HTTP route that a service serves.
type Route struct {
	Pattern string // in the syntax of http.ServeMux, "GET /api/me"; it has a row in event.RouteAccess
	Handler http.Handler
}

// A Delivery is a row of the routing table: records of this type go to Targets.
type Delivery struct {
	Type    string      // "messaging.posted"
	Targets []log.Topic // in the order in which they are appended to; gateway.in last
}
