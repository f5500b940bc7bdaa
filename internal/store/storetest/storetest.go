// Package storetest is the acceptance suite of stores: what [store.Store] promises, run against an adapter.
package storetest

import (
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"

	"scaip/internal/store"
)

// An Opener opens a store of the adapter that is tested. The suite closes what it opens.
type Opener struct {
	// Open opens the store in dir. A store that lives in memory ignores dir.
	Open func(dir string) (store.Store, error)

	// Durable says that a store opened again in the same dir holds what was there, and that only one may be open.
	Durable bool
}

// Run runs the suite.
func Run(t *testing.T, o Opener) {
	tests := []struct {
		name string
		test func(*testing.T, Opener)
	}{
		{"gets what was put", testPutGet},
		{"scans ranges both ways", testScan},
		{"lists tables with entries", testTables},
		{"undoes an update that fails", testRollback},
		{"undoes an update that panics", testPanic},
		{"sees its own changes", testOwnChanges},
		{"keeps the bounds of names and values", testBounds},
		{"takes a transaction as large as promised", testLargeTx},
		{"copies what is put", testCopies},
		{"shows a view one state while updates commit", testSnapshot},
		{"runs updates one after another", testSerial},
		{"ends scans early", testBreak},
		{"refuses a transaction that is over", testTxDone},
		{"closes", testClose},
		{"behaves as the model", testModel},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { t.Parallel(); tt.test(t, o) })
	}
	if o.Durable {
		t.Run("keeps data when opened again", func(t *testing.T) { testReopen(t, o) })
		t.Run("is locked while open", func(t *testing.T) { testLocked(t, o) })
	}
}

