package bot

import (
	"encoding/json"
	"math/bits"
	"time"
)

// Histogram counts durations in buckets that are at most 1/16 of their value wide, up to minutes. The zero value is empty; it belongs
// to one goroutine.
type Histogram struct {
	counts [37 * 16]uint32
	n      int
	max    time.Duration
}

// bucket returns the place of d, in µs: exact below 16, then 16 steps a power of two.
func bucket(us uint64) int {
	if us < 16 {
		return int(us)
	}
	exp := bits.Len64(us) - 5 // 0 for 16…31
	return min((exp+1)*16+int(us>>exp)&15, 37*16-1)
}

// value returns the upper end of a bucket, in µs.
func value(b int) uint64 {
	if b < 16 {
		return uint64(b)
	}
	exp := b/16 - 1
	return (16+uint64(b%16)+1)<<exp - 1
}

// Add counts d; below zero is zero.
func (h *Histogram) Add(d time.Duration) {
	h.counts[bucket(uint64(max(d, 0).Microseconds()))]++
	h.n++
	h.max = max(h.max, d)
}

// Merge counts what other counted, too.
func (h *Histogram) Merge(other *Histogram) {
	for i, c := range other.counts {
		h.counts[i] += c
	}
	h.n += other.n
	h.max = max(h.max, other.max)
}

// Count is how many were added.
func (h *Histogram) Count() int { return h.n }

// Quantile returns the duration that q (0 to 1) of all do not exceed, at most 1/16 too high; 0 if there are none.
func (h *Histogram) Quantile(q float64) time.Duration {
	rank := int(q * float64(h.n))
	for b, c := range h.counts {
		if rank -= int(c); rank < 0 {
			return min(time.Duration(value(b))*time.Microsecond, h.max)
		}
	}
	return h.max
}

// MarshalJSON gives what one wants to know, in milliseconds.
func (h *Histogram) MarshalJSON() ([]byte, error) {
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	return json.Marshal(struct {
		Count int     `json:"count"`
		P50   float64 `json:"p50_ms"`
		P99   float64 `json:"p99_ms"`
		Max   float64 `json:"max_ms"`
	}{h.n, ms(h.Quantile(0.5)), ms(h.Quantile(0.99)), ms(h.max)})
}
