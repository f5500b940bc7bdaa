package bot

import (
	"encoding/json"
	"os"
	"testing"
	"time"

	"scaip/internal/media"
	"scaip/internal/media/matroska"
)

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

// counts are what a script leads to.
type counts struct{ Frames, Keys, Configs, Gaps, Lost, Unconfigured, Undecodable, Backwards int }

func TestCheck(t *testing.T) {
	for _, c := range []struct {
		name, kind, steps string
		want              counts
	}{
		{"sound", media.Video, "ckddkd", counts{Frames: 5, Keys: 2, Configs: 1}},
		{"no config", media.Video, "kd", counts{Frames: 2, Keys: 1, Unconfigured: 2}},
		{"no key frame", media.Video, "cddk", counts{Frames: 3, Keys: 1, Configs: 1, Undecodable: 2}},
		{"gap, then key", media.Video, "ckdxxkd", counts{Frames: 4, Keys: 2, Configs: 1, Gaps: 1, Lost: 2}},
		{"gap, then delta", media.Video, "ckdxdd", counts{Frames: 4, Keys: 1, Configs: 1, Gaps: 1, Lost: 1, Undecodable: 2}},
		{"audio gap", media.Audio, "cddxd", counts{Frames: 3, Keys: 3, Configs: 1, Gaps: 1, Lost: 1}},
		{"back in time", media.Video, "ckddddb", counts{Frames: 6, Keys: 1, Configs: 1, Backwards: 1}},
		{"a new config", media.Video, "ckdxckd", counts{Frames: 4, Keys: 2, Configs: 2}},
	} {
		track := script(t, c.kind, c.steps)
		got := counts{track.Frames, track.Keys, track.Configs, track.Gaps, track.Lost, track.Unconfigured, track.Undecodable, track.Backwards}
		if got != c.want {
			t.Errorf("%s (%s): got %+v, want %+v", c.name, c.steps, got, c.want)
		}
	}
}
