package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"scaip/internal/store"
)

func testRollback(t *testing.T, o Opener) {
	s := open(t, o, t.TempDir())
	put(t, s, "a", "k", "v")
	boom := errors.New("boom")
	err := s.Update(func(tx store.Tx) error {
		if err := errors.Join(tx.Put("a", "k", []byte("changed")), tx.Put("new", "k", nil), tx.Delete("a", "k")); err != nil {
			return err
		}
		return boom
	})
	if err != boom {
		t.Errorf("Update returned %v, want f's own error as it is", err)
	}
	wantAll(t, s, `a "k"="v"`+"\n")
	if err := s.View(func(store.Reader) error { return boom }); err != boom {
		t.Errorf("View returned %v, want f's own error as it is", err)
	}
}

func testPanic(t *testing.T, o Opener) {
	s := open(t, o, t.TempDir())
	put(t, s, "a", "k", "v")
	func() {
		defer func() {
			if got := recover(); got != "boom" {
				t.Errorf("recovered %v, want f's panic", got)
			}
		}()
		_ = s.Update(func(tx store.Tx) error {
			if err := tx.Put("a", "k", []byte("changed")); err != nil {
				t.Error(err)
			}
			panic("boom")
		})
	}()
	func() {
		defer func() { _ = recover() }()
		_ = s.View(func(store.Reader) error { panic("boom") })
	}()
	wantAll(t, s, `a "k"="v"`+"\n")
	put(t, s, "a", "k", "still works")
}

