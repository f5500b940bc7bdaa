package main

import (
	"context"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// How much garbage is let grow before it is collected, in percent of what lives. As a rule little: most of what lives are the stores' arenas, which are
// hardly resident, while garbage is. Where much is thrown away it is more, as each collection costs as much as the one before however little it finds.
const (
	leastGarbage = 10
	mostGarbage  = 100
	oftenEnough  = 2 // collections a second
)

// tendGarbage sets it every second, until ctx ends.
func tendGarbage(ctx context.Context) {
	percent := leastGarbage
	debug.SetGCPercent(percent)
	cycles := []metrics.Sample{{Name: "/gc/cycles/total:gc-cycles"}}
	metrics.Read(cycles)
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for before := cycles[0].Value.Uint64(); ; before = cycles[0].Value.Uint64() {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		metrics.Read(cycles)
		if next := garbage(percent, cycles[0].Value.Uint64()-before); next != percent {
			debug.SetGCPercent(next)
			percent = next
		}
	}
}

// garbage returns the percentage that follows on a second in which there were so many collections with the one of before.
func garbage(percent int, collections uint64) int {
	switch {
	case collections > oftenEnough:
		return min(2*percent, mostGarbage)
	case collections == 0:
		return max(percent/2, leastGarbage)
	}
	return percent
}
