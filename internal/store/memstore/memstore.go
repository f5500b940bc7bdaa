// Package memstore is a store in memory: for tests, for stores built aside, and as the model of the other adapters.
//
// It keeps the contract of [store.Store] except that nothing is on disk. A View never waits for an Update, nor an Update for a View.
package memstore

import (
	"iter"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"scaip/internal/store"
	"scaip/internal/store/treap"
)

// Store is a database in memory.
type Store struct {
	life   store.Lifetime
	update sync.Mutex            // held by the one Update
	root   atomic.Pointer[state] // what is committed
}

// state is one consistent state: a tree a table, without empty ones. The map is replaced, never changed, by a commit.
type state struct{ tables map[string]tree }

type tree = treap.Tree[[]byte]

// New returns an empty store.
func New() *Store {
	s := &Store{}
	s.root.Store(&state{})
	return s
}

// View implements [store.Store].
func (s *Store) View(f func(store.Reader) error) error {
	if err := s.life.Enter(); err != nil {
		return err
	}
	defer s.life.Leave()
	t := &tx{tables: s.root.Load().tables}
	defer func() { t.done = true }()
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
	t := &tx{tables: s.root.Load().tables}
	defer func() { t.done = true }()
	if err := f(t); err != nil {
		return err
	}
	s.root.Store(&state{t.tables})
	return nil
}

// Close implements [store.Store].
func (s *Store) Close() error {
	if s.life.Close() {
		s.root.Store(&state{})
	}
	return nil
}

// tx is a transaction: roots of the tables that it alone replaces.
type tx struct {
	tables map[string]tree
	own    bool // tables is a copy of the committed map
	done   bool
}

func (t *tx) check(table string) error {
	if t.done {
		return store.ErrTxDone
	}
	return store.CheckTable(table)
}

func (t *tx) Get(table, key string) ([]byte, bool, error) {
	if err := t.check(table); err != nil {
		return nil, false, err
	}
	value, ok := t.tables[table].Get(key)
	return value, ok, nil
}

// Scan walks the state at its beginning: it sees no changes that are made during it.
func (t *tx) Scan(table string, r store.Range) iter.Seq2[store.KV, error] {
	return func(yield func(store.KV, error) bool) {
		if err := t.check(table); err != nil {
			yield(store.KV{}, err)
			return
		}
		lo, hi, empty := r.Bounds()
		if empty {
			return
		}
		for key, value := range t.tables[table].Scan(lo, hi, r.Reverse) {
			if !yield(store.KV{Key: key, Value: value}, nil) {
				return
			}
		}
	}
}

func (t *tx) Tables() iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		if t.done {
			yield("", store.ErrTxDone)
			return
		}
		for _, name := range slices.Sorted(maps.Keys(t.tables)) {
			if !yield(name, nil) {
				return
			}
		}
	}
}

func (t *tx) Put(table, key string, value []byte) error {
	if t.done {
		return store.ErrTxDone
	}
	if err := store.CheckPut(table, key, value); err != nil {
		return err
	}
	t.set(table, t.tables[table].Put(key, append([]byte{}, value...)))
	return nil
}

func (t *tx) Delete(table, key string) error {
	if err := t.check(table); err != nil {
		return err
	}
	t.set(table, t.tables[table].Delete(key))
	return nil
}

// set replaces a table's tree.
func (t *tx) set(table string, root tree) {
	if !t.own {
		t.tables, t.own = maps.Clone(t.tables), true
		if t.tables == nil {
			t.tables = make(map[string]tree)
		}
	}
	if root.Empty() {
		delete(t.tables, table)
		return
	}
	t.tables[table] = root
}
