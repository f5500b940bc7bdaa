package media

import (
	"math/bits"
	"sync/atomic"
	"time"
)

// Histogram counts durations from 1 µs to about a minute in buckets of 12 %. Its zero value is ready; any goroutine may add.
type Histogram struct {
	buckets [histogramOctaves * histogramParts]atomic.Uint64
	max     atomic.Int64 // ns
}

const (
	histogramOctaves = 26 // of µs
	histogramParts   = 8  // of an octave
)

// Add counts d once.
func (h *Histogram) Add(d time.Duration) {
	h.buckets[bucketOf(d)].Add(1)
	for m := h.max.Load(); int64(d) > m && !h.max.CompareAndSwap(m, int64(d)); {
		m = h.max.Load()
	}
}

// bucketOf finds the octave by the highest bit of d in µs, and the part of it by the three bits below.
func bucketOf(d time.Duration) int {
	us := uint64(max(d.Microseconds(), 0))
	if us < histogramParts {
		return int(us)
	}
	octave := bits.Len64(us) - 3 // 1 for 8…15 µs
	part := us >> (octave - 1) & (histogramParts - 1)
	return min(octave*histogramParts+int(part), histogramOctaves*histogramParts-1)
}

// upper is the upper end of a bucket.
func upper(bucket int) time.Duration {
	octave, part := bucket/histogramParts, bucket%histogramParts
	if octave == 0 {
		return time.Duration(part+1) * time.Microsecond
	}
	return time.Duration((histogramParts+part+1)<<(octave-1)) * time.Microsecond
}

// Latency is a summary of a Histogram, with the error of its buckets.
type Latency struct {
	Count uint64        `json:"count"`
	P50   time.Duration `json:"p50"` // ns, as all of them
	P99   time.Duration `json:"p99"`
	Max   time.Duration `json:"max"`
}

// Summary returns what has been added so far.
func (h *Histogram) Summary() Latency {
	var counts [len(h.buckets)]uint64
	l := Latency{Max: time.Duration(h.max.Load())}
	for i := range h.buckets {
		counts[i] = h.buckets[i].Load()
		l.Count += counts[i]
	}
	seen := uint64(0)
	for i, n := range counts {
		before := seen
		seen += n
		if n == 0 {
			continue
		}
		for _, q := range []struct {
			rank uint64
			into *time.Duration
		}{{(l.Count + 1) / 2, &l.P50}, {(l.Count*99 + 99) / 100, &l.P99}} {
			if before < q.rank && q.rank <= seen {
				*q.into = min(upper(i), l.Max)
			}
		}
	}
	return l
}
