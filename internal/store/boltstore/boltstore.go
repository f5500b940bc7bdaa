// Package boltstore is a store in one bbolt file: for services that are read more than written.
//
// It keeps the contract of [store.Store]. An update costs two fsyncs. A table is a bucket of its name. The version of the data format
// is in a bucket whose name no table can have, so that Tables does not show it.
package boltstore

import (
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"scaip/internal/store"
)

// Version is the data format that this package writes. A file of a newer one is refused with store.ErrVersion.
const Version = 1

const (
	metaBucket = "\x00meta" // no table's name: see store.CheckTable
	versionKey = "version"

	lockTimeout = 50 * time.Millisecond

	// The file is mapped this far from the start, in address space alone: to map a grown file anew, an Update would have to wait for all Views.
	mapSize = 1 << 30
	// The file grows in steps of this.
	growStep = 1 << 20
)

// Options are the knobs of Open. The zero value is right for most.
type Options struct {
	MinFree int64 // bytes of disk to leave free: see store.DiskGuard
}

// Store is a database in one file.
type Store struct {
	life  store.Lifetime
	guard store.DiskGuard
	db    *bbolt.DB
}

// Open opens the file at path, and makes it (mode 0600) if it is not there; its directory must be. It returns store.ErrLocked at once if
// another process, or another Store of this one, has it open. On a full disk it opens what is there, for reading.
func Open(path string, o *Options) (*Store, error) {
	if o == nil {
		o = &Options{}
	}
	s := &Store{guard: store.DiskGuard{Dir: filepath.Dir(path), MinFree: o.MinFree}}
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{
		Timeout:         lockTimeout,
		InitialMmapSize: mapSize,
		FreelistType:    bbolt.FreelistMapType,
		NoStatistics:    true,
	})
	if errors.Is(err, bolterrors.ErrTimeout) {
		return nil, fmt.Errorf("open store %s: %w", path, store.ErrLocked)
	}
	if err != nil {
		return nil, store.Fault("open store "+path, err)
	}
	db.AllocSize = growStep
	s.db = db
	if err := s.checkVersion(); err != nil {
		_ = db.Close() // the reason is told already
		return nil, fmt.Errorf("open store %s: %w", path, err)
	}
	return s, nil
}

// checkVersion compares the file's data format with ours; a new file gets ours.
func (s *Store) checkVersion() error {
	var found []byte
	err := s.db.View(func(tx *bbolt.Tx) error {
		if b := tx.Bucket([]byte(metaBucket)); b != nil {
			found = append(found, b.Get([]byte(versionKey))...)
		}
		return nil
	})
	if err != nil {
		return store.Fault("read version", err)
	}
	if found != nil {
		return store.CheckVersion(string(found), Version)
	}
	return store.Fault("write version", s.db.Update(func(tx *bbolt.Tx) error {
		b, err := tx.CreateBucketIfNotExists([]byte(metaBucket))
		if err != nil {
			return err
		}
		return b.Put([]byte(versionKey), []byte(strconv.Itoa(Version)))
	}))
}

// View implements [store.Store].
func (s *Store) View(f func(store.Reader) error) error {
	if err := s.life.Enter(); err != nil {
		return err
	}
	defer s.life.Leave()
	return s.run(false, func(t *tx) error { return f(t) })
}

// Update implements [store.Store].
func (s *Store) Update(f func(store.Tx) error) error {
	if err := s.life.Enter(); err != nil {
		return err
	}
	defer s.life.Leave()
	if err := s.guard.Check(); err != nil {
		return err
	}
	return s.run(true, func(t *tx) error { return f(t) })
}

// run runs f in one transaction, which ends whatever f does.
func (s *Store) run(writable bool, f func(*tx) error) error {
	btx, err := s.db.Begin(writable)
	if err != nil {
		return store.Fault("begin transaction", err)
	}
	t := &tx{btx: btx}
	defer func() {
		t.done = true
		_ = btx.Rollback() // after a commit: ErrTxClosed, as it should be
	}()
	if err := f(t); err != nil || !writable {
		return err
	}
	t.done = true
	return store.Fault("commit", btx.Commit())
}

// Close implements [store.Store].
func (s *Store) Close() error {
	if !s.life.Close() {
		return nil
	}
	return store.Fault("close store", s.db.Close())
}
