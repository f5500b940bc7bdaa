package services

import (
	"context"
	"maps"

	"scaip/internal/log"
	"scaip/internal/store"
)

// A saver commits the progress of the router's sources, all that is at hand in one transaction, while they go on with their next batch.
// What was delivered and not saved is delivered again after a crash, and known as a repeat.
type saver struct {
	r    *Router
	mail map[log.Topic]chan progress // holds one a source: a source is at most two batches ahead of what is saved
	wake chan struct{}
	t    *trouble
}

func newSaver(r *Router) *saver {
	s := &saver{r: r, mail: map[log.Topic]chan progress{}, wake: make(chan struct{}, 1), t: r.trouble("save cursors")}
	for _, source := range r.o.Sources {
		s.mail[source] = make(chan progress, 1)
	}
	return s
}

// put hands p over; it waits while the one before is not yet taken.
func (s *saver) put(ctx context.Context, p progress) error {
	select {
	case s.mail[p.source] <- p:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case s.wake <- struct{}{}:
	default: // it has yet to wake up and will see p too
	}
	return nil
}

// run saves until ctx ends, and then once more what is left.
func (s *saver) run(ctx context.Context) {
	for ctx.Err() == nil {
		select {
		case <-s.wake:
		case <-ctx.Done():
		}
		var all []progress
		for _, mail := range s.mail {
			select {
			case p := <-mail:
				all = append(all, p)
			default: // nothing new from this one
			}
		}
		if len(all) > 0 {
			s.save(ctx, all)
		}
	}
}

func (s *saver) save(ctx context.Context, all []progress) {
	var wait backoff
	for {
		err := s.r.o.Store.Update(func(tx store.Tx) error {
			for _, p := range all {
				if err := p.save(tx); err != nil {
					return err
				}
			}
			return nil
		})
		if s.t.report(err); err == nil {
			s.r.saved(all)
			return
		}
		if wait.sleep(ctx); ctx.Err() != nil {
			return
		}
	}
}

// save writes the source's cursor, the marks of its targets, and what was parked, all at once: a cursor without its marks would hide a loss.
func (p *progress) save(tx store.Tx) error {
	for target, m := range p.marks {
		old, ok, err := marks.Get(tx, string(target))
		if err != nil {
			return err
		}
		if ok && old.Offset >= m.Offset {
			continue // another source has come farther
		}
		if err := marks.Put(tx, string(target), m); err != nil {
			return err
		}
	}
	for _, in := range p.parked {
		if err := park(tx, p.source, in, in.err.Error()); err != nil {
			return err
		}
	}
	return cursors.Put(tx, string(p.source), p.cursor)
}

// saved counts.
func (r *Router) saved(all []progress) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stats.Commits++
	for _, p := range all {
		r.stats.next(string(p.source), p.cursor.Offset+1)
		r.stats.Parked += len(p.parked)
		r.stats.Processed += uint64(p.count)
	}
}

// Stats returns the present state. It asks the log how far it has got, for at most a second.
func (r *Router) Stats() Stats {
	r.mu.Lock()
	s := r.stats
	s.Next = maps.Clone(s.Next)
	s.Failing = failing(r.troubles)
	r.mu.Unlock()
	s.Ready = isClosed(r.ready)
	s.measure(r.o.Log)
	return s
}

func (r *Router) trouble(name string) *trouble {
	r.mu.Lock()
	defer r.mu.Unlock()
	return register(&r.troubles, r.o.Logger, name)
}
