package badgerstore

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"github.com/dgraph-io/badger/v4"

	"scaip/internal/store"
	"scaip/internal/store/storetest"
)

func open(dir string) (store.Store, error) {
	s, err := Open(dir, nil)
	if err != nil {
		return nil, err
	}
	return s, nil
}

func openInMemory(string) (store.Store, error) {
	s, err := Open("", &Options{InMemory: true})
	if err != nil {
		return nil, err
	}
	return s, nil
}

func TestMain(m *testing.M) { storetest.Main(m, open) }

func TestStoreOnDisk(t *testing.T) {
	storetest.Run(t, storetest.Opener{Open: open, Durable: true})
}

func TestStoreInMemory(t *testing.T) {
	storetest.Run(t, storetest.Opener{Open: openInMemory})
}

func TestAckedUpdatesSurviveKill(t *testing.T) { storetest.RunKill(t, open) }

func TestRefusesWhenDiskIsFull(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	s.guard.MinFree = 1 << 62 // as if somebody had filled the disk
	err = s.Update(func(store.Tx) error { t.Error("the update ran"); return nil })
	if !errors.Is(err, store.ErrFull) || !errors.Is(err, store.ErrFault) {
		t.Errorf("update: %v, want %v", err, store.ErrFull)
	}
	if err := s.View(func(store.Reader) error { return nil }); err != nil {
		t.Errorf("view: %v", err)
	}
	if _, err := Open(t.TempDir(), &Options{MinFree: 1 << 62}); !errors.Is(err, store.ErrFull) {
		t.Errorf("open: %v, want %v", err, store.ErrFull)
	}
}

func TestRefusesNewerVersion(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = s.db.Update(func(txn *badger.Txn) error { return txn.Set(versionKey, []byte("2")) })
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the refusal leaves nothing locked
		if _, err := Open(dir, nil); !errors.Is(err, store.ErrVersion) {
			t.Errorf("open: %v, want %v", err, store.ErrVersion)
		}
	}
}

func TestRefusesLargerTransactionsWhole(t *testing.T) {
	s, err := Open("", &Options{InMemory: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for name, tt := range map[string]struct{ n, size int }{"bytes": {2, store.MaxValue}, "changes": {store.MaxTxChanges + 1, 1}} {
		err := s.Update(func(tx store.Tx) error {
			for i := range tt.n {
				if err := tx.Put("t", fmt.Sprint(i), bytes.Repeat([]byte{1}, tt.size)); err != nil {
					return err
				}
			}
			return nil
		})
		if !errors.Is(err, store.ErrTooLarge) || errors.Is(err, store.ErrFault) {
			t.Errorf("too many %s: %v, want %v", name, err, store.ErrTooLarge)
		}
	}
	err = s.View(func(r store.Reader) error {
		for name := range r.Tables() {
			t.Errorf("table %s was made", name)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// More data than a memtable holds goes through tables and compactions.
func TestHoldsMoreThanAMemtable(t *testing.T) {
	for name, o := range map[string]Options{"disk": {}, "memory": {InMemory: true}} {
		t.Run(name, func(t *testing.T) {
			s, err := Open(t.TempDir(), &o)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			const n, size = 60, store.MaxValue
			for round := range 2 { // the second overwrites
				for i := range n {
					value := bytes.Repeat([]byte{byte(i + round)}, size)
					if err := s.Update(func(tx store.Tx) error { return tx.Put("t", fmt.Sprint(i), value) }); err != nil {
						t.Fatal(err)
					}
				}
			}
			err = s.View(func(r store.Reader) error {
				for i := range n {
					got, ok, err := r.Get("t", fmt.Sprint(i))
					if err != nil || !ok || !bytes.Equal(got, bytes.Repeat([]byte{byte(i + 1)}, size)) {
						t.Errorf("value %d is lost: %v, %v, %d bytes", i, ok, err, len(got))
					}
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
}

// Each opening turns the write-ahead log into a table; nobody else merges them.
func TestOpeningsLeaveFewTables(t *testing.T) {
	dir := t.TempDir()
	for i := range 2*maxLoose + 2 {
		s, err := Open(dir, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Update(func(tx store.Tx) error { return tx.Put("t", fmt.Sprint(i), []byte("v")) }); err != nil {
			t.Fatal(err)
		}
		if n := s.db.Levels()[0].NumTables; n > maxLoose {
			t.Fatalf("%d loose tables at opening %d", n, i)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
