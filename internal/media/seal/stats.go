package seal

import (
	"fmt"
	"time"

	"scaip/internal/store"
)

// Stats say how much is kept.
type Stats struct {
	Files   int   // sealed calls that have one
	Bytes   int64 // of them
	Waiting int   // calls that are to be sealed or deleted
}

// A Kept is a sealed call's file.
type Kept struct {
	Call     string
	Bytes    int64
	Sealed   time.Time
	Duration time.Duration
}

// Each calls f with every file there is, until it returns an error.
func (s *Sealer) Each(f func(Kept) error) error {
	err := s.o.Ledger.View(func(r store.Reader) error {
		for row, err := range done.Scan(r, store.Range{}) {
			if err != nil {
				return err
			}
			if row.Value.Empty {
				continue
			}
			if err := f(Kept{row.Key, row.Value.Bytes, row.Value.Sealed, row.Value.Duration}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("list sealed calls: %w", err)
	}
	return nil
}

// Stats counts what is in the ledger. It goes through all of it when that has changed since the last time.
func (s *Sealer) Stats() (st Stats, err error) {
	s.mu.Lock()
	generation := s.generation
	if s.counted.ok && s.counted.generation == generation {
		defer s.mu.Unlock()
		return s.counted.stats, nil
	}
	s.mu.Unlock()
	err = s.Each(func(k Kept) error {
		st.Files, st.Bytes = st.Files+1, st.Bytes+k.Bytes
		return nil
	})
	if err != nil {
		return st, err
	}
	err = s.o.Ledger.View(func(r store.Reader) error {
		for _, err := range todo.Scan(r, store.Range{}) {
			if err != nil {
				return err
			}
			st.Waiting++
		}
		return nil
	})
	if err != nil {
		return st, fmt.Errorf("count sealed calls: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counted = counted{true, generation, st}
	return st, nil
}

// counted is what Stats found, and when.
type counted struct {
	ok         bool
	generation int
	stats      Stats
}

// update changes the ledger.
func (s *Sealer) update(f func(store.Tx) error) error {
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.generation++
	}()
	return s.o.Ledger.Update(f)
}
