package boltstore

import (
	"bytes"
	"iter"

	"go.etcd.io/bbolt"

	"scaip/internal/store"
)

// tx is a transaction: a store.Tx if btx is writable.
type tx struct {
	btx     *bbolt.Tx
	changes int // counts Puts and Deletes: a scan that sees it grow has to find its place again
	done    bool
}

// bucket returns the table's bucket, nil if there is none.
func (t *tx) bucket(table string) (*bbolt.Bucket, error) {
	if t.done {
		return nil, store.ErrTxDone
	}
	if err := store.CheckTable(table); err != nil {
		return nil, err
	}
	return t.btx.Bucket([]byte(table)), nil
}

func (t *tx) Get(table, key string) ([]byte, bool, error) {
	b, err := t.bucket(table)
	if err != nil || b == nil || !store.KeyFits(key) {
		return nil, false, err
	}
	v := b.Get([]byte(key))
	if v == nil {
		return nil, false, nil
	}
	return bytes.Clone(v), true, nil // v is the memory map
}

func (t *tx) Scan(table string, r store.Range) iter.Seq2[store.KV, error] {
	return func(yield func(store.KV, error) bool) {
		b, err := t.bucket(table)
		if err != nil {
			yield(store.KV{}, err)
			return
		}
		lo, hi, empty := r.Bounds()
		if b == nil || empty {
			return
		}
		w := walk{c: b.Cursor(), lo: []byte(lo), hi: []byte(hi), reverse: r.Reverse}
		for k, v := w.first(); w.inside(k); {
			kv, changes := store.KV{Key: string(k), Value: bytes.Clone(v)}, t.changes
			if !yield(kv, nil) {
				return
			}
			if t.done {
				yield(store.KV{}, store.ErrTxDone)
				return
			}
			k, v = w.next(kv.Key, changes != t.changes)
		}
	}
}

// walk is a cursor's way through lo ≤ key < hi.
type walk struct {
	c       *bbolt.Cursor
	lo, hi  []byte // hi empty: no bound
	reverse bool
}

func (w walk) inside(k []byte) bool {
	if w.reverse {
		return k != nil && bytes.Compare(k, w.lo) >= 0
	}
	return k != nil && (len(w.hi) == 0 || bytes.Compare(k, w.hi) < 0)
}

func (w walk) first() (k, v []byte) {
	if w.reverse {
		return w.below(w.hi)
	}
	return w.c.Seek(w.lo)
}

// next goes on from the key last; changed says that the cursor may have lost its place.
func (w walk) next(last string, changed bool) (k, v []byte) {
	switch {
	case changed && w.reverse:
		return w.below([]byte(last))
	case changed:
		return w.c.Seek([]byte(last + "\x00")) // the least string above last
	case w.reverse:
		return w.c.Prev()
	}
	return w.c.Next()
}

// below finds the last key below bound; bound empty: the last of all.
func (w walk) below(bound []byte) (k, v []byte) {
	if len(bound) == 0 {
		return w.c.Last()
	}
	if k, _ := w.c.Seek(bound); k == nil {
		return w.c.Last() // all keys are below bound
	}
	return w.c.Prev()
}

func (t *tx) Tables() iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		if t.done {
			yield("", store.ErrTxDone)
			return
		}
		var names []string // first, because tables may be made while yielding
		c := t.btx.Cursor()
		for name, _ := c.Seek([]byte{1}); name != nil; name, _ = c.Next() {
			if k, _ := t.btx.Bucket(name).Cursor().First(); k != nil {
				names = append(names, string(name))
			}
		}
		for _, name := range names {
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
	b, err := t.btx.CreateBucketIfNotExists([]byte(table))
	if err != nil {
		return store.Fault("make table "+table, err)
	}
	t.changes++
	return store.Fault("put", b.Put([]byte(key), append([]byte{}, value...))) // bbolt keeps the slice until the commit
}

func (t *tx) Delete(table, key string) error {
	b, err := t.bucket(table)
	if err != nil || b == nil || !store.KeyFits(key) {
		return err
	}
	t.changes++
	return store.Fault("delete", b.Delete([]byte(key)))
}
