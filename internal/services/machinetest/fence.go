package machinetest

import (
	"fmt"
	"iter"
	"strings"

	"scaip/internal/store"
)

// fence is a Tx that gives access only to tables whose names begin with prefix: what the runner grants to Apply.
type fence struct {
	tx     store.Tx
	prefix string
}

func (f fence) allow(table string) error {
	if !strings.HasPrefix(table, f.prefix) {
		return fmt.Errorf("table %s is touched by an event of %s", table, f.prefix)
	}
	return nil
}

func (f fence) Get(table, key string) ([]byte, bool, error) {
	if err := f.allow(table); err != nil {
		return nil, false, err
	}
	return f.tx.Get(table, key)
}

func (f fence) Put(table, key string, value []byte) error {
	if err := f.allow(table); err != nil {
		return err
	}
	return f.tx.Put(table, key, value)
}

func (f fence) Delete(table, key string) error {
	if err := f.allow(table); err != nil {
		return err
	}
	return f.tx.Delete(table, key)
}

func (f fence) Scan(table string, r store.Range) iter.Seq2[store.KV, error] {
	if err := f.allow(table); err != nil {
		return func(yield func(store.KV, error) bool) { yield(store.KV{}, err) }
	}
	return f.tx.Scan(table, r)
}

func (f fence) Tables() iter.Seq2[string, error] { return f.tx.Tables() }
