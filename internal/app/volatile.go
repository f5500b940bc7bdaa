package app

import (
	"context"
	"errors"
	"time"

	"scaip/internal/log"
	"scaip/internal/services"
	"scaip/internal/services/query"
)

const (
	clockSlack = 24 * time.Hour // how far the clock may have been set while a call runs
	seqSlack   = 1000           // records before the first that matters which are read all the same
)

// callsFrom says where the edges, whose stores are volatile, begin to read what happened to calls: query, which has a store that lasts, knows
// which calls still run. So a start does not read of the thousands that are over.
func (p parts) callsFrom(ctx context.Context, topic log.Topic) (int64, error) {
	if topic != services.Outbox("calls") {
		return 0, nil
	}
	seq, since, err := query.Unfinished(p.stores["query"])
	if err != nil {
		return 0, err
	}
	last, ok, err := p.logs.events.Last(ctx, topic)
	if errors.Is(err, log.ErrNoTopic) || err == nil && !ok {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	// Numbers are dense; offsets are as well, or have holes, which make this too late: hence the look at what is there.
	from := last.Offset - int64(last.Seq-min(seq, last.Seq)) - seqSlack
	if from <= 0 || !p.before(ctx, topic, from, seq) {
		return 0, nil
	}
	if !since.IsZero() {
		at, err := p.logs.events.Seek(ctx, topic, since.Add(-clockSlack))
		return min(from, at), err
	}
	return from, nil
}

// before reports whether the record at offset is not after number seq.
func (p parts) before(ctx context.Context, topic log.Topic, offset int64, seq uint64) bool {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	for batch, err := range p.logs.events.Read(ctx, topic, offset) {
		return err == nil && batch[0].Seq <= seq
	}
	return false
}
