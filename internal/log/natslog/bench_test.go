package natslog_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"scaip/internal/log"
)

// BenchmarkAppend measures appends of 1, 20 and 500 records of 300 bytes, beside the floor: a write and fsync of as much to
// a plain file.
func BenchmarkAppend(b *testing.B) {
	for _, n := range []int{1, 20, 500} {
		b.Run(fmt.Sprintf("floor/%d", n), func(b *testing.B) {
			f, err := os.Create(filepath.Join(b.TempDir(), "floor"))
			if err != nil {
				b.Fatal(err)
			}
			defer f.Close()
			buf := make([]byte, n*300)
			for b.Loop() {
				if _, err := f.Write(buf); err != nil {
					b.Fatal(err)
				}
				if err := f.Sync(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N*n)/b.Elapsed().Seconds(), "records/s")
		})
	}
	for name, sync := range kinds {
		for _, n := range []int{1, 20, 500} {
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				l := open(b, b.TempDir(), sync)
				records := sample(n)
				for b.Loop() {
					if _, err := l.Append(b.Context(), "a.in", records...); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.N*n)/b.Elapsed().Seconds(), "records/s")
			})
		}
	}
}

// BenchmarkLatency measures the time from Append's call to the record's arrival at a reader, one at a time.
func BenchmarkLatency(b *testing.B) {
	for name, sync := range kinds {
		b.Run(name, func(b *testing.B) {
			l := open(b, b.TempDir(), sync)
			arrived := make(chan time.Time, 1)
			ctx, cancel := context.WithCancel(b.Context())
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				for batch, err := range l.Read(ctx, "a.in", 0) {
					if err != nil {
						return
					}
					for range batch {
						arrived <- time.Now()
					}
				}
			}()
			var took []time.Duration
			record := sample(1)
			for b.Loop() {
				at := time.Now()
				if _, err := l.Append(b.Context(), "a.in", record...); err != nil {
					b.Fatal(err)
				}
				took = append(took, (<-arrived).Sub(at))
			}
			cancel()
			<-ended
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
		})
	}
}

// BenchmarkRead measures how fast a reader catches up.
func BenchmarkRead(b *testing.B) {
	const n = 20000
	l := open(b, b.TempDir(), time.Second)
	for range n / 500 {
		if _, err := l.Append(b.Context(), "a.in", sample(500)...); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		got := 0
		for batch, err := range l.Read(b.Context(), "a.in", 0) {
			if err != nil {
				b.Fatal(err)
			}
			if got += len(batch); got == n {
				break
			}
		}
	}
	b.ReportMetric(float64(b.N*n)/b.Elapsed().Seconds(), "records/s")
}

func open(tb testing.TB, dir string, sync time.Duration) log.Admin {
	_, l := serve(tb, dir, sync)
	if err := l.Create(tb.Context(), "a.in", log.Retention{}); err != nil {
		tb.Fatal(err)
	}
	return l
}

func sample(n int) []log.Record {
	records := make([]log.Record, n)
	for i := range records {
		records[i] = log.Record{Origin: "messaging.out", Seq: uint64(i + 1), Key: "01JABCDEFGHJKMNPQRSTVWXYZ0", Value: make([]byte, 300)}
	}
	return records
}
