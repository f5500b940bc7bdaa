package services_test

import (
	"fmt"
	"testing"

	"scaip/internal/log"
	"scaip/internal/services"
	"scaip/internal/store/memstore"
)

// BenchmarkRunner is the runner's own cost: commands through one service, from inbox to outbox topic, on a log and a store in memory.
//
//	go test -run xxx -bench Runner ./internal/services
func BenchmarkRunner(b *testing.B) {
	l := newLog(b)
	recs := make([]log.Record, 0, b.N)
	for i := range b.N {
		e := command(b, fmt.Sprint(i), "ada", body{typ: "notes.write", Room: "r", Text: "Hello, what a fine day it is today."})
		recs = append(recs, log.Record{Origin: "dispatch.in", Seq: uint64(i + 1), Value: encode(b, e)})
	}
	joined := wrap(b, "x", body{typ: "rooms.joined", Room: "r", User: "ada", Number: 1})
	put(b, l, "notes.in", "rooms.out", 1, joined)
	r := services.NewRunner(options(notes{}, l, memstore.New()))
	start(b, r)
	<-r.Ready()
	b.ReportAllocs()
	b.ResetTimer()
	if _, err := l.Append(b.Context(), "notes.in", recs...); err != nil {
		b.Fatal(err)
	}
	for from := int64(0); from <= int64(b.N); { // one greeting, and a note a command
		for batch, err := range l.Read(b.Context(), "notes.out", from) {
			if err != nil {
				b.Fatal(err)
			}
			from += int64(len(batch))
			break
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commands/s")
	s := r.Stats()
	b.ReportMetric(float64(s.Processed)/float64(s.Commits), "records/commit")
}

// BenchmarkLatency is one command at a time, through the whole ring: door, dispatch, notes and back to gateway.in.
func BenchmarkLatency(b *testing.B) {
	l := newLog(b)
	for _, m := range []services.Machine{door{}, notes{}} {
		start(b, services.NewRunner(options(m, l, memstore.New())))
	}
	start(b, newRouter(l, memstore.New()))
	joined := wrap(b, "x", body{typ: "rooms.joined", Room: "r", User: "ada", Number: 1})
	put(b, l, "rooms.out", "rooms.out", 1, joined)
	next := waitFor(b, l, 0, joined.ID)
	b.ResetTimer()
	for i := range b.N {
		id := fmt.Sprint(i)
		put(b, l, "door.in", "gateway/1", uint64(i+1), command(b, id, "ada", body{typ: "notes.write", Room: "r"}))
		next = waitFor(b, l, next, id)
	}
}

// waitFor reads gateway.in from an offset on until an event that cause led to.
func waitFor(b *testing.B, l log.Log, from int64, cause string) int64 {
	for batch, err := range l.Read(b.Context(), "gateway.in", from) {
		if err != nil {
			b.Fatal(err)
		}
		for _, rec := range batch {
			from = rec.Offset + 1
			if decode(b, rec.Value).Cause == cause {
				return from
			}
		}
	}
	return from
}
