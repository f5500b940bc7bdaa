package replay

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"scaip/internal/media"
	"scaip/internal/media/matroska"
)

// collector is a writer that keeps what it gets.
type collector struct {
	tracks  []matroska.Track
	packets []matroska.Packet
}

func (c *collector) AddTrack(t matroska.Track) (int, error) {
	c.tracks = append(c.tracks, t)
	return len(c.tracks) - 1, nil
}

func (c *collector) Resize(int, int, int) {}

func (c *collector) Write(p matroska.Packet) error { c.packets = append(c.packets, p); return nil }

// TestMergeSortedNothingLost is a property: frames that arrive up to 10 s late come out sorted, and all of them.
func TestMergeSortedNothingLost(t *testing.T) {
	for seed := range uint64(30) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(seed, 0))
			c := newCall(t)
			type arrival struct {
				kind string
				at   int64
				f    media.Frame
			}
			var all []arrival
			var want []int64
			for track := uint16(4); track < 4*uint16(2+rnd.IntN(6)); track += 4 {
				for kind, cfg := range map[string]media.Config{media.Audio: opus, media.Video: vp8} {
					c.config(kind, track, 0, 0, cfg)
					pts, at := rnd.Int64N(60e6), int64(0)
					delay := rnd.Int64N(9e6)
					for seq := range uint32(200 + rnd.IntN(300)) {
						pts += 1 + rnd.Int64N(100e3)
						if rnd.IntN(100) == 0 {
							pts += rnd.Int64N(30e6)
							delay = rnd.Int64N(9e6)
						}
						at = max(at, pts+delay) // a sender's frames arrive in the order in which they were sent
						all = append(all, arrival{kind, at, media.Frame{Key: true, Track: track, Seq: seq + 1, PTS: pts, Payload: []byte{byte(track), 1}}})
						want = append(want, pts)
					}
				}
			}
			slices.SortStableFunc(all, func(a, b arrival) int { return cmp.Compare(a.at, b.at) })
			for _, a := range all {
				c.add(a.kind, a.f)
			}
			c.write()
			w := &collector{}
			e := newExporter(Options{Log: c.log, Call: "c1"}, w)
			if err := e.run(t.Context()); err != nil {
				t.Fatal(err)
			}
			slices.Sort(want)
			var got []int64
			for _, p := range w.packets {
				got = append(got, p.PTS.Microseconds())
			}
			if !slices.Equal(got, want) {
				t.Errorf("%d frames come out, sorted: %v; want %d sorted ones; skipped %+v", len(got), slices.IsSorted(got), len(want), e.result().Skipped)
			}
		})
	}
}
