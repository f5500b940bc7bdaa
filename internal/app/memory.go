package app

import (
	"context"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

const (
	tidyEvery = 10 * time.Second
	tidyAfter = 8 << 20 // bytes allocated since the last time; in a call: bytes free and not given back
)

// tidy gives memory back to the system. In a call it does so only if there is much to give, for it finds garbage often enough by itself. Hashing a password takes 19 MiB for a moment; the runtime would keep
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
		worth := now - last
		if s.audio.Stats().Sockets+s.video.Stats().Sockets > 0 {
			worth = metric("/memory/classes/heap/free:bytes")
		}
		if worth < tidyAfter {
			continue
		}
		debug.FreeOSMemory()
		last = now
	}
}

// allocated returns the bytes allocated since the start, freed or not.
func allocated() uint64 { return metric("/gc/heap/allocs:bytes") }

func metric(name string) uint64 {
	sample := []metrics.Sample{{Name: name}}
	metrics.Read(sample)
	if sample[0].Value.Kind() != metrics.KindUint64 {
		return 0
	}
	return sample[0].Value.Uint64()
}
