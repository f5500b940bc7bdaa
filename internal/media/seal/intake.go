package seal

import (
	"context"
	"fmt"

	"scaip/internal/store"
)

// intake brings new fates into the ledger.
func (s *Sealer) intake() error {
	for {
		var after uint64
		err := s.o.Ledger.View(func(r store.Reader) (err error) {
			after, _, err = marks.Get(r, markFates)
			return err
		})
		if err != nil {
			return fmt.Errorf("read ledger: %w", err)
		}
		fates, err := s.o.Fates(after, 500)
		if err != nil {
			return fmt.Errorf("read fates: %w", err)
		}
		if len(fates) == 0 {
			return nil
		}
		err = s.update(func(tx store.Tx) error {
			for _, f := range fates {
				if err := s.enter(tx, f); err != nil {
					return err
				}
			}
			return marks.Put(tx, markFates, fates[len(fates)-1].Number)
		})
		if err != nil {
			return fmt.Errorf("write ledger: %w", err)
		}
		s.mu.Lock()
		for _, f := range fates { // a new fate is tried at once
			delete(s.failed, f.Call)
		}
		s.mu.Unlock()
	}
}

func (s *Sealer) enter(tx store.Tx, f Fate) error {
	now := s.o.Now().UTC()
	if f.Gone {
		if err := gone.Put(tx, f.Call, now); err != nil {
			return err
		}
		if err := done.Delete(tx, f.Call); err != nil {
			return err
		}
		return todo.Put(tx, f.Call, task{toDelete, now})
	}
	for _, known := range []interface {
		Has(store.Reader, string) (bool, error)
	}{done, gone} {
		if is, err := known.Has(tx, f.Call); err != nil || is {
			return err
		}
	}
	return todo.Put(tx, f.Call, task{toSeal, now})
}

// sweep looks through the topics that are there: those of calls that are sealed or deleted have come back, and go again. After a power
// cut, a deletion may be lost although it was acknowledged.
func (s *Sealer) sweep(ctx context.Context) error {
	infos, err := s.o.Log.Topics(ctx, "call.")
	if err != nil {
		return fmt.Errorf("list topics of calls: %w", err)
	}
	return s.update(func(tx store.Tx) error {
		for _, info := range infos {
			call, ok := CallOf(info.Topic)
			if !ok {
				continue
			}
			what := ""
			if is, err := done.Has(tx, call); err != nil {
				return err
			} else if is {
				what = toClear
			}
			if is, err := gone.Has(tx, call); err != nil {
				return err
			} else if is {
				what = toDelete
			}
			if what == "" {
				continue
			}
			if err := todo.Put(tx, call, task{what, s.o.Now().UTC()}); err != nil {
				return err
			}
		}
		return nil
	})
}
