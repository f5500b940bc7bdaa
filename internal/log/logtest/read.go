package logtest

import (
	"context"
	"errors"
	"testing"

	"go.uber.org/goleak"

	"scaip/internal/log"
)

func testFarBehind(t *testing.T, s Subject) {
	create(t, s.Log, "a.in")
	const n = 12000
	want := numbered(1, n)
	for i := 0; i < n; i += 3000 {
		appendAll(t, s.Log, "a.in", want[i:i+3000]...)
	}
	began, end := start(deadline(t), s.Log, "a.in", n+10)
	await(t, "the first record", began)
	more := numbered(n+1, 10)
	for _, r := range more {
		appendAll(t, s.Log, "a.in", r)
	}
	o := await(t, "the end of the read", end)
	if o.err != nil {
		t.Fatal(o.err)
	}
	same(t, o.records, append(want, more...))
}

func testTail(t *testing.T, s Subject) {
	create(t, s.Log, "a.in")
	const n = 30
	_, end := start(deadline(t), s.Log, "a.in", n)
	want := numbered(1, n)
	for _, r := range want {
		appendAll(t, s.Log, "a.in", r)
	}
	o := await(t, "the end of the read", end)
	if o.err != nil {
		t.Fatal(o.err)
	}
	same(t, o.records, want)
}

func testOffsets(t *testing.T, s Subject) {
	create(t, s.Log, "a.in")
	want := numbered(1, 10)
	appendAll(t, s.Log, "a.in", want...)
	all := read(t, s.Log, "a.in", 0, len(want))
	for i, r := range all {
		got := read(t, s.Log, "a.in", r.Offset, len(want)-i)
		if got[0].Offset != r.Offset {
			t.Errorf("read from %d: got offset %d first", r.Offset, got[0].Offset)
		}
		same(t, got, want[i:])
	}
}

func testBeyond(t *testing.T, s Subject) {
	create(t, s.Log, "empty.in")
	create(t, s.Log, "a.in")
	// As after the log lost its tail: the reader has got further than the log now reaches.
	appendAll(t, s.Log, "a.in", numbered(1, 3)...)
	for _, topic := range []log.Topic{"empty.in", "a.in"} {
		b, err := s.Log.Bounds(deadline(t), topic)
		if err != nil {
			t.Fatal(err)
		}
		from := b.Next + 4
		got := make(chan outcome, 1)
		ctx := deadline(t)
		go func() {
			records, err := readUntil(ctx, s.Log, topic, from, 2)
			got <- outcome{records, err}
		}()
		for i := range 6 {
			appendAll(t, s.Log, topic, numbered(i+1, 1)...)
		}
		o := await(t, "two records", got)
		if o.err != nil {
			t.Fatal(o.err)
		}
		if o.records[0].Offset != from {
			t.Errorf("%s: got offset %d first, want %d", topic, o.records[0].Offset, from)
		}
		same(t, o.records, numbered(5, 2))
	}
}

func testReaders(t *testing.T, s Subject) {
	create(t, s.Log, "a.in")
	const n = 100
	ctx := deadline(t)
	var ends []<-chan outcome
	for range 5 {
		_, end := start(ctx, s.Log, "a.in", n)
		ends = append(ends, end)
	}
	want := numbered(1, n)
	for i := 0; i < n; i += 4 {
		appendAll(t, s.Log, "a.in", want[i:i+4]...)
	}
	for _, end := range ends {
		o := await(t, "the end of the read", end)
		if o.err != nil {
			t.Fatal(o.err)
		}
		same(t, o.records, want)
	}
}

func testCancelledRead(t *testing.T, s Subject) {
	create(t, s.Log, "a.in")
	appendAll(t, s.Log, "a.in", numbered(1, 1)...)
	ctx, cancel := context.WithCancel(deadline(t))
	began, end := start(ctx, s.Log, "a.in", 1000)
	await(t, "the first record", began)
	cancel()
	is(t, "read whose context ended", await(t, "the end of the read", end).err, context.Canceled)

	var last error
	times := 0
	for _, err := range s.Log.Read(ctx, "a.in", 0) {
		last = err
		times++
	}
	if !errors.Is(last, context.Canceled) || times != 1 {
		t.Errorf("read with an ended context: got %v, %d times", last, times)
	}
}

func testLeaks(t *testing.T, s Subject) {
	create(t, s.Log, "a.in")
	appendAll(t, s.Log, "a.in", numbered(1, 2000)...)
	read(t, s.Log, "a.in", 0, 2000) // what starts once and stays is not a leak
	ignore := []goleak.Option{goleak.IgnoreCurrent()}
	for _, f := range s.Foreign {
		ignore = append(ignore, goleak.IgnoreAnyFunction(f))
	}
	for range 5 {
		_, err := readUntil(deadline(t), s.Log, "a.in", 0, 1)
		if err != nil {
			t.Fatal(err)
		}
		read(t, s.Log, "a.in", 1500, 500)
	}
	ctx, cancel := context.WithCancel(deadline(t))
	began, end := start(ctx, s.Log, "a.in", 5000)
	await(t, "the first record", began)
	cancel()
	await(t, "the end of the read", end)
	for _, err := range s.Log.Read(deadline(t), "missing", 0) {
		is(t, "read of a missing topic", err, log.ErrNoTopic)
	}
	goleak.VerifyNone(t, ignore...)
}

