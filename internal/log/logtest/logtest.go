// Package logtest is the acceptance suite of log.Admin. Every adapter runs it; what it shows is what services rely on.
package logtest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"scaip/internal/log"
)

// Subject is a log to be tested.
type Subject struct {
	// Log is open and empty.
	Log log.Admin

	// Reopen opens the log again that was closed, with what it held. nil if the adapter keeps nothing.
	Reopen func(t *testing.T) log.Admin

	// Limits says whether the adapter obeys Retention.
	Limits bool

	// Taken is how many of the 200 characters of a topic's name the log needs for itself.
	Taken int

	// Foreign are functions of goroutines that belong to the test's server, not to the log.
	Foreign []string
}

// Run tests the adapter. open makes a new log for each test and sees to its end with t.Cleanup.
func Run(t *testing.T, open func(t *testing.T) Subject) {
	for _, c := range []struct {
		name string
		test func(t *testing.T, s Subject)
	}{
		{"append gives ascending offsets and read returns what was appended", testOrder},
		{"metadata survives", testMetadata},
		{"append copies the value", testCopies},
		{"append of nothing", testNothing},
		{"a large append is read in batches", testBatches},
		{"large values", testLargeValues},
		{"a reader far behind catches up and tails", testFarBehind},
		{"read waits for records", testTail},
		{"read begins at any offset", testOffsets},
		{"read from beyond the end waits until it is reached", testBeyond},
		{"several readers", testReaders},
		{"concurrent appends interleave whole records", testConcurrent},
		{"a record too large leaves a prefix", testTooLarge},
		{"a cancelled append leaves a prefix", testCancelledAppend},
		{"cancelled reads end with the context's error", testCancelledRead},
		{"left reads leave nothing behind", testLeaks},
		{"last and bounds", testLast},
		{"trim", testTrim},
		{"trim under a reader", testTrimReader},
		{"topics", testTopics},
		{"seek by time", testSeek},
		{"delete ends readers", testDelete},
		{"a topic made again is another one", testRecreate},
		{"a missing topic", testMissing},
		{"bad names", testBadNames},
		{"closed", testClosed},
		{"restart", testRestart},
		{"max records", testMaxRecords},
		{"max bytes", testMaxBytes},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, open(t)) })
	}
}

// limit is how long anything may take before a test fails.
const limit = 30 * time.Second

func deadline(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	t.Cleanup(cancel)
	return ctx
}

func create(t *testing.T, l log.Admin, topic log.Topic) {
	t.Helper()
	if err := l.Create(deadline(t), topic, log.Retention{}); err != nil {
		t.Fatal(err)
	}
}

// appendAll appends the records at once and returns the offset of the last one.
func appendAll(t *testing.T, l log.Log, topic log.Topic, records ...log.Record) int64 {
	t.Helper()
	last, err := l.Append(deadline(t), topic, records...)
	if err != nil {
		t.Fatal(err)
	}
	return last
}

// numbered returns n records, whose Seq counts from first.
func numbered(first, n int) []log.Record {
	records := make([]log.Record, n)
	for i := range records {
		records[i] = log.Record{Origin: "test", Seq: uint64(first + i), Key: fmt.Sprint("key ", first+i), Value: fmt.Appendf(nil, "value %d", first+i)}
	}
	return records
}

// read reads n records from offset from on. It checks what holds for every Read: order, and the size of batches.
func read(t *testing.T, l log.Log, topic log.Topic, from int64, n int) []log.Record {
	t.Helper()
	all, err := readUntil(deadline(t), l, topic, from, n)
	if err != nil {
		t.Fatalf("read %s from %d: after %d of %d records: %v", topic, from, len(all), n, err)
	}
	if len(all) != n {
		t.Fatalf("read %s from %d: got %d records, want %d", topic, from, len(all), n)
	}
	return all
}

// readUntil reads until there are n records or an error. It doesn't use t, for other goroutines.
func readUntil(ctx context.Context, l log.Log, topic log.Topic, from int64, n int) (all []log.Record, err error) {
	next := from
	for batch, err := range l.Read(ctx, topic, from) {
		if err != nil {
			return all, err
		}
		size := 0
		for _, r := range batch {
			if r.Offset < next {
				return all, fmt.Errorf("offset %d after %d", r.Offset, next-1)
			}
			next = r.Offset + 1
			size += len(r.Value)
		}
		if len(batch) == 0 || len(batch) > 1000 || size > 8<<20 {
			return all, fmt.Errorf("batch of %d records with %d bytes", len(batch), size)
		}
		if all = append(all, batch...); len(all) >= n {
			return all, nil
		}
	}
	return all, errors.New("read ended without an error")
}

// same compares what was read with what was appended.
func same(t *testing.T, got, want []log.Record) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("got %d records, want %d", len(got), len(want))
	}
	for i := range want {
		g, w := got[i], want[i]
		if g.Origin != w.Origin || g.Seq != w.Seq || g.Key != w.Key || string(g.Value) != string(w.Value) {
			t.Fatalf("record %d: got %s, want %s", i, show(g), show(w))
		}
	}
}

func show(r log.Record) string {
	v := string(r.Value)
	if len(v) > 40 {
		v = v[:40] + "…"
	}
	return fmt.Sprintf("{%d %q %d %q %q}", r.Offset, r.Origin, r.Seq, r.Key, v)
}

// is fails the test if err is not target.
func is(t *testing.T, what string, err, target error) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Errorf("%s: got error %v, want %v", what, err, target)
	}
}

// outcome is how a Read in another goroutine ended.
type outcome struct {
	records []log.Record
	err     error
}

// start reads in a goroutine until an error or n records. At the first record it closes began.
func start(ctx context.Context, l log.Log, topic log.Topic, n int) (began <-chan struct{}, end <-chan outcome) {
	first, done := make(chan struct{}), make(chan outcome, 1)
	go func() {
		var o outcome
		for batch, err := range l.Read(ctx, topic, 0) {
			if err != nil {
				o.err = err
				break
			}
			if len(o.records) == 0 {
				close(first)
			}
			if o.records = append(o.records, batch...); len(o.records) >= n {
				break
			}
		}
		done <- o
	}()
	return first, done
}

// await receives from c, or fails the test after the limit.
func await[T any](t *testing.T, what string, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-deadline(t).Done():
		t.Fatalf("waiting for %s: nothing for %v", what, limit)
		panic("unreachable")
	}
}
