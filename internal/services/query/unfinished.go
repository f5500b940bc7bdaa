package query

import (
	"time"

	"scaip/internal/services"
	"scaip/internal/store"
)

// Unfinished says which of the events of calls still matter to whoever serves calls that run: those after number seq, and, if a call runs, those
// since the first of them began; since is zero if none runs.
func Unfinished(s store.Store) (seq uint64, since time.Time, err error) {
	err = s.View(func(r store.Reader) error {
		marks, err := services.Applied(r)
		if err != nil {
			return err
		}
		seq = marks[string(services.Outbox("calls"))]
		for row, err := range tableRunning.Scan(r, store.Range{}) {
			if err != nil {
				return err
			}
			c, _, err := tableCalls.Get(r, row.Value)
			if err != nil {
				return err
			}
			if since.IsZero() || c.Start.Before(since) {
				since = c.Start
			}
		}
		return nil
	})
	return seq, since, err
}
