// Package store is the vocabulary of a service's own database: tables of keys and values, changed in serialisable
// transactions that are durable when they return.
//
// Its adapters are memstore (memory), boltstore (bbolt) and badgerstore (badger, on disk or in memory). They behave alike, which
// storetest, the one acceptance suite, shows.
package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
)

// Errors that every adapter reports, wrapped.
var (
	// ErrFault marks every error of the engine or the disk, whichever method reports it: the transaction did not happen
	// and may be tried again; where the commit itself failed it may have happened, so look first. An error that a caller's
	// function returned is passed on as it is.
	ErrFault  = errors.New("store fault")
	ErrFull   = errors.New("disk is full") // with ErrFault: free space is below the guard
	ErrLocked = errors.New("store is in use by another process")
	ErrClosed = errors.New("store is closed")
	ErrBadKey = errors.New("bad table or key")

	ErrTooLarge = errors.New("value or transaction is too large") // beyond MaxValue, MaxTxBytes or MaxTxChanges
	ErrTxDone   = errors.New("transaction is over")               // a Reader or Tx was used after its function returned
	ErrVersion  = errors.New("store was written by a newer version of this program")
)

// Limits that every adapter keeps.
const (
	MaxTable = 64        // bytes of a table's name, of [a-z0-9_/-]
	MaxKey   = 512       // bytes of a key; a key is never empty
	MaxValue = 512 << 10 // bytes of a value

	// A transaction up to these is taken by every adapter; a larger one may be refused with ErrTooLarge, and is then undone.
	// They are as small as they are because badger wants seven times as much memory, for each store.
	MaxTxBytes   = 640 << 10 // bytes of all tables' names, keys and values put or deleted
	MaxTxChanges = 4_000     // Puts and Deletes
)

// A Range is a part of a table in byte order of keys: keys with Prefix, from From (inclusive) up to To (exclusive, "" is no bound).
// Reverse walks it from the end. The zero Range is the whole table.
type Range struct {
	Prefix, From, To string
	Reverse          bool
}

// A KV is one entry of a table.
type KV struct {
	Key   string
	Value []byte
}

// Reader reads one consistent state. It is valid until the function it was given to returns, and in one goroutine.
type Reader interface {
	// Get returns the value of key, or false, also if no table can hold such a key. The value may be kept; it must not be changed.
	Get(table, key string) ([]byte, bool, error)

	// Scan yields the entries of a range in order, including those this transaction has written. Changing the table while
	// scanning it is allowed; whether the scan sees such a change is not said. It ends after yielding a non-nil error.
	Scan(table string, r Range) iter.Seq2[KV, error]

	// Tables yields the names of the tables that have entries, in order.
	Tables() iter.Seq2[string, error]
}

// Tx reads and changes. It sees its own changes.
type Tx interface {
	Reader
	Put(table, key string, value []byte) error // value is copied
	Delete(table, key string) error            // of a key that is not there, or can't be: no error
}

// Store is a database. All methods may be called from any goroutine.
type Store interface {
	// View runs f on the state of now. It may run while an Update runs.
	View(f func(Reader) error) error

	// Update runs f once and commits what it did; when it returns nil that is on disk. If f returns an error, nothing is changed
	// and that error is returned; if f panics, nothing is changed and the panic goes on. Updates run one after another: f must not call
	// Update.
	Update(f func(Tx) error) error

	// Close waits for transactions under way and frees the store. Closing twice is no error.
	Close() error
}

// Fault marks err as the engine's.
func Fault(op string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w: %w", op, ErrFault, err)
}

// Table is a typed view of a table: values are V as JSON. Its string is the table's name, "<owner>/<what>", where owner is the
// service whose events alone write it (see services.Machine).
type Table[V any] string

// Get returns the value of key, or false.
func (t Table[V]) Get(r Reader, key string) (V, bool, error) {
	var v V
	raw, ok, err := r.Get(string(t), key)
	if err != nil || !ok {
		return v, false, err
	}
	if err := json.Unmarshal(raw, &v); err != nil {
		return v, false, fmt.Errorf("decode %s %q: %w", string(t), key, err)
	}
	return v, true, nil
}

// Has reports whether key is there.
func (t Table[V]) Has(r Reader, key string) (bool, error) {
	_, ok, err := r.Get(string(t), key)
	return ok, err
}

// Put sets the value of key.
func (t Table[V]) Put(tx Tx, key string, v V) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode %s %q: %w", string(t), key, err)
	}
	return tx.Put(string(t), key, raw)
}

// Delete removes key.
func (t Table[V]) Delete(tx Tx, key string) error { return tx.Delete(string(t), key) }

// An Entry is one row of a Table.
type Entry[V any] struct {
	Key   string
	Value V
}

// Scan yields the rows of a range in order; it ends after yielding a non-nil error.
func (t Table[V]) Scan(r Reader, rng Range) iter.Seq2[Entry[V], error] {
	return func(yield func(Entry[V], error) bool) {
		for kv, err := range r.Scan(string(t), rng) {
			e := Entry[V]{Key: kv.Key}
			if err == nil {
				if err = json.Unmarshal(kv.Value, &e.Value); err != nil {
					err = fmt.Errorf("decode %s %q: %w", string(t), kv.Key, err)
				}
			}
			if !yield(e, err) || err != nil {
				return
			}
		}
	}
}