func open(t *testing.T, o Opener, dir string) store.Store {
	t.Helper()
	s, err := o.Open(dir)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

// put commits one entry.
func put(t *testing.T, s store.Store, table, key, value string) {
	t.Helper()
	if err := s.Update(func(tx store.Tx) error { return tx.Put(table, key, []byte(value)) }); err != nil {
		t.Fatalf("put %s %q: %v", table, key, err)
	}
}

// dump returns all a reader has, one "table key=value" an entry.
func dump(r store.Reader) (string, error) {
	var b strings.Builder
	for table, err := range r.Tables() {
		if err != nil {
			return "", err
		}
		for kv, err := range r.Scan(table, store.Range{}) {
			if err != nil {
				return "", err
			}
			fmt.Fprintf(&b, "%s %q=%q\n", table, kv.Key, kv.Value)
		}
	}
	return b.String(), nil
}

// wantAll checks everything the store holds.
func wantAll(t *testing.T, s store.Store, want ...string) {
	t.Helper()
	var got string
	err := s.View(func(r store.Reader) (err error) { got, err = dump(r); return err })
	if err != nil {
		t.Fatalf("dump: %v", err)
	}
	if w := strings.Join(want, ""); got != w {
		t.Errorf("store holds\n%swant\n%s", got, w)
	}
}

// keys collects the keys of a scan.
func keys(seq iter.Seq2[store.KV, error]) (string, error) {
	var ks []string
	for kv, err := range seq {
		if err != nil {
			return "", err
		}
		ks = append(ks, kv.Key)
	}
	return strings.Join(ks, " "), nil
}

func testPutGet(t *testing.T, o Opener) {
	s := open(t, o, t.TempDir())
	put(t, s, "a/one", "k", "v1")
	put(t, s, "a/one", "k", "v2")
	put(t, s, "a/one", "empty", "")
	put(t, s, "a/one2", "k", "other table")
	wantAll(t, s, `a/one "empty"=""`+"\n", `a/one "k"="v2"`+"\n", `a/one2 "k"="other table"`+"\n")
	err := s.View(func(r store.Reader) error {
		for _, tt := range []struct {
			table, key, want string
			ok               bool
		}{
			{"a/one", "k", "v2", true},
			{"a/one", "empty", "", true},
			{"a/one", "nokey", "", false},
			{"notable", "k", "", false},
			{"a/one", "", "", false},
			{"a/one", strings.Repeat("x", store.MaxKey+1), "", false},
		} {
			got, ok, err := r.Get(tt.table, tt.key)
			if err != nil || ok != tt.ok || string(got) != tt.want {
				t.Errorf("Get(%s, %.10q) = %q, %v, %v, want %q, %v", tt.table, tt.key, got, ok, err, tt.want, tt.ok)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func testScan(t *testing.T, o Opener) {
	s := open(t, o, t.TempDir())
	for _, k := range []string{"a", "ab", "abc", "b", "ba", "c", "\xff", "\xff\xff", "\x00"} {
		put(t, s, "t", k, "v")
	}
	put(t, s, "s", "z", "v") // neighbours that must not show up
	put(t, s, "t0", "z", "v")
	put(t, s, "u", "z", "v")
	const all = "\x00 a ab abc b ba c \xff \xff\xff"
	tests := []struct {
		r             store.Range
		want, reverse string
	}{
		{store.Range{}, all, "\xff\xff \xff c ba b abc ab a \x00"},
		{store.Range{Prefix: "a"}, "a ab abc", "abc ab a"},
		{store.Range{Prefix: "ab", From: "abc"}, "abc", "abc"},
		{store.Range{From: "ab", To: "ba"}, "ab abc b", "b abc ab"},
		{store.Range{From: "aa", To: "bb"}, "ab abc b ba", "ba b abc ab"},
		{store.Range{Prefix: "b", To: "ba"}, "b", "b"},
		{store.Range{Prefix: "b", From: "a", To: "z"}, "b ba", "ba b"},
		{store.Range{Prefix: "\xff"}, "\xff \xff\xff", "\xff\xff \xff"},
		{store.Range{From: "c", To: "b"}, "", ""},
		{store.Range{From: "b", To: "b"}, "", ""},
		{store.Range{Prefix: "nothing"}, "", ""},
		{store.Range{Prefix: "b", From: "c"}, "", ""},
		{store.Range{From: strings.Repeat("\xff", store.MaxKey*2)}, "", ""},
	}
	err := s.View(func(r store.Reader) error {
		for _, tt := range tests {
			for _, reverse := range []bool{false, true} {
				want := tt.want
				if tt.r.Reverse = reverse; reverse {
					want = tt.reverse
				}
				if got, err := keys(r.Scan("t", tt.r)); err != nil || got != want {
					t.Errorf("Scan(%+v) = %q, %v, want %q", tt.r, got, err, want)
				}
			}
		}
		got, err := keys(r.Scan("notable", store.Range{}))
		if got != "" {
			t.Errorf("scan of a table that is not there = %q", got)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func testTables(t *testing.T, o Opener) {
	s := open(t, o, t.TempDir())
	tables := func() (names string) {
		err := s.View(func(r store.Reader) error {
			for name, err := range r.Tables() {
				if err != nil {
					return err
				}
				names += name + " "
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return names
	}
	if got := tables(); got != "" {
		t.Errorf("a new store has tables %q", got)
	}
	for _, name := range []string{"sys/meta", "b", "a/x", "a", "a-b", "a/x/y"} {
		put(t, s, name, "k1", "v")
		put(t, s, name, "k2", "v")
	}
	if got, want := tables(), "a a-b a/x a/x/y b sys/meta "; got != want {
		t.Errorf("tables %q, want %q", got, want)
	}
	err := s.Update(func(tx store.Tx) error {
		return errors.Join(tx.Delete("a/x", "k1"), tx.Delete("a/x", "k2"), tx.Delete("b", "k1"), tx.Delete("nowhere", "k"))
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := tables(), "a a-b a/x/y b sys/meta "; got != want {
		t.Errorf("after emptying a/x: tables %q, want %q", got, want)
	}
}

func testReopen(t *testing.T, o Opener) {
	dir := t.TempDir()
	s := open(t, o, dir)
	put(t, s, "a", "k", "v")
	put(t, s, "a", "gone", "v")
	put(t, s, "b", "long", strings.Repeat("x", 100_000))
	if err := s.Update(func(tx store.Tx) error { return tx.Delete("a", "gone") }); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := s.Close(); err != nil {
			t.Fatalf("close: %v", err)
		}
		s = open(t, o, dir)
		wantAll(t, s, `a "k"="v"`+"\n", fmt.Sprintf("b %q=%q\n", "long", strings.Repeat("x", 100_000)))
	}
}
