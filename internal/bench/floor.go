package bench

import (
	"fmt"
	"os"
	"slices"
	"time"
)

// Spread is a distribution of durations, in milliseconds as JSON.
type Spread struct {
	P50 milliseconds `json:"p50_ms"`
	P95 milliseconds `json:"p95_ms"`
	P99 milliseconds `json:"p99_ms"`
	Max milliseconds `json:"max_ms"`
}

// spread sorts all.
func spread(all []time.Duration) Spread {
	if len(all) == 0 {
		return Spread{}
	}
	slices.Sort(all)
	at := func(q float64) milliseconds { return milliseconds(all[min(int(q*float64(len(all))), len(all)-1)]) }
	return Spread{P50: at(0.5), P95: at(0.95), P99: at(0.99), Max: at(1)}
}

// diskFloor measures what the disk alone costs a post: six appends of 300 bytes, each synced, one after the other, in dir.
func diskFloor(dir string) (Spread, error) {
	f, err := os.CreateTemp(dir, "floor-")
	if err != nil {
		return Spread{}, fmt.Errorf("measure disk: %w", err)
	}
	defer os.Remove(f.Name())
	defer f.Close()
	const rounds, appends = 200, 6
	raw := make([]byte, 300)
	all := make([]time.Duration, rounds)
	for i := range all {
		began := time.Now()
		for range appends {
			if _, err := f.Write(raw); err != nil {
				return Spread{}, fmt.Errorf("measure disk: %w", err)
			}
			if err := f.Sync(); err != nil {
				return Spread{}, fmt.Errorf("measure disk: %w", err)
			}
		}
		all[i] = time.Since(began)
	}
	return spread(all), nil
}
