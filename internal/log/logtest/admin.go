package logtest

import (
	"errors"
	"slices"
	"testing"
	"time"

	"scaip/internal/log"
)

// epoch is before every record.
var epoch = time.Unix(0, 0)

func bounds(t *testing.T, l log.Log, topic log.Topic, want log.Bounds) {
	t.Helper()
	if got, err := l.Bounds(deadline(t), topic); err != nil || got != want {
		t.Errorf("bounds of %s: got %v, %v, want %v", topic, got, err, want)
	}
}

func noLast(t *testing.T, l log.Log, topic log.Topic) {
	t.Helper()
	if r, ok, err := l.Last(deadline(t), topic); ok || err != nil {
		t.Errorf("last of an empty topic: got %s, %v, %v", show(r), ok, err)
	}
}

func testLast(t *testing.T, s Subject) {
	create(t, s.Log, "a.in")
	bounds(t, s.Log, "a.in", log.Bounds{})
	noLast(t, s.Log, "a.in")
	for i := range 4 {
		want := numbered(i+1, 1)
		appendAll(t, s.Log, "a.in", want...)
		bounds(t, s.Log, "a.in", log.Bounds{First: 0, Next: int64(i + 1)})
		got, ok, err := s.Log.Last(deadline(t), "a.in")
		if !ok || err != nil || got.Offset != int64(i) {
			t.Fatalf("last: got %s, %v, %v, want offset %d", show(got), ok, err, i)
		}
		same(t, []log.Record{got}, want)
	}
}

func testTrim(t *testing.T, s Subject) {
	create(t, s.Log, "a.in")
	want := numbered(1, 10)
	appendAll(t, s.Log, "a.in", want...)
	trim := func(before int64) {
		t.Helper()
		if err := s.Log.Trim(deadline(t), "a.in", before); err != nil {
			t.Fatal(err)
		}
	}
	trim(-1)
	trim(0)
	bounds(t, s.Log, "a.in", log.Bounds{First: 0, Next: 10})
	trim(4)
	trim(2) // what is gone is gone
	bounds(t, s.Log, "a.in", log.Bounds{First: 4, Next: 10})
	got := read(t, s.Log, "a.in", 4, 6)
	same(t, got, want[4:])
	if got[0].Offset != 4 {
		t.Errorf("got offset %d first, want 4: offsets stay", got[0].Offset)
	}
	for _, from := range []int64{-1, 0, 3} {
		_, err := readUntil(deadline(t), s.Log, "a.in", from, 1)
		is(t, "read of trimmed records", err, log.ErrTruncated)
	}
	trim(1000) // beyond the end: all that is there
	bounds(t, s.Log, "a.in", log.Bounds{First: 10, Next: 10})
	noLast(t, s.Log, "a.in")
	_, err := readUntil(deadline(t), s.Log, "a.in", 9, 1)
	is(t, "read of trimmed records", err, log.ErrTruncated)
	if last := appendAll(t, s.Log, "a.in", numbered(11, 2)...); last != 11 {
		t.Errorf("append after trim: got last offset %d, want 11", last)
	}
	same(t, read(t, s.Log, "a.in", 10, 2), numbered(11, 2))
}

func testTrimReader(t *testing.T, s Subject) {
	create(t, s.Log, "a.in")
	const n = 6000
	for i := 0; i < n; i += 3000 {
		appendAll(t, s.Log, "a.in", numbered(i+1, 3000)...)
	}
	next := int64(0)
	var end error
	for batch, err := range s.Log.Read(deadline(t), "a.in", 0) {
		if end = err; err != nil {
			break
		}
		for _, r := range batch {
			if r.Offset != next {
				t.Fatalf("got offset %d after %d: the reader was not told what it missed", r.Offset, next-1)
			}
			next++
		}
		if next < 5000 { // only then: the trim must come while much is to be read
			if err := s.Log.Trim(deadline(t), "a.in", n-10); err != nil {
				t.Fatal(err)
			}
		}
		if next == n {
			break
		}
	}
	if next != n && !errors.Is(end, log.ErrTruncated) {
		t.Errorf("read up to %d: got %v, want %v", next, end, log.ErrTruncated)
	}
}

