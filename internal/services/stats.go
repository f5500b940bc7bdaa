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

// Stats returns the present state. It asks the log how far it has got, for at most a second.
func (r *Runner) Stats() Stats {
	r.mu.Lock()
	s := r.stats
	s.Next = maps.Clone(s.Next)
	s.Failing = failing(r.troubles)
	r.mu.Unlock()
	s.Ready = isClosed(r.ready)
	s.Relayed = r.events.sent.Load()
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
