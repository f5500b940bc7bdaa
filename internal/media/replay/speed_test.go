package replay

import (
	"cmp"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"scaip/internal/log"
	"scaip/internal/media"
)

// BenchmarkExport exports a minute of ten participants.
func BenchmarkExport(b *testing.B) {
	c := newCall(b)
	walk := readClip(b, "walk.webm")
	for seat := 1; seat <= 10; seat++ {
		for part := range 4 {
			c.play(walk, seat, "Ada", time.Duration(part)*15100*time.Millisecond)
		}
	}
	for _, recs := range c.recs { // as they would have arrived
		slices.SortStableFunc(recs, func(x, y log.Record) int { return cmp.Compare(ptsOf(b, x), ptsOf(b, y)) })
	}
	c.write()
	for b.Loop() {
		r, err := Export(b.Context(), filepath.Join(b.TempDir(), "x.mkv"), Options{Log: c.log, Call: "c1"})
		if err != nil {
			b.Fatal(err)
		}
		if r.Skipped.Total() > 0 {
			b.Fatalf("skipped %+v", r.Skipped)
		}
		b.SetBytes(r.Bytes)
	}
}

func ptsOf(b *testing.B, r log.Record) int64 {
	f, _, err := media.ParseFrame(r.Value)
	if err != nil {
		b.Fatal(err)
	}
	return f.PTS
}