func testOwnChanges(t *testing.T, o Opener) {
	s := open(t, o, t.TempDir())
	put(t, s, "a", "1", "old")
	put(t, s, "a", "2", "old")
	put(t, s, "a", "3", "old")
	err := s.Update(func(tx store.Tx) error {
		err := errors.Join(tx.Put("a", "2", []byte("new")), tx.Put("a", "0", nil), tx.Delete("a", "3"), tx.Put("b", "x", nil))
		if err != nil {
			return err
		}
		if v, ok, err := tx.Get("a", "2"); err != nil || !ok || string(v) != "new" {
			t.Errorf("Get of an own change = %q, %v, %v", v, ok, err)
		}
		if _, ok, err := tx.Get("a", "3"); err != nil || ok {
			t.Errorf("Get of an own deletion = %v, %v", ok, err)
		}
		got, err := dump(tx)
		if want := "a \"0\"=\"\"\na \"1\"=\"old\"\na \"2\"=\"new\"\nb \"x\"=\"\"\n"; got != want {
			t.Errorf("transaction sees\n%swant\n%s", got, want)
		}
		if got, err := keys(tx.Scan("a", store.Range{Reverse: true})); err != nil || got != "2 1 0" {
			t.Errorf("reverse scan sees %q, %v", got, err)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func testBounds(t *testing.T, o Opener) {
	s := open(t, o, t.TempDir())
	longTable, longKey := strings.Repeat("t", store.MaxTable), strings.Repeat("k", store.MaxKey)
	big := bytes.Repeat([]byte("v"), store.MaxValue)
	tests := []struct {
		name, table, key string
		value            []byte
		want             error
	}{
		{"the longest names", longTable, longKey, nil, nil},
		{"the longest value", "t", "k", big, nil},
		{"any byte in a key", "t", "\x00\xff\n", nil, nil},
		{"a table's name too long", longTable + "t", "k", nil, store.ErrBadKey},
		{"a table without a name", "", "k", nil, store.ErrBadKey},
		{"a bad byte in a table's name", "t\x00", "k", nil, store.ErrBadKey},
		{"capitals in a table's name", "T", "k", nil, store.ErrBadKey},
		{"a key too long", "t", longKey + "k", nil, store.ErrBadKey},
		{"an empty key", "t", "", nil, store.ErrBadKey},
		{"a value too long", "t", "k", append(big, 'v'), store.ErrTooLarge},
	}
	for _, tt := range tests {
		err := s.Update(func(tx store.Tx) error { return tx.Put(tt.table, tt.key, tt.value) })
		if !errors.Is(err, tt.want) || errors.Is(err, store.ErrFault) {
			t.Errorf("Put of %s: %v, want %v", tt.name, err, tt.want)
		}
	}
	err := s.Update(func(tx store.Tx) error {
		if v, ok, err := tx.Get("t", "k"); err != nil || !ok || !bytes.Equal(v, big) {
			t.Errorf("the longest value came back with %d bytes, %v, %v", len(v), ok, err)
		}
		if _, ok, err := tx.Get(longTable, longKey); err != nil || !ok {
			t.Errorf("the longest names: %v, %v", ok, err)
		}
		if _, _, err := tx.Get("T", "k"); !errors.Is(err, store.ErrBadKey) {
			t.Errorf("Get in a bad table: %v", err)
		}
		if err := tx.Delete("T", "k"); !errors.Is(err, store.ErrBadKey) {
			t.Errorf("Delete in a bad table: %v", err)
		}
		if _, err := keys(tx.Scan("T", store.Range{})); !errors.Is(err, store.ErrBadKey) {
			t.Errorf("Scan of a bad table: %v", err)
		}
		return errors.Join(tx.Delete("t", ""), tx.Delete("t", longKey+"k"))
	})
	if err != nil {
		t.Errorf("deleting keys that can't be: %v", err)
	}
}

func testLargeTx(t *testing.T, o Opener) {
	s := open(t, o, t.TempDir())
	for name, count := range map[string]int{"many": store.MaxTxChanges, "large": 2000, "huge": 1} {
		size := min(store.MaxTxBytes/count-len("t/large")-len("000000"), store.MaxValue)
		value := bytes.Repeat([]byte("v"), size)
		err := s.Update(func(tx store.Tx) error {
			for i := range count {
				if err := tx.Put("t/"+name, fmt.Sprintf("%06d", i), value); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatalf("a transaction of %d entries of %d bytes: %v", count, size, err)
		}
		n := 0
		err = s.View(func(r store.Reader) error {
			for kv, err := range r.Scan("t/"+name, store.Range{}) {
				if err != nil {
					return err
				}
				if !bytes.Equal(kv.Value, value) {
					t.Fatalf("%s: value of %s differs", name, kv.Key)
				}
				n++
			}
			return nil
		})
		if err != nil || n != count {
			t.Errorf("%s: %d entries came back, %v, want %d", name, n, err, count)
		}
	}
}

func testCopies(t *testing.T, o Opener) {
	s := open(t, o, t.TempDir())
	var kept []byte
	value := []byte("value")
	err := s.Update(func(tx store.Tx) (err error) {
		if err = tx.Put("t", "k", value); err != nil {
			return err
		}
		copy(value, "XXXXX")
		kept, _, err = tx.Get("t", "k")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		put(t, s, "t", "k", fmt.Sprint("other", i))
	}
	if string(kept) != "value" {
		t.Errorf("a kept value became %q", kept)
	}
}

func testSnapshot(t *testing.T, o Opener) {
	s := open(t, o, t.TempDir())
	put(t, s, "t", "k", "before")
	err := s.View(func(r store.Reader) error {
		done := make(chan error)
		go func() {
			done <- s.Update(func(tx store.Tx) error {
				// A View inside an Update sees what is committed.
				if err := s.View(func(r store.Reader) error { return wantGet(r, "before") }); err != nil {
					return err
				}
				for i := range 500 {
					if err := tx.Put("t", fmt.Sprint("new", i), make([]byte, 1000)); err != nil {
						return err
					}
				}
				return tx.Put("t", "k", []byte("after"))
			})
		}()
		if err := <-done; err != nil {
			return err
		}
		if got, err := keys(r.Scan("t", store.Range{})); err != nil || got != "k" {
			t.Errorf("the view sees keys %q, %v, want k alone", got, err)
		}
		return wantGet(r, "before")
	})
	if err != nil {
		t.Error(err)
	}
	if err := s.View(func(r store.Reader) error { return wantGet(r, "after") }); err != nil {
		t.Error(err)
	}
}

func wantGet(r store.Reader, want string) error {
	got, _, err := r.Get("t", "k")
	if err == nil && string(got) != want {
		err = fmt.Errorf("view sees %q, want %q", got, want)
	}
	return err
}

func testSerial(t *testing.T, o Opener) {
	s := open(t, o, t.TempDir())
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 25 {
				err := s.Update(func(tx store.Tx) error {
					v, _, err := tx.Get("t", "k")
					if err != nil {
						return err
					}
					return tx.Put("t", "k", append(bytes.Clone(v), 'x'))
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	wantAll(t, s, fmt.Sprintf("t %q=%q\n", "k", strings.Repeat("x", 200)))
}

func testBreak(t *testing.T, o Opener) {
	s := open(t, o, t.TempDir())
	for _, table := range []string{"a", "b"} {
		for _, key := range []string{"1", "2", "3"} {
			put(t, s, table, key, "v")
		}
	}
	err := s.Update(func(tx store.Tx) error {
		for range tx.Tables() {
			break
		}
		// Scans may be nested, left early, and change what they walk.
		for _, reverse := range []bool{false, true} {
			for a, err := range tx.Scan("a", store.Range{Reverse: reverse}) {
				if err != nil {
					return err
				}
				for range tx.Scan("b", store.Range{}) {
					break
				}
				if err := tx.Put("a", "seen"+a.Key, a.Value); err != nil {
					return err
				}
				if err := tx.Delete("a", a.Key); err != nil {
					return err
				}
				break
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	put(t, s, "c", "k", "v") // nothing was left locked
}

func testTxDone(t *testing.T, o Opener) {
	s := open(t, o, t.TempDir())
	put(t, s, "t", "k", "v")
	var kept store.Tx
	if err := s.Update(func(tx store.Tx) error { kept = tx; return nil }); err != nil {
		t.Fatal(err)
	}
	_, _, getErr := kept.Get("t", "k")
	_, scanErr := keys(kept.Scan("t", store.Range{}))
	_, tablesErr := dump(kept)
	for _, err := range []error{getErr, scanErr, tablesErr, kept.Put("t", "k", nil), kept.Delete("t", "k")} {
		if !errors.Is(err, store.ErrTxDone) {
			t.Errorf("use after the end: %v, want %v", err, store.ErrTxDone)
		}
	}
	wantAll(t, s, `t "k"="v"`+"\n")
}

func testClose(t *testing.T, o Opener) {
	s := open(t, o, t.TempDir())
	began, finish, updated := make(chan bool), make(chan bool), make(chan error, 1)
	go func() {
		updated <- s.Update(func(tx store.Tx) error {
			close(began)
			<-finish
			return tx.Put("t", "k", []byte("v"))
		})
	}()
	<-began
	closed := make(chan error, 1)
	go func() { closed <- s.Close() }()
	for s.View(func(store.Reader) error { return nil }) == nil { // until Close has begun
	}
	select {
	case <-closed:
		t.Error("Close did not wait for the update")
	default:
	}
	close(finish)
	if err := <-updated; err != nil {
		t.Errorf("the update under way: %v", err)
	}
	if err := <-closed; err != nil {
		t.Errorf("close: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("close again: %v", err)
	}
	if err := s.View(func(store.Reader) error { return nil }); !errors.Is(err, store.ErrClosed) {
		t.Errorf("View after Close: %v", err)
	}
	if err := s.Update(func(store.Tx) error { return nil }); !errors.Is(err, store.ErrClosed) {
		t.Errorf("Update after Close: %v", err)
	}
}

func testLocked(t *testing.T, o Opener) {
	dir := t.TempDir()
	s := open(t, o, dir)
	put(t, s, "t", "k", "v")
	start := time.Now()
	second, err := o.Open(dir)
	if err == nil {
		second.Close()
	}
	if !errors.Is(err, store.ErrLocked) {
		t.Errorf("second open: %v, want %v", err, store.ErrLocked)
	}
	if took := time.Since(start); took > time.Second {
		t.Errorf("second open took %v to refuse", took)
	}
	put(t, s, "t", "k2", "v")
}
