// Package calls keeps calls: who made them, when they run, and who sits in them.
//
// It guarantees that a group has at most one running call, that a user has one seat in a call whose number is his for good, and that a
// seat is given up half a minute or so after its owner's last media socket.
package calls

import (
	"time"

	"scaip/internal/event"
	"scaip/internal/store"
)

// Machine is the service. It is a services.Ticker.
type Machine struct {
	up time.Time // when Tick was first asked; Decide and Apply don't read it
}

// New returns the service.
func New() *Machine { return &Machine{} }

// Name is "calls".
func (*Machine) Name() string { return "calls" }

// Bounds that internal/event promises.
const (
	maxTitle     = 100   // characters
	maxIn        = 200   // who is in a call at once
	maxSeat      = 16383 // of a call, ever: a track number has 14 bits for it (docs/wire.md)
	maxScheduled = 100   // calls waiting in a group
	maxAhead     = 366 * 24 * time.Hour
)

// Patience of calls.
const (
	seatPatience  = 30 * time.Second // with a seat without a media socket
	startPatience = 10 * time.Minute // with a call that nobody has joined
	emptyPatience = 30 * time.Second // with a call whose last participant was lost: the connection may come back
	latePatience  = time.Hour        // with a scheduled call that could not start: another was running, or the daemon was down
)

// maxDue bounds the events of one tick; the next tick goes on.
const maxDue = 500

// Tick says whether there is something to do at now.
func (m *Machine) Tick(r store.Reader, now time.Time) (event.Body, bool, error) {
	if m.up.IsZero() {
		m.up = now
	}
	tick := event.CallsTick{Up: m.up}
	todo, err := due{r: r, now: now, up: m.up, limit: 1}.all()
	return tick, len(todo) > 0, err
}
