package logtest

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"scaip/internal/log"
)

func testOrder(t *testing.T, s Subject) {
	create(t, s.Log, "a.in")
	var want []log.Record
	last := int64(-1)
	for _, n := range []int{1, 1, 3, 20, 1} {
		records := numbered(len(want)+1, n)
		want = append(want, records...)
		got := appendAll(t, s.Log, "a.in", records...)
		if got < last+int64(n) {
			t.Fatalf("append of %d records: got last offset %d after %d", n, got, last)
		}
		last = got
	}
	got := read(t, s.Log, "a.in", 0, len(want))
	same(t, got, want)
	if got[0].Offset != 0 || got[len(got)-1].Offset != last {
		t.Errorf("got offsets %d to %d, want 0 to %d", got[0].Offset, got[len(got)-1].Offset, last)
	}
}

func testMetadata(t *testing.T, s Subject) {
	create(t, s.Log, "meta_data-1.x.out")
	want := []log.Record{
		{},
		{Value: []byte{0, 1, 2, 0xff, '\r', '\n'}},
		{Origin: "gateway/01J", Seq: 1<<63 + 7, Key: "grp-1"},
		{Origin: "a.out", Seq: 1, Key: " spaces at the ends ", Value: []byte("x")},
		{Origin: "a.out", Seq: 2, Key: "lines\r\nScaip-Seq: 9\x00\x7f", Value: []byte("x")},
		{Origin: "a.out", Seq: 3, Key: "100%41 % %2", Value: []byte("x")},
		{Origin: "Ünï-cödé ☎", Seq: 4, Key: "日本語 \t…", Value: []byte("x")},
		{Origin: strings.Repeat("o", log.MaxName), Seq: 5, Key: strings.Repeat("\n", log.MaxName), Value: []byte("x")},
	}
	before := time.Now().Add(-time.Second)
	appendAll(t, s.Log, "meta_data-1.x.out", want...)
	for i := range want { // and one by one, which may take another way
		appendAll(t, s.Log, "meta_data-1.x.out", want[i])
		last, ok, err := s.Log.Last(deadline(t), "meta_data-1.x.out")
		if err != nil || !ok {
			t.Fatalf("last: got %v, %v", ok, err)
		}
		same(t, []log.Record{last}, want[i:i+1])
	}
	after := time.Now().Add(time.Second)
	got := read(t, s.Log, "meta_data-1.x.out", 0, 2*len(want))
	same(t, got, append(slices.Clone(want), want...))
	for _, r := range got {
		if r.Time.Before(before) || r.Time.After(after) || r.Time.Location() != time.UTC {
			t.Errorf("got time %v, want UTC between %v and %v", r.Time, before, after)
		}
	}
}

func testCopies(t *testing.T, s Subject) {
	create(t, s.Log, "a.in")
	v := []byte("first")
	appendAll(t, s.Log, "a.in", log.Record{Value: v})
	copy(v, "XXXXX")
	if got := read(t, s.Log, "a.in", 0, 1)[0]; string(got.Value) != "first" {
		t.Errorf("got %q, want the value at the time of the append", got.Value)
	}
}

func testNothing(t *testing.T, s Subject) {
	create(t, s.Log, "a.in")
	if last, err := s.Log.Append(deadline(t), "a.in"); last != -1 || err != nil {
		t.Errorf("append of nothing: got %d, %v, want -1, nil", last, err)
	}
}

func testBatches(t *testing.T, s Subject) {
	create(t, s.Log, "a.in")
	want := numbered(1, 2500)
	if last := appendAll(t, s.Log, "a.in", want...); last < 2499 {
		t.Errorf("got last offset %d, want 2499 at least", last)
	}
	same(t, read(t, s.Log, "a.in", 0, len(want)), want)
}

func testLargeValues(t *testing.T, s Subject) {
	create(t, s.Log, "a.in")
	var want []log.Record
	for i := range 20 {
		want = append(want, log.Record{Origin: "o", Seq: uint64(i + 1), Key: strings.Repeat("k", log.MaxName), Value: bytes.Repeat([]byte{byte(i)}, log.MaxValue)})
	}
	appendAll(t, s.Log, "a.in", want[:1]...)
	appendAll(t, s.Log, "a.in", want[1:]...)
	same(t, read(t, s.Log, "a.in", 0, len(want)), want)
}

