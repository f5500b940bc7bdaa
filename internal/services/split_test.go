package services_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"scaip/internal/services"
	"scaip/internal/store"
	"scaip/internal/store/memstore"
)

// small is a store that takes few changes a transaction, as badger does.
type small struct {
	store.Store
	most int
}

func (s small) Update(f func(store.Tx) error) error {
	return s.Store.Update(func(tx store.Tx) error { return f(&smallTx{Tx: tx, left: s.most}) })
}

type smallTx struct {
	store.Tx
	left int
}

func (t *smallTx) Put(table, key string, value []byte) error {
	if t.left--; t.left < 0 {
		return fmt.Errorf("put: %w", store.ErrTooLarge)
	}
	return t.Tx.Put(table, key, value)
}

// TestSplitsWhatIsTooMuch: records that do not fit into one transaction together go into several; none is parked for it.
func TestSplitsWhatIsTooMuch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLog(t)
		put(t, l, "rooms.in", "dispatch.in", 1, command(t, "c0", "ada", body{typ: "rooms.open", Room: "r"}))
		for i := range 100 {
			put(t, l, "rooms.in", "dispatch.in", uint64(i+2), command(t, fmt.Sprint("c", i+1), "ada", body{typ: "rooms.open", Room: fmt.Sprint("r", i)}))
		}
		r := services.NewRunner(options(rooms{}, l, small{memstore.New(), 40}))
		start(t, r)
		synctest.Wait()
		want(t, "parked", r.Stats().Parked, 0)
		want(t, "lag", r.Stats().Lag, map[string]int64{"rooms.in": 0})
		if commits := r.Stats().Commits; commits < 4 {
			t.Errorf("%d commits: the batch was not too much, the test shows nothing", commits)
		}
		c, err := r.Rebuild(context.Background(), small{memstore.New(), 40}, time.Time{})
		if err != nil || c.Differ > 0 || c.Events < 100 {
			t.Errorf("rebuild into a small store: %+v, %v", c, err)
		}
	})
}
