package seal

import (
	"fmt"

	"scaip/internal/store"
)

// Stats say how much is kept.
type Stats struct {
	Files   int   // sealed calls that have one
	Bytes   int64 // of them
	Waiting int   // calls that are to be sealed or deleted
}

// Stats counts what is in the ledger, all of it.
func (s *Sealer) Stats() (st Stats, err error) {
	err = s.o.Ledger.View(func(r store.Reader) error {
		for row, err := range done.Scan(r, store.Range{}) {
			if err != nil {
				return err
			}
			if !row.Value.Empty {
				st.Files, st.Bytes = st.Files+1, st.Bytes+row.Value.Bytes
			}
		}
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
	return st, nil
}
