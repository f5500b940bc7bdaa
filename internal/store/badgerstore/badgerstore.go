// Package badgerstore is a store in badger, on disk or in memory: for services that are written much.
//
// It keeps the contract of [store.Store]; in memory nothing outlives Close. An update costs one fsync. The key of an entry is its table's
// name, a zero byte, and its key. The version of the data format is under a key that begins with a zero byte, as no table's name does, so
// that Tables does not show it.
//
// Badger is set up small (see settings): a daemon has several stores, and none is large. One Update runs at a time, so badger's detection
// of conflicts is off. An Update reads from a snapshot and keeps its changes aside until it commits: badger's own read-write
// transaction sorts all its changes at each scan, and allows one scan at a time.
package badgerstore

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"

	"scaip/internal/store"
)

// Version is the data format that this package writes. A store of a newer one is refused with store.ErrVersion.
const Version = 1

var versionKey = []byte("\x00version")

const lockName = "store.lock" // badger has a lock of its own, but reports it as text only

// Options are the knobs of Open. The zero value is right for most.
type Options struct {
	InMemory bool         // keep everything in memory; dir is ignored
	MinFree  int64        // bytes of disk to leave free: see store.DiskGuard
	Logger   *slog.Logger // badger's warnings and errors; nil: dropped
}

// Store is a database in one directory, or in memory.
type Store struct {
	life  store.Lifetime
	guard store.DiskGuard
	db    *badger.DB
	lock  *os.File // held while open; nil in memory

	update sync.Mutex // held by the one Update
	failed error      // of a commit; guarded by update

	written atomic.Int64  // bytes since the last compaction was considered
	wake    chan struct{} // of capacity 1: consider one
	stop    chan struct{}
	upkeep  sync.WaitGroup
}

// Open opens the store in dir, and makes the directory (mode 0700) if it is not there; its parent must be. It returns
// store.ErrLocked at once if another process, or another Store of this one, has it open, and store.ErrFull if less than MinFree is left.
func Open(dir string, o *Options) (*Store, error) {
	if o == nil {
		o = &Options{}
	}
	s := &Store{wake: make(chan struct{}, 1), stop: make(chan struct{})}
	if o.InMemory {
		dir, s.guard.MinFree = "", -1
	} else {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, store.Fault("make store", err)
		}
		s.guard = store.DiskGuard{Dir: dir, MinFree: o.MinFree}
	}
	if err := s.open(dir, o); err != nil {
		s.unlock()
		return nil, fmt.Errorf("open store %s: %w", dir, err)
	}
	s.upkeep.Go(s.maintain)
	return s, nil
}

func (s *Store) open(dir string, o *Options) (err error) {
	if err := s.guard.Check(); err != nil { // opening writes
		return err
	}
	if !o.InMemory {
		if s.lock, err = lock(filepath.Join(dir, lockName)); err != nil {
			return err
		}
	}
	if s.db, err = badger.Open(settings(dir, o)); err != nil {
		return store.Fault("open badger", err)
	}
	if err = s.checkVersion(); err != nil {
		_ = s.db.Close() // the reason is told already
	}
	return err
}

// settings are badger's options.
//
// Values stay in the tables (ValueThreshold), whose write-ahead log is synced and whose errors are reported: a failed sync of the value log
// badger only logs. (In memory, badger 4.9.6 panics at a value of the threshold or more.) The memtable is as small as the largest
// transaction allows, which is 15 % of it. Without compression blocks need no cache but the kernel's. Badger's own compactors look for work 20
// times a second, each; see maintain.
func settings(dir string, o *Options) badger.Options {
	b := badger.DefaultOptions(dir).
		WithInMemory(o.InMemory).
		WithSyncWrites(true).
		WithVerifyValueChecksum(true).
		WithChecksumVerificationMode(options.OnBlockRead).
		WithDetectConflicts(false).
		WithMemTableSize(memtable).
		WithBaseTableSize(2 << 20).
		WithBaseLevelSize(8 << 20).
		WithNumMemtables(2).
		WithNumLevelZeroTables(minLoose).
		WithNumLevelZeroTablesStall(2 * maxLoose).
		WithNumCompactors(0).
		WithNumGoroutines(1).
		WithValueThreshold(store.MaxValue + 1).
		WithValueLogFileSize(16 << 20).
		WithCompression(options.None).
		WithBlockCacheSize(0).
		WithIndexCacheSize(0).
		WithMetricsEnabled(false).
		WithLogger(nil)
	if o.Logger != nil {
		b.Logger = logger{o.Logger}
	}
	return b
}

