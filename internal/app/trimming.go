package app

import (
	"time"

	"scaip/internal/services"
)

const (
	trimEvery = 30 * time.Second

	// Of what is consumed, so many records stay in an inbox: a volatile service looks back over the last ones at its start. The gateway's are
	// what a client may resume from.
	keepConsumed        = 20_000
	keepConsumedGateway = 50_000
)

// newTrimmer keeps the inboxes from growing for ever.
func (s *system) newTrimmer(p parts) *services.Trimmer {
	o := services.TrimmerOptions{Log: p.logs.events, Every: trimEvery, Logger: p.config.Logger}
	for _, name := range names() {
		in := services.Consumed{Topic: services.Inbox(name), Next: s.runners[name].Applied, Keep: keepConsumed}
		if name == "gateway" { // two read it
			in.Keep = keepConsumedGateway
			in.Next = func() int64 { return min(s.runners["gateway"].Applied(), s.gateway.Seen()) }
		}
		o.Inboxes = append(o.Inboxes, in)
	}
	source := services.Inbox("dispatch")
	o.Copied = services.Consumed{Topic: source, Next: func() int64 { return s.router.Saved(source) }, Keep: keepConsumed}
	return services.NewTrimmer(o)
}
