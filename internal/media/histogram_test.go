package media

import (
	"testing"
	"time"
)

func TestHistogram(t *testing.T) {
	var h Histogram
	if got := h.Summary(); got != (Latency{}) {
		t.Errorf("empty: %+v", got)
	}
	for i := 1; i <= 1000; i++ {
		h.Add(time.Duration(i) * 10 * time.Microsecond)
	}
	got := h.Summary()
	if got.Count != 1000 || got.Max != 10*time.Millisecond {
		t.Errorf("got %+v", got)
	}
	for _, q := range []struct {
		name      string
		got, want time.Duration
	}{{"p50", got.P50, 5 * time.Millisecond}, {"p99", got.P99, 9900 * time.Microsecond}} {
		if off := float64(q.got)/float64(q.want) - 1; off < -0.01 || off > 0.13 {
			t.Errorf("%s is %v, want %v and at most 13%% more", q.name, q.got, q.want)
		}
	}
	h.Add(-time.Second)
	h.Add(time.Hour)
	if got := h.Summary(); got.Count != 1002 || got.Max != time.Hour {
		t.Errorf("out of range: %+v", got)
	}
}

func TestHistogramBucketsAreInOrder(t *testing.T) {
	last := -1
	for us := range 5000 {
		d := time.Duration(us) * time.Microsecond
		b := bucketOf(d)
		if b != last && b != last+1 {
			t.Fatalf("%v falls into bucket %d after %d", d, b, last)
		}
		if d >= upper(b) || b > 0 && d < upper(b-1) {
			t.Fatalf("%v falls into bucket %d, which is %v to %v", d, b, upper(b-1), upper(b))
		}
		last = b
	}
}
