package badgerstore

import (
	"errors"
	"fmt"
	"iter"
	"strings"

	"github.com/dgraph-io/badger/v4"

	"scaip/internal/store"
	"scaip/internal/store/treap"
)

// tx is a transaction: a snapshot, and the changes over it that only an Update makes.
type tx struct {
	base    *badger.Txn // read only
	changed treap.Tree[change]
	bytes   int // of all changes
	changes int
	done    bool
}

// A change is what an Update has put, or deleted, under a badger key.
type change struct {
	value   []byte
	deleted bool
}

func (s *Store) begin() *tx { return &tx{base: s.db.NewTransaction(false)} }

func (t *tx) end() {
	t.done = true
	t.base.Discard()
}

func (t *tx) check(table string) error {
	if t.done {
		return store.ErrTxDone
	}
	return store.CheckTable(table)
}

const separator = "\x00"

func (t *tx) Get(table, key string) ([]byte, bool, error) {
	if err := t.check(table); err != nil || !store.KeyFits(key) {
		return nil, false, err
	}
	full := table + separator + key
	if c, ok := t.changed.Get(full); ok {
		return c.value, !c.deleted, nil
	}
	item, err := t.base.Get([]byte(full))
	if errors.Is(err, badger.ErrKeyNotFound) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, store.Fault("get", err)
	}
	value, err := item.ValueCopy(nil)
	if err != nil {
		return nil, false, store.Fault("get", err)
	}
	return value, true, nil
}

// Scan sees the changes that were made before it began, and none of those made during it.
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
		prefix := table + separator
		lo, hi = prefix+lo, prefix+hi
		if hi == prefix {
			hi = table + "\x01" // above all keys of the table, below all other tables
		}
		for kv, err := range t.scan(span{prefix, lo, hi, r.Reverse}) {
			kv.Key = strings.TrimPrefix(kv.Key, prefix)
			if !yield(kv, err) || err != nil {
				return
			}
			if t.done {
				yield(store.KV{}, store.ErrTxDone)
				return
			}
		}
	}
}

// A span is a range of badger keys: lo ≤ key < hi, all with prefix.
type span struct {
	prefix, lo, hi string
	reverse        bool
}

// scan merges the snapshot with the changes.
func (t *tx) scan(s span) iter.Seq2[store.KV, error] {
	base := t.scanBase(s)
	if t.changed.Empty() {
		return base
	}
	return func(yield func(store.KV, error) bool) {
		next, stop := iter.Pull2(t.changed.Scan(s.lo, s.hi, s.reverse))
		defer stop()
		key, c, more := next()
		// changesBefore yields the changes that come before the key of the snapshot; it returns false to stop.
		changesBefore := func(limit string, end bool) bool {
			for more && (end || (key < limit) != s.reverse && key != limit) {
				if !c.deleted && !yield(store.KV{Key: key, Value: c.value}, nil) {
					return false
				}
				key, c, more = next()
			}
			return true
		}
		for kv, err := range base {
			if err != nil {
				yield(store.KV{}, err)
				return
			}
			if !changesBefore(kv.Key, false) {
				return
			}
			if more && key == kv.Key { // changed: what the snapshot has is old
				if !c.deleted && !yield(store.KV{Key: key, Value: c.value}, nil) {
					return
				}
				key, c, more = next()
				continue
			}
			if !yield(kv, nil) {
				return
			}
		}
		changesBefore("", true)
	}
}

// scanBase walks the snapshot.
func (t *tx) scanBase(s span) iter.Seq2[store.KV, error] {
	return func(yield func(store.KV, error) bool) {
		o := badger.IteratorOptions{Prefix: []byte(s.prefix), Reverse: s.reverse}
		it := t.base.NewIterator(o)
		defer it.Close()
		start := s.lo
		if s.reverse {
			start = s.hi
		}
		for it.Seek([]byte(start)); it.Valid(); it.Next() {
			item := it.Item()
			key := string(item.Key())
			if s.reverse && key == s.hi { // badger's Seek includes its bound
				continue
			}
			if s.reverse && key < s.lo || !s.reverse && key >= s.hi {
				return
			}
			value, err := item.ValueCopy(nil)
			if err != nil {
				yield(store.KV{}, store.Fault("scan", err))
				return
			}
			if !yield(store.KV{Key: key, Value: value}, nil) {
				return
			}
		}
	}
}

// Tables seeks from table to table.
func (t *tx) Tables() iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for from := "\x01"; ; { // above the version's key
			if t.done {
				yield("", store.ErrTxDone)
				return
			}
			name := ""
			for kv, err := range t.scan(span{lo: from, hi: "\xff"}) {
				if err != nil {
					yield("", err)
					return
				}
				name, _, _ = strings.Cut(kv.Key, separator)
				break
			}
			if name == "" || !yield(name, nil) {
				return
			}
			from = name + "\x01"
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
	return t.change(table, key, change{value: append([]byte{}, value...)})
}

func (t *tx) Delete(table, key string) error {
	if err := t.check(table); err != nil || !store.KeyFits(key) {
		return err
	}
	return t.change(table, key, change{deleted: true})
}

func (t *tx) change(table, key string, c change) error {
	t.changes++
	t.bytes += len(table) + len(key) + len(c.value)
	if t.changes > store.MaxTxChanges || t.bytes > store.MaxTxBytes {
		return fmt.Errorf("%w: %d changes of %d bytes; %d of %d are taken", store.ErrTooLarge, t.changes, t.bytes, store.MaxTxChanges, store.MaxTxBytes)
	}
	t.changed = t.changed.Put(table+separator+key, c)
	return nil
}
