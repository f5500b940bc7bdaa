package client

import (
	"encoding/binary"
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"scaip/internal/log"
	"scaip/internal/log/memlog"
	"scaip/internal/media"
	"scaip/internal/media/matroska"
	"scaip/internal/media/replay"
)

// drifting is a participant whose clock is off and runs at its own rate.
type drifting struct {
	track  uint16
	offset int64   // µs
	rate   float64 // 1 is right
	clock  clock
	rnd    *rand.Rand
	seq    uint32
}

func (d *drifting) local(true_ int64) int64 { return d.offset + int64(float64(true_)*d.rate) }

// delay is that of a message one way: at least 8 ms, usually some more, now and then much more.
func (d *drifting) delay() int64 {
	ms := 8 + d.rnd.ExpFloat64()*12
	if d.rnd.IntN(20) == 0 {
		ms += d.rnd.Float64() * 300
	}
	return int64(ms * 1000)
}

// ping is one exchange at a true time.
func (d *drifting) ping(now int64) {
	there := now + d.delay()
	back := there + d.delay()
	d.clock.note(d.local(now), d.local(back), there)
}

// An hour of a call whose participants' clocks are off by half a second and run 100 ppm too fast and too slow, in simulated time: what happened at once
// is at once in the sealed file, and sound and picture of one are together.
func TestAlignment(t *testing.T) {
	const hour, step = int64(3600e6), int64(100e3)
	people := []*drifting{
		{track: media.TrackOf(1, media.SlotMain), offset: 500e3, rate: 1 + 100e-6, rnd: rand.New(rand.NewPCG(1, 1))},
		{track: media.TrackOf(2, media.SlotMain), offset: -500e3, rate: 1 - 100e-6, rnd: rand.New(rand.NewPCG(2, 2))},
	}
	recs := map[string][]log.Record{}
	add := func(kind string, f media.Frame) {
		f.Key = kind == media.Audio || f.Key
		recs[kind] = append(recs[kind], log.Record{Value: f.Append(nil)})
	}
	for _, d := range people {
		d.ping(0)
		for kind, cfg := range map[string]media.Config{
			media.Audio: {User: "u", Name: "U", Codec: "opus", SampleRate: 48000, Channels: 1},
			media.Video: {User: "u", Name: "U", Codec: "vp8", Width: 64, Height: 48},
		} {
			raw, _ := json.Marshal(cfg)
			add(kind, media.Frame{Config: true, Track: d.track, Payload: raw})
		}
	}
	last := map[*drifting]int64{}
	for now := int64(1e6); now < hour; now += step {
		for _, d := range people {
			if now%pingEvery.Microseconds() == 0 {
				d.ping(now)
			}
			pts := d.clock.at(d.local(now))
			if pts <= last[d] {
				continue // a clock that was set back by more than a frame: a sender skips it
			}
			last[d] = pts
			d.seq++
			payload := binary.BigEndian.AppendUint64(nil, uint64(now))
			for _, kind := range []string{media.Audio, media.Video} {
				add(kind, media.Frame{Key: d.seq%20 == 1, Track: d.track, Seq: d.seq, PTS: pts, Payload: payload})
			}
		}
	}
	seen := sealed(t, recs)
	worst, apart, n := time.Duration(0), time.Duration(0), 0
	for _, at := range seen {
		if len(at) != 4 {
			continue // of a moment that somebody skipped
		}
		n++
		worst = max(worst, spread(at[:]))
		for i := 0; i < 4; i += 2 {
			apart = max(apart, (at[i] - at[i+1]).Abs())
		}
	}
	t.Logf("%d moments: at most %v between two participants, %v between sound and picture of one", n, worst, apart)
	if n < 35_000 || worst > 40*time.Millisecond || apart > 0 {
		t.Errorf("of %d moments two participants are up to %v apart, want 40 ms; sound and picture of one %v, want 0", n, worst, apart)
	}
}

func spread(at []time.Duration) time.Duration { return slices.Max(at) - slices.Min(at) }

// sealed makes a file of the records, and returns where in it each true time is: sound and picture of each participant, in the order of their tracks.
func sealed(t *testing.T, recs map[string][]log.Record) map[uint64][]time.Duration {
	t.Helper()
	l := memlog.New()
	defer l.Close()
	for kind, all := range recs {
		if err := l.Create(t.Context(), media.Topic("c", kind), log.Retention{}); err != nil {
			t.Fatal(err)
		}
		for chunk := range slices.Chunk(all, 1000) {
			if _, err := l.Append(t.Context(), media.Topic("c", kind), chunk...); err != nil {
				t.Fatal(err)
			}
		}
	}
	path := filepath.Join(t.TempDir(), "c.mkv")
	r, err := replay.Export(t.Context(), path, replay.Options{Log: l, Call: "c"})
	if err != nil || r.Skipped.Total() > 0 {
		t.Fatal(err, r.Skipped)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	clip, err := matroska.Read(f)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[uint64][]time.Duration{}
	for track := range clip.Tracks {
		for _, p := range clip.Packets {
			if p.Track == track {
				at := binary.BigEndian.Uint64(p.Data)
				seen[at] = append(seen[at], p.PTS)
			}
		}
	}
	return seen
}
