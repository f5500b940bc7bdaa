package services

import (
	"slices"

	"scaip/internal/event"
	"scaip/internal/log"
)

// Feeds says which events of which outboxes are delivered to a service: outbox topic → type → true. Its store can be rebuilt from them and
// from its own outbox.
type Feeds map[log.Topic]map[string]bool

// FeedsOf takes from the routing table what is delivered to service's inbox: types of other services. (Those of its own are
// commands, which leave no trace but its own events.)
func FeedsOf(table []Delivery, service string) Feeds {
	feeds := Feeds{}
	for _, d := range table {
		from := event.Service(d.Type)
		if from == service || !slices.Contains(d.Targets, Inbox(service)) {
			continue
		}
		topic := Outbox(from)
		if feeds[topic] == nil {
			feeds[topic] = map[string]bool{}
		}
		feeds[topic][d.Type] = true
	}
	return feeds
}
