package boltstore_test

import (
	"errors"
	"path/filepath"
	"testing"

	"go.etcd.io/bbolt"

	"scaip/internal/store"
	"scaip/internal/store/boltstore"
	"scaip/internal/store/storetest"
)

func open(dir string) (store.Store, error) {
	s, err := boltstore.Open(filepath.Join(dir, "test.bolt"), nil)
	if err != nil {
		return nil, err
	}
	return s, nil
}

func TestMain(m *testing.M) { storetest.Main(m, open) }

func TestStore(t *testing.T) {
	storetest.Run(t, storetest.Opener{Open: open, Durable: true})
}

func TestAckedUpdatesSurviveKill(t *testing.T) { storetest.RunKill(t, open) }

func TestRefusesWhenDiskIsFull(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.bolt")
	s, err := boltstore.Open(path, &boltstore.Options{MinFree: 1 << 62})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	err = s.Update(func(store.Tx) error { t.Error("the update ran"); return nil })
	if !errors.Is(err, store.ErrFull) || !errors.Is(err, store.ErrFault) {
		t.Errorf("update: %v, want %v", err, store.ErrFull)
	}
	if err := s.View(func(store.Reader) error { return nil }); err != nil {
		t.Errorf("view: %v", err)
	}
}

func TestRefusesNewerVersion(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.bolt")
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		b, err := tx.CreateBucket([]byte("\x00meta"))
		if err != nil {
			return err
		}
		return b.Put([]byte("version"), []byte("2"))
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the refusal leaves nothing locked
		if _, err := boltstore.Open(path, nil); !errors.Is(err, store.ErrVersion) {
			t.Errorf("open: %v, want %v", err, store.ErrVersion)
		}
	}
}
