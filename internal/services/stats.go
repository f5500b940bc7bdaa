package services

import (
	"context"
	"maps"
	"time"

	"scaip/internal/log"
)

// next notes the offset at which a topic is read next.
func (s *Stats) next(topic string, offset int64) {
	if s.Next == nil {
		s.Next = map[string]int64{}
	}
	s.Next[topic] = offset
}

// measure asks the log how far behind the readers are.
func (s *Stats) measure(l log.Log) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	s.Lag = map[string]int64{}
	for topic, next := range s.Next {
		b, err := l.Bounds(ctx, log.Topic(topic))
		if s.Lag[topic] = max(b.Next-next, 0); err != nil {
			s.Lag[topic] = -1
		}
	}
}

// Applied returns the offset of the inbox's first record that has not taken effect yet; negative before Ready.
func (r *Runner) Applied() int64 {
	if !isClosed(r.ready) {
		return -1
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.stats.Next[string(Inbox(r.name))]
}

// Saved returns the offset of a source's first record that the router does not know yet, or not for good, to be delivered; negative if it has not
// come that far since the start.
func (r *Router) Saved(source log.Topic) int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	if next, ok := r.stats.Next[string(source)]; ok {
		return next
	}
	return -1
}

// Stats returns the present state. It asks the log how far it has got, for at most a second.
func (r *Runner) Stats() Stats {
	r.mu.Lock()
	s := r.stats
	s.Next = maps.Clone(s.Next)
	s.Failing = failing(r.troubles)
	r.mu.Unlock()
	s.Ready = isClosed(r.ready)
	s.Relayed = r.events.sent.Load()
	s.parked(r.o.Store)
	s.measure(r.o.Log)
	return s
}

// trouble returns the trouble of an activity.
func (r *Runner) trouble(name string) *trouble {
	r.mu.Lock()
	defer r.mu.Unlock()
	return register(&r.troubles, r.o.Logger, name)
}

func failing(troubles []*trouble) string {
	for _, t := range troubles {
		if text := t.text(); text != "" {
			return text
		}
	}
	return ""
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