// lock takes the lock file at path for this Store alone.
func lock(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, store.Fault("open lock", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, store.ErrLocked
		}
		return nil, store.Fault("lock", err)
	}
	return f, nil
}

func (s *Store) unlock() {
	if s.lock != nil {
		_ = s.lock.Close() // nothing was written
	}
}

// checkVersion compares the store's data format with ours; a new store gets ours.
func (s *Store) checkVersion() error {
	var found string
	err := s.db.View(func(txn *badger.Txn) error {
		item, err := txn.Get(versionKey)
		if err != nil {
			return err
		}
		return item.Value(func(v []byte) error { found = string(v); return nil })
	})
	if err == nil {
		return store.CheckVersion(found, Version)
	}
	if !errors.Is(err, badger.ErrKeyNotFound) {
		return store.Fault("read version", err)
	}
	err = s.db.Update(func(txn *badger.Txn) error { return txn.Set(versionKey, []byte(strconv.Itoa(Version))) })
	return store.Fault("write version", err)
}

// View implements [store.Store].
func (s *Store) View(f func(store.Reader) error) error {
	if err := s.life.Enter(); err != nil {
		return err
	}
	defer s.life.Leave()
	t := s.begin()
	defer t.end()
	return f(t)
}

// Update implements [store.Store].
func (s *Store) Update(f func(store.Tx) error) error {
	if err := s.life.Enter(); err != nil {
		return err
	}
	defer s.life.Leave()
	s.update.Lock()
	defer s.update.Unlock()
	if s.failed != nil {
		return store.Fault("update after a failed commit", s.failed)
	}
	if err := s.guard.Check(); err != nil {
		return err
	}
	t := s.begin()
	defer t.end()
	if err := f(t); err != nil {
		return err
	}
	t.done = true
	return s.commit(t)
}

// commit writes the changes of t. A commit that failed may show in memory and not be on disk, and the kernel forgets a failed sync: no
// update is taken after it until the store is opened again.
func (s *Store) commit(t *tx) error {
	if t.changed.Empty() {
		return nil
	}
	txn := s.db.NewTransaction(true)
	defer txn.Discard()
	for key, c := range t.changed.Scan("", "", false) {
		var err error
		if c.deleted {
			err = txn.Delete([]byte(key))
		} else {
			err = txn.Set([]byte(key), c.value)
		}
		if errors.Is(err, badger.ErrTxnTooBig) {
			return fmt.Errorf("%w: badger takes no more", store.ErrTooLarge)
		}
		if err != nil {
			return store.Fault("write", err)
		}
	}
	err := txn.Commit()
	if err != nil {
		s.failed = err
		return store.Fault("commit", err)
	}
	if s.written.Add(int64(t.bytes)) > memtable/2 {
		s.written.Store(0)
		select {
		case s.wake <- struct{}{}:
		default: // it has been told
		}
	}
	return nil
}

// Close implements [store.Store].
func (s *Store) Close() error {
	if !s.life.Close() {
		return nil
	}
	close(s.stop)
	s.upkeep.Wait()
	err := s.db.Close()
	s.unlock()
	return store.Fault("close store", err)
}

// logger passes on what an operator should know; badger's news of its daily life are dropped.
type logger struct{ l *slog.Logger }

func (l logger) Errorf(format string, args ...any) {
	l.l.Error("badger: " + fmt.Sprintf(format, args...))
}
func (l logger) Warningf(format string, args ...any) {
	l.l.Warn("badger: " + fmt.Sprintf(format, args...))
}
func (l logger) Infof(string, ...any)  {}
func (l logger) Debugf(string, ...any) {}
