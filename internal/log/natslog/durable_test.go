package natslog

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"scaip/internal/log"
)

func serveSynced(t *testing.T) *Log {
	t.Helper()
	s, err := Serve(ServerOptions{Dir: t.TempDir(), Name: "test", MaxBytes: 1 << 30})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	l, err := s.Log()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	if err := l.Create(t.Context(), "a.in", log.Retention{}); err != nil {
		t.Fatal(err)
	}
	return l
}

func appendTo(t *testing.T, l *Log, n, size int) int64 {
	t.Helper()
	records := make([]log.Record, n)
	for i := range records {
		records[i].Value = make([]byte, size)
	}
	last, err := l.Append(t.Context(), "a.in", records...)
	if err != nil {
		t.Fatal(err)
	}
	return last
}

// What Append syncs are the files that the server writes, whatever it does with them.
func TestAppendSyncsTheLastFiles(t *testing.T) {
	l := serveSynced(t)
	check := func(what string, last int64) {
		t.Helper()
		x := l.ledger.extent("a.in")
		blocks, err := (&extent{dir: x.dir}).blocks()
		if err != nil || len(blocks) == 0 {
			t.Fatalf("%s: blocks: %v, %v", what, blocks, err)
		}
		if newest := blocks[len(blocks)-1]; x.block != newest {
			t.Errorf("%s: block %d was synced, the newest is %d", what, x.block, newest)
		}
		if got := x.next.Load(); got != last+1 {
			t.Errorf("%s: durable up to %d, appended up to %d", what, got, last)
		}
	}
	check("one record", appendTo(t, l, 1, 100))
	check("some", appendTo(t, l, 50, 100))
	for range 3 {
		check("several files", appendTo(t, l, 40, 500_000))
	}
	last := appendTo(t, l, 1, 100)
	if blocks, _ := (&extent{dir: l.ledger.extent("a.in").dir}).blocks(); len(blocks) < 4 {
		t.Fatalf("60 MB are in %d files: the test tests nothing", len(blocks))
	}
	for _, before := range []int64{last - 5, last, last + 1} {
		if err := l.Trim(t.Context(), "a.in", before); err != nil {
			t.Fatal(err)
		}
		last = appendTo(t, l, 2, 100)
		check("after a trim", last)
	}
	if err := l.Delete(t.Context(), "a.in"); err != nil {
		t.Fatal(err)
	}
	if err := l.Create(t.Context(), "a.in", log.Retention{}); err != nil {
		t.Fatal(err)
	}
	check("made again", appendTo(t, l, 3, 100))
}

// A reader gets no record that a power cut could still take away.
func TestReaderGetsWhatIsDurable(t *testing.T) {
	l := serveSynced(t)
	const appends = 200
	var wg sync.WaitGroup
	defer wg.Wait()
	for range 2 {
		wg.Go(func() {
			for i := range appends {
				if _, err := l.Append(t.Context(), "a.in", make([]log.Record, 1+i%5)...); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	x := l.ledger.extent("a.in")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for batch, err := range l.Read(ctx, "a.in", 0) {
		if err != nil {
			t.Fatal(err)
		}
		last := batch[len(batch)-1].Offset
		if next := x.next.Load(); next <= last {
			t.Fatalf("got record %d, durable up to %d", last, next)
		}
		if last == 2*appends*3-1 {
			return
		}
	}
}

// A record whose Append has ended before it was synced is synced by whoever reads it.
func TestReaderSyncsWhatNobodyDoes(t *testing.T) {
	for name, read := range map[string]func(*Log) (int64, error){
		"read": func(l *Log) (int64, error) {
			for batch, err := range l.Read(t.Context(), "a.in", 0) {
				if err != nil {
					return 0, err
				}
				return batch[0].Offset, nil
			}
			return 0, errors.New("ended")
		},
		"last": func(l *Log) (int64, error) {
			r, _, err := l.Last(t.Context(), "a.in")
			return r.Offset, err
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := serveSynced(t)
			if _, err := l.publishOne(t.Context(), message("a.in", log.Record{Value: []byte("x")})); err != nil {
				t.Fatal(err)
			}
			x := l.ledger.extent("a.in")
			if x.next.Load() != 0 {
				t.Fatal("it is durable already: the test tests nothing")
			}
			if got, err := read(l); got != 0 || err != nil {
				t.Fatalf("got record %d, %v", got, err)
			}
			if got := x.next.Load(); got != 1 {
				t.Errorf("durable up to %d, want 1", got)
			}
		})
	}
}

// A sync that has failed may have lost anything: nothing is appended to the topic any more.
func TestFailedSyncIsFinal(t *testing.T) {
	l := serveSynced(t)
	appendTo(t, l, 1, 10)
	x := l.ledger.extent("a.in")
	dir := x.dir
	x.dir, x.block = t.TempDir(), 0 // where no blocks are
	for range 2 {
		if _, err := l.Append(t.Context(), "a.in", log.Record{}); err == nil {
			t.Fatal("appended, though it could not be synced")
		}
		x.dir = dir
	}
}
