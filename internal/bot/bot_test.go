package bot

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"scaip/internal/media"
	"scaip/internal/media/matroska"
)

func TestHistogramQuantiles(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	var h, other Histogram
	var all []time.Duration
	for i := range 10000 {
		d := time.Duration(rnd.ExpFloat64() * float64(5*time.Millisecond)).Truncate(time.Microsecond)
		all = append(all, d)
		if i%2 == 0 {
			h.Add(d)
		} else {
			other.Add(d)
		}
	}
	h.Merge(&other)
	slices.Sort(all)
	for _, q := range []float64{0, 0.5, 0.9, 0.99, 0.9999} {
		want := all[int(q*float64(len(all)))]
		if got := h.Quantile(q); got < want || got > want+want/15+time.Microsecond {
			t.Errorf("quantile %v: %v, want %v to 1/16 more", q, got, want)
		}
	}
	if h.Count() != 10000 || h.Quantile(1) != all[len(all)-1] {
		t.Errorf("count %d, most %v, want 10000, %v", h.Count(), h.Quantile(1), all[len(all)-1])
	}
	var none Histogram
	none.Add(-time.Second)
	if none.Quantile(0.5) != 0 {
		t.Errorf("below zero is %v", none.Quantile(0.5))
	}
}

func readClip(t *testing.T, name string) *matroska.Clip {
	t.Helper()
	f, err := os.Open("../../testdata/media/" + name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	c, err := matroska.Read(f)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestFindGoesOnWhereTheClipIs(t *testing.T) {
	b := &bot{o: Options{Clip: readClip(t, "flashbeep.webm"), Loop: true}}
	l := newLane(b, media.Video)
	for _, c := range []struct {
		since time.Duration
		round int64
	}{{0, 0}, {3 * time.Second, 0}, {time.Duration(l.length) * time.Microsecond, 1}, {25 * time.Second, 2}} {
		round, next := l.find(c.since.Microseconds())
		at := round*l.length + l.packets[next].PTS.Microseconds()
		if round != c.round || at < c.since.Microseconds() || at > c.since.Microseconds()+40e3 {
			t.Errorf("after %v: round %d, next at %d µs", c.since, round, at)
		}
	}
	b.o.Loop = false
	if _, next := l.find(25e6); next != len(l.packets) {
		t.Errorf("after the end: next is %d, want the end", next)
	}
}

func TestLevels(t *testing.T) {
	list := levels([]matroska.Packet{{Data: make([]byte, 200)}, {Data: make([]byte, 60)}, {Data: make([]byte, 1)}}, 0)
	if list[0] != 20 || list[1] <= 20 || list[1] >= 80 || list[2] != 127 {
		t.Errorf("levels %v, want 20, between, 127", list)
	}
	if fixed := levels([]matroska.Packet{{Data: make([]byte, 1)}}, 33); fixed[0] != 33 {
		t.Errorf("fixed level %v, want 33", fixed)
	}
}

// script feeds a lane with frames: k key, d delta, c config, x a lost one, and b one of an earlier time.
func script(t *testing.T, kind, steps string) *Check {
	t.Helper()
	l := newLane(&bot{}, kind)
	cfg := media.Config{User: "u", Name: "Ada", Codec: "vp8", Width: 64, Height: 64, SampleRate: 48000, Channels: 1}
	if kind == media.Audio {
		cfg.Codec = "opus"
	}
	raw, err := json.Marshal(cfg)
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range steps {
		f := media.Frame{Track: 4, Seq: uint32(i), PTS: int64(i) * 1000, Key: s == 'k' || kind == media.Audio, Payload: []byte{1}}
		switch s {
		case 'x':
			continue
		case 'c':
			f.Config, f.Payload = true, raw
		case 'b':
			f.PTS -= 5000
		}
		l.checkAt(f, 1<<40, 1<<41)
	}
	return l.checks[4]
}

func TestCheck(t *testing.T) {
	for _, c := range []struct {
		name, kind, steps string
		want              Check
	}{
		{"sound", media.Video, "ckddkd", Check{Frames: 5, Keys: 2, Configs: 1}},
		{"no config", media.Video, "kd", Check{Frames: 2, Keys: 1, Unconfigured: 2}},
		{"no key frame", media.Video, "cddk", Check{Frames: 3, Keys: 1, Configs: 1, Undecodable: 2}},
		{"gap, then key", media.Video, "ckdxxkd", Check{Frames: 4, Keys: 2, Configs: 1, Gaps: 1, Lost: 2}},
		{"gap, then delta", media.Video, "ckdxdd", Check{Frames: 4, Keys: 1, Configs: 1, Gaps: 1, Lost: 1, Undecodable: 2}},
		{"audio gap", media.Audio, "cddxd", Check{Frames: 3, Keys: 3, Configs: 1, Gaps: 1, Lost: 1}},
		{"back in time", media.Video, "ckddddb", Check{Frames: 6, Keys: 1, Configs: 1, Backwards: 1}},
		{"a new config", media.Video, "ckdxckd", Check{Frames: 4, Keys: 2, Configs: 2}},
	} {
		got := script(t, c.kind, c.steps)
		c.want.Kind, c.want.Track, c.want.Bytes, c.want.Latency = c.kind, 4, int64(c.want.Frames), got.Latency
		if c.want.Configs > 0 {
			c.want.User, c.want.Name, c.want.Codec = got.User, "Ada", got.Codec
		}
		c.want.config, c.want.needKey, c.want.seq, c.want.pts = got.config, got.needKey, got.seq, got.pts
		if *got != c.want {
			t.Errorf("%s (%s): got %+v, want %+v", c.name, c.steps, *got, c.want)
		}
	}
}
