package app

import (
	"context"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

const (
	tidyEvery = 30 * time.Second
	tidyAfter = 8 << 20 // bytes allocated since the last time
)

// tidy gives memory back to the system when nobody is in a call. Hashing a password takes 19 MiB for a moment; the runtime would keep
// that for minutes, and what it takes for living are mostly the stores' arenas, of which little is resident.
func (s *system) tidy(ctx context.Context) error {
	tick := time.NewTicker(tidyEvery)
	defer tick.Stop()
	last := allocated()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		now := allocated()
		if now-last < tidyAfter || s.audio.Stats().Sockets+s.video.Stats().Sockets > 0 {
			continue
		}
		debug.FreeOSMemory()
		last = now
	}
}

// allocated returns the bytes allocated since the start, freed or not.
func allocated() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	if sample[0].Value.Kind() != metrics.KindUint64 {
		return 0
	}
	return sample[0].Value.Uint64()
}
