package services

import (
	"errors"
	"fmt"
	"iter"
	"runtime/debug"
	"strings"

	"scaip/internal/store"
)

// A guard is the transaction that a machine sees. It keeps the machine to the tables it may touch, and remembers the first failure, so
// that a machine that overlooks an error cannot get half a change committed.
type guard struct {
	tx     store.Tx
	prefix string // of the tables that may be touched
	reads  bool   // all tables may be read
	err    error  // the first error any method gave
}

// errForeignTable marks a violation of the rule that an event writes only tables of the service it comes from. Without that rule the order
// in which events of different services arrive would show in the tables, and a rebuilt store would not equal the live one.
var errForeignTable = errors.New("table belongs to another service's events")

func (g *guard) check(table string, read bool) error {
	if read && g.reads || strings.HasPrefix(table, g.prefix) {
		return nil
	}
	return g.note(fmt.Errorf("use table %q, only %q is allowed here: %w", table, g.prefix+"…", errForeignTable))
}

func (g *guard) note(err error) error {
	if err != nil && g.err == nil {
		g.err = err
	}
	return err
}

func (g *guard) Get(table, key string) ([]byte, bool, error) {
	if err := g.check(table, true); err != nil {
		return nil, false, err
	}
	v, ok, err := g.tx.Get(table, key)
	return v, ok, g.note(err)
}

func (g *guard) Scan(table string, rng store.Range) iter.Seq2[store.KV, error] {
	return func(yield func(store.KV, error) bool) {
		if err := g.check(table, true); err != nil {
			yield(store.KV{}, err)
			return
		}
		for kv, err := range g.tx.Scan(table, rng) {
			if !yield(kv, g.note(err)) {
				return
			}
		}
	}
}

func (g *guard) Tables() iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for name, err := range g.tx.Tables() {
			if err == nil && !g.reads && !strings.HasPrefix(name, g.prefix) {
				continue
			}
			if !yield(name, g.note(err)) {
				return
			}
		}
	}
}

func (g *guard) Put(table, key string, value []byte) error {
	if err := g.check(table, false); err != nil {
		return err
	}
	return g.note(g.tx.Put(table, key, value))
}

func (g *guard) Delete(table, key string) error {
	if err := g.check(table, false); err != nil {
		return err
	}
	return g.note(g.tx.Delete(table, key))
}

// A readOnly hides the writing half of a transaction and remembers the first failure.
type readOnly struct {
	store.Reader
	err error
}

func (o *readOnly) Get(table, key string) ([]byte, bool, error) {
	v, ok, err := o.Reader.Get(table, key)
	if err != nil && o.err == nil {
		o.err = err
	}
	return v, ok, err
}

func (o *readOnly) Scan(table string, rng store.Range) iter.Seq2[store.KV, error] {
	return func(yield func(store.KV, error) bool) {
		for kv, err := range o.Reader.Scan(table, rng) {
			if err != nil && o.err == nil {
				o.err = err
			}
			if !yield(kv, err) {
				return
			}
		}
	}
}

// protect calls f, a machine's code, and turns its panic into an error.
func protect(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return f()
}

// isFault reports whether err is the store's own: the transaction may be tried again, and no record is to blame.
func isFault(err error) bool {
	return errors.Is(err, store.ErrFault) || errors.Is(err, store.ErrClosed)
}