func testTopics(t *testing.T, s Subject) {
	for _, topic := range []log.Topic{"call.1.video", "call.1.audio", "call.10.audio", "users.in", "a_b-c.d"} {
		create(t, s.Log, topic)
	}
	create(t, s.Log, "users.in") // again
	appendAll(t, s.Log, "call.1.audio", numbered(1, 3)...)
	for prefix, want := range map[string][]log.Topic{
		"":        {"a_b-c.d", "call.1.audio", "call.1.video", "call.10.audio", "users.in"},
		"call.1.": {"call.1.audio", "call.1.video"},
		"a_":      {"a_b-c.d"},
		"x":       nil,
	} {
		infos, err := s.Log.Topics(deadline(t), prefix)
		if err != nil {
			t.Fatal(err)
		}
		var got []log.Topic
		for _, i := range infos {
			got = append(got, i.Topic)
			if i.Topic == "call.1.audio" && (i.Bounds != log.Bounds{First: 0, Next: 3} || i.Bytes == 0) {
				t.Errorf("info of %s: got %+v", i.Topic, i)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("topics %q: got %v, want %v", prefix, got, want)
		}
	}
}

func testSeek(t *testing.T, s Subject) {
	create(t, s.Log, "a.in")
	seek := func(at time.Time) int64 {
		t.Helper()
		o, err := s.Log.Seek(deadline(t), "a.in", at)
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	later := time.Now().Add(time.Hour)
	if got := seek(epoch); got != 0 {
		t.Errorf("seek in an empty topic: got %d, want 0", got)
	}
	for i := range 20 {
		appendAll(t, s.Log, "a.in", numbered(i+1, 1)...)
	}
	all := read(t, s.Log, "a.in", 0, 20)
	for _, r := range all {
		// Several may have the same time.
		want := slices.IndexFunc(all, func(o log.Record) bool { return !o.Time.Before(r.Time) })
		if got := seek(r.Time); got != int64(want) {
			t.Errorf("seek to the time of record %d: got %d, want %d", r.Offset, got, want)
		}
	}
	if got := seek(epoch); got != 0 {
		t.Errorf("seek to before all: got %d, want 0", got)
	}
	if got := seek(later); got != 20 {
		t.Errorf("seek to after all: got %d, want 20", got)
	}
	if err := s.Log.Trim(deadline(t), "a.in", 5); err != nil {
		t.Fatal(err)
	}
	if got := seek(epoch); got != 5 {
		t.Errorf("seek to before all of a trimmed topic: got %d, want 5", got)
	}
}

func testRestart(t *testing.T, s Subject) {
	if s.Reopen == nil {
		t.Skip("this log keeps nothing")
	}
	create(t, s.Log, "a_b.in")
	create(t, s.Log, "gone.in")
	create(t, s.Log, "empty.in")
	want := numbered(1, 30)
	appendAll(t, s.Log, "a_b.in", want[:10]...)
	appendAll(t, s.Log, "gone.in", want[:10]...)
	if err := s.Log.Trim(deadline(t), "a_b.in", 3); err != nil {
		t.Fatal(err)
	}
	if err := s.Log.Delete(deadline(t), "gone.in"); err != nil {
		t.Fatal(err)
	}
	for i := 10; i < 30; i += 10 {
		if err := s.Log.Close(); err != nil {
			t.Fatal(err)
		}
		s.Log = s.Reopen(t)
		bounds(t, s.Log, "a_b.in", log.Bounds{First: 3, Next: int64(i)})
		bounds(t, s.Log, "empty.in", log.Bounds{})
		missing(t, s.Log, "gone.in")
		last, ok, err := s.Log.Last(deadline(t), "a_b.in")
		if err != nil || !ok || last.Offset != int64(i-1) {
			t.Fatalf("last: got %s, %v, %v, want offset %d", show(last), ok, err, i-1)
		}
		if got := appendAll(t, s.Log, "a_b.in", want[i:i+10]...); got != int64(i+9) {
			t.Fatalf("append: got last offset %d, want %d", got, i+9)
		}
		same(t, read(t, s.Log, "a_b.in", 3, i+7), want[3:i+10])
	}
}

func testMaxRecords(t *testing.T, s Subject) {
	if !s.Limits {
		t.Skip("this log has no limits")
	}
	for _, r := range []log.Retention{{MaxRecords: 10}, {MaxRecords: 10, MaxBytes: 1 << 20}} {
		if err := s.Log.Create(deadline(t), "a.in", r); err != nil {
			t.Fatal(err)
		}
		want := numbered(1, 25)
		appendAll(t, s.Log, "a.in", want[:12]...)
		for _, r := range want[12:] {
			appendAll(t, s.Log, "a.in", r)
		}
		bounds(t, s.Log, "a.in", log.Bounds{First: 15, Next: 25})
		same(t, read(t, s.Log, "a.in", 15, 10), want[15:])
		r.MaxRecords = 4
		if err := s.Log.Create(deadline(t), "a.in", r); err != nil {
			t.Fatal(err)
		}
		bounds(t, s.Log, "a.in", log.Bounds{First: 21, Next: 25})
		if err := s.Log.Create(deadline(t), "a.in", log.Retention{}); err != nil { // the limit is lifted
			t.Fatal(err)
		}
		appendAll(t, s.Log, "a.in", numbered(26, 10)...)
		bounds(t, s.Log, "a.in", log.Bounds{First: 21, Next: 35})
		if err := s.Log.Delete(deadline(t), "a.in"); err != nil {
			t.Fatal(err)
		}
	}
}

func testMaxBytes(t *testing.T, s Subject) {
	if !s.Limits {
		t.Skip("this log has no limits")
	}
	if err := s.Log.Create(deadline(t), "a.in", log.Retention{MaxBytes: 64 << 10}); err != nil {
		t.Fatal(err)
	}
	record := func(i, size int) log.Record {
		return log.Record{Origin: "o", Seq: uint64(i), Value: make([]byte, size)}
	}
	n := 0
	for ; ; n++ {
		_, err := s.Log.Append(deadline(t), "a.in", record(n+1, 2000))
		if errors.Is(err, log.ErrFull) {
			break
		}
		if err != nil || n > 100 {
			t.Fatalf("append %d: got %v, want %v some time", n, err, log.ErrFull)
		}
	}
	if n < 15 {
		t.Errorf("full after %d records of 2000 bytes, want 15 at least in 64 KiB", n)
	}
	bounds(t, s.Log, "a.in", log.Bounds{First: 0, Next: int64(n)})
	// A small one behind one that doesn't fit must not get in alone.
	_, err := s.Log.Append(deadline(t), "a.in", record(n+1, 60000), record(n+2, 1), record(n+3, 1))
	is(t, "append of several", err, log.ErrFull)
	bounds(t, s.Log, "a.in", log.Bounds{First: 0, Next: int64(n)})
	if err := s.Log.Create(deadline(t), "a.in", log.Retention{MaxBytes: 1 << 20}); err != nil {
		t.Fatal(err)
	}
	appendAll(t, s.Log, "a.in", record(n+1, 60000), record(n+2, 1))
	if got := read(t, s.Log, "a.in", 0, n+2); got[n+1].Seq != uint64(n+2) {
		t.Errorf("got %s last", show(got[n+1]))
	}
}
