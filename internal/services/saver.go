package services

import (
	"context"
	"maps"
	"sync"
	"time"

	"scaip/internal/log"
	"scaip/internal/store"
)

// saveEvery is the pause between two saves: what was delivered meanwhile is delivered again after a crash. A save costs two syncs of the disk,
// which the records on their way would wait behind.
const saveEvery = 50 * time.Millisecond

// saveMost is how many records a source may be ahead of what is saved, so that a store that fails holds up the router and not the memory.
const saveMost = 10_000

// A saver commits the progress of the router's sources, all that is at hand in one transaction, while they go on. A source hands over what
// was appended to its targets, so what is saved is never ahead of that. What was delivered and not saved is delivered again after a crash, and
// known as a repeat.
type saver struct {
	r    *Router
	wake chan struct{} // holds one: there is something to save
	t    *trouble

	mu   sync.Mutex
	mail map[log.Topic]progress // what is not saved yet, by source
	room chan struct{}          // closed and replaced when mail was collected
}

func newSaver(r *Router) *saver {
	return &saver{r: r, mail: map[log.Topic]progress{}, room: make(chan struct{}), wake: make(chan struct{}, 1), t: r.trouble("save cursors")}
}

// put hands p over; it waits while too much is not saved.
func (s *saver) put(ctx context.Context, p progress) error {
	s.mu.Lock()
	for s.mail[p.source].count >= saveMost {
		room := s.room
		s.mu.Unlock()
		select {
		case <-room:
		case <-ctx.Done():
			return ctx.Err()
		}
		s.mu.Lock()
	}
	if old, ok := s.mail[p.source]; ok {
		p.after(old)
	}
	s.mail[p.source] = p
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default: // it has yet to wake up and will see p too
	}
	return nil
}

// after makes p the progress of both, old being the one before.
func (p *progress) after(old progress) {
	p.parked = append(old.parked, p.parked...)
	p.count += old.count
	for target, m := range old.marks {
		if now, ok := p.marks[target]; !ok || now.Offset < m.Offset {
			p.marks[target] = m
		}
	}
}

// run saves until ctx ends, and then once more what is left.
func (s *saver) run(ctx context.Context) {
	pause := time.NewTimer(0)
	defer pause.Stop()
	for ctx.Err() == nil {
		select {
		case <-pause.C:
			select {
			case <-s.wake:
			case <-ctx.Done():
			}
		case <-ctx.Done():
		}
		if all := s.collect(); len(all) > 0 {
			s.save(ctx, all)
		}
		pause.Reset(saveEvery)
	}
}

// collect takes all that is to be saved.
func (s *saver) collect() (all []progress) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for source, p := range s.mail {
		all = append(all, p)
		delete(s.mail, source)
	}
	close(s.room)
	s.room = make(chan struct{})
	return all
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
	s.parked(r.o.Store)
	s.measure(r.o.Log)
	return s
}

func (r *Router) trouble(name string) *trouble {
	r.mu.Lock()
	defer r.mu.Unlock()
	return register(&r.troubles, r.o.Logger, name)
}
