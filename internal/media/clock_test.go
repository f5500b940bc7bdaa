package media

import (
	"testing"
	"time"
)

func TestClock(t *testing.T) {
	base := time.Now()
	start := base.Add(-3 * time.Second).UTC().Round(0) // as it comes out of JSON: no monotonic reading
	c := NewClock(start, base)
	for _, tc := range []struct {
		name string
		now  time.Time
		want int64
	}{
		{"at the base", base, 3_000_000},
		{"later", base.Add(1500 * time.Microsecond), 3_001_500},
		{"before the call", base.Add(-4 * time.Second), -1_000_000},
	} {
		if got := c.At(tc.now); got != tc.want {
			t.Errorf("%s: %d µs, want %d", tc.name, got, tc.want)
		}
	}
	if a, b := c.At(time.Now()), NewClock(start, base).At(time.Now()); b < a || b > a+1_000_000 {
		t.Errorf("two clocks of a call: %d and %d", a, b)
	}
}