func testConcurrent(t *testing.T, s Subject) {
	create(t, s.Log, "a.in")
	const writers, appends, size = 8, 25, 5
	ctx := deadline(t)
	lasts := make([][]int64, writers)
	errs := make([]error, writers)
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			for a := range appends {
				var records []log.Record
				for i := range size {
					records = append(records, log.Record{Origin: fmt.Sprint("writer/", w), Seq: uint64(a*size + i + 1)})
				}
				last, err := s.Log.Append(ctx, "a.in", records...)
				if err != nil {
					errs[w] = err
					return
				}
				lasts[w] = append(lasts[w], last)
			}
		})
	}
	all.Wait()
	for w, err := range errs {
		if err != nil {
			t.Fatalf("writer %d: %v", w, err)
		}
	}
	seqs := map[string]uint64{}
	at := map[int64]log.Record{}
	for _, r := range read(t, s.Log, "a.in", 0, writers*appends*size) {
		if seqs[r.Origin]++; r.Seq != seqs[r.Origin] {
			t.Fatalf("%s: got seq %d, want %d", r.Origin, r.Seq, seqs[r.Origin])
		}
		at[r.Offset] = r
	}
	for w := range writers {
		for a, last := range lasts[w] {
			if r := at[last]; r.Origin != fmt.Sprint("writer/", w) || r.Seq != uint64((a+1)*size) {
				t.Fatalf("writer %d, append %d: offset %d has %s", w, a, last, show(r))
			}
		}
	}
}

func testTooLarge(t *testing.T, s Subject) {
	create(t, s.Log, "a.in")
	for _, big := range []log.Record{
		{Value: make([]byte, log.MaxValue+1)},
		{Key: strings.Repeat("k", log.MaxName+1)},
		{Origin: strings.Repeat("o", log.MaxName+1), Seq: 1},
	} {
		before, err := s.Log.Bounds(deadline(t), "a.in")
		if err != nil {
			t.Fatal(err)
		}
		records := numbered(1, 5)
		records[2] = big
		_, err = s.Log.Append(deadline(t), "a.in", records...)
		is(t, "append of a record too large", err, log.ErrTooLarge)
		after, err := s.Log.Bounds(deadline(t), "a.in")
		if err != nil {
			t.Fatal(err)
		}
		if n := after.Next - before.Next; n > 2 {
			t.Fatalf("%d records were appended, want 2 at most", n)
		} else if n > 0 {
			same(t, read(t, s.Log, "a.in", before.Next, int(n)), records[:n])
		}
	}
	appendAll(t, s.Log, "a.in", numbered(1, 2)...)
}

func testCancelledAppend(t *testing.T, s Subject) {
	create(t, s.Log, "a.in")
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Log.Append(gone, "a.in", numbered(1, 3)...); err == nil {
		t.Error("append with an ended context: got nil")
	}
	seed := rand.Uint64()
	t.Log("seed", seed)
	rnd := rand.New(rand.NewPCG(seed, 0))
	const size = 20
	acknowledged := map[string]bool{}
	for round := range 50 {
		origin := fmt.Sprint("round/", round)
		records := numbered(1, size)
		for i := range records {
			records[i].Origin = origin
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(rnd.IntN(2000))*time.Microsecond)
		_, err := s.Log.Append(ctx, "a.in", records...)
		cancel()
		acknowledged[origin] = err == nil
	}
	end := appendAll(t, s.Log, "a.in", log.Record{Origin: "end", Seq: 1})
	seqs := map[string]uint64{}
	for batch, err := range s.Log.Read(deadline(t), "a.in", 0) {
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range batch {
			if seqs[r.Origin]++; r.Seq != seqs[r.Origin] {
				t.Fatalf("%s: got seq %d, want %d: what is there is no prefix", r.Origin, r.Seq, seqs[r.Origin])
			}
		}
		// A cancelled append may still arrive after the end was appended; it is not waited for.
		if batch[len(batch)-1].Offset >= end {
			break
		}
	}
	for origin, ok := range acknowledged {
		if ok && seqs[origin] != size {
			t.Errorf("%s: acknowledged, but %d of %d records are there", origin, seqs[origin], size)
		}
	}
}