func testDelete(t *testing.T, s Subject) {
	create(t, s.Log, "a.in")
	create(t, s.Log, "empty.in")
	appendAll(t, s.Log, "a.in", numbered(1, 3)...)
	ctx := deadline(t)
	began, end := start(ctx, s.Log, "a.in", 1000)
	await(t, "the first record", began)
	// This one may begin after the deletion. It ends in the same way.
	_, endEmpty := start(ctx, s.Log, "empty.in", 1000)
	for _, topic := range []log.Topic{"a.in", "empty.in", "a.in"} {
		if err := s.Log.Delete(ctx, topic); err != nil {
			t.Fatal(err)
		}
	}
	is(t, "read of a deleted topic", await(t, "the end of the read", end).err, log.ErrNoTopic)
	is(t, "read of a deleted topic", await(t, "the end of the read", endEmpty).err, log.ErrNoTopic)
	missing(t, s.Log, "a.in")
	if infos, err := s.Log.Topics(ctx, ""); err != nil || len(infos) != 0 {
		t.Errorf("topics: got %v, %v, want none", infos, err)
	}
}

func testRecreate(t *testing.T, s Subject) {
	create(t, s.Log, "a.in")
	appendAll(t, s.Log, "a.in", numbered(1, 3)...)
	began, end := start(deadline(t), s.Log, "a.in", 1000)
	await(t, "the first record", began)
	if err := s.Log.Delete(deadline(t), "a.in"); err != nil {
		t.Fatal(err)
	}
	create(t, s.Log, "a.in")
	want := numbered(101, 8)
	appendAll(t, s.Log, "a.in", want...)
	o := await(t, "the end of the read", end)
	is(t, "read of a deleted topic", o.err, log.ErrNoTopic)
	same(t, o.records, numbered(1, 3))
	got := read(t, s.Log, "a.in", 0, len(want))
	same(t, got, want)
	if got[0].Offset != 0 {
		t.Errorf("got offset %d first in a new topic, want 0", got[0].Offset)
	}
}

func testMissing(t *testing.T, s Subject) {
	missing(t, s.Log, "missing.in")
	if err := s.Log.Delete(deadline(t), "missing.in"); err != nil {
		t.Errorf("delete of a missing topic: %v", err)
	}
}

// missing checks what every method says about a topic that isn't there.
func missing(t *testing.T, l log.Admin, topic log.Topic) {
	t.Helper()
	for what, err := range every(t, l, topic) {
		if what != "create" && what != "delete" {
			is(t, what, err, log.ErrNoTopic)
		}
	}
}

func testBadNames(t *testing.T, s Subject) {
	long := log.Topic(make([]byte, 0))
	for range 201 {
		long += "a"
	}
	for _, topic := range []log.Topic{"", ".", "a.", ".a", "a..b", "A", "a b", "a/b", "../a", "a\x00", "a>", "a*", "ä", long} {
		for what, err := range every(t, s.Log, topic) {
			is(t, what+" "+string(topic), err, log.ErrBadTopic)
		}
	}
	create(t, s.Log, long[:200-s.Taken])
	appendAll(t, s.Log, long[:200-s.Taken], numbered(1, 1)...)
	read(t, s.Log, long[:200-s.Taken], 0, 1)
}

// every calls every method that takes a topic and returns the errors.
func every(t *testing.T, l log.Admin, topic log.Topic) map[string]error {
	t.Helper()
	ctx := deadline(t)
	errs := map[string]error{}
	_, errs["append"] = l.Append(ctx, topic, numbered(1, 1)...)
	_, errs["append of several"] = l.Append(ctx, topic, numbered(1, 5)...)
	_, errs["append of nothing"] = l.Append(ctx, topic)
	_, _, errs["last"] = l.Last(ctx, topic)
	_, errs["bounds"] = l.Bounds(ctx, topic)
	errs["trim"] = l.Trim(ctx, topic, 1)
	_, errs["seek"] = l.Seek(ctx, topic, epoch)
	_, errs["read"] = readUntil(ctx, l, topic, 0, 1)
	if !topic.Valid() {
		errs["create"] = l.Create(ctx, topic, log.Retention{})
		errs["delete"] = l.Delete(ctx, topic)
	}
	return errs
}

func testClosed(t *testing.T, s Subject) {
	create(t, s.Log, "a.in")
	appendAll(t, s.Log, "a.in", numbered(1, 1)...)
	began, end := start(deadline(t), s.Log, "a.in", 1000)
	await(t, "the first record", began)
	if err := s.Log.Close(); err != nil {
		t.Fatal(err)
	}
	is(t, "read of a closed log", await(t, "the end of the read", end).err, log.ErrClosed)
	for what, err := range every(t, s.Log, "a.in") {
		is(t, what, err, log.ErrClosed)
	}
	ctx := deadline(t)
	is(t, "create", s.Log.Create(ctx, "b.in", log.Retention{}), log.ErrClosed)
	is(t, "delete", s.Log.Delete(ctx, "a.in"), log.ErrClosed)
	_, err := s.Log.Topics(ctx, "")
	is(t, "topics", err, log.ErrClosed)
	if err := s.Log.Close(); err != nil {
		t.Errorf("close again: %v", err)
	}
}
