package media

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// layer makes a frame of a rendition; what is "config", "key" or "t0" to "t2".
func layer(what string, track uint16, rendition, seq int) Item {
	f := Frame{Track: track, Rendition: uint8(rendition), Seq: uint32(seq), Key: what == "key" || what == "config", Config: what == "config"}
	if n, ok := strings.CutPrefix(what, "t"); ok {
		f.Temporal = n[0] - '0'
	}
	f.Payload = []byte(fmt.Sprintf("%s of %d", what, rendition))
	return Item{Bytes: f.Append(nil)}
}

// stage is a hub with a clock of its own.
type stage struct {
	*Hub
	clock int64
}

func newStage() *stage {
	s := &stage{clock: 1}
	s.Hub = NewHub(HubOptions{Kind: Video, Limits: LimitsOf(Video), Now: func() int64 { return s.clock }})
	return s
}

func (s *stage) give(items ...Item) { s.deliver(arrivals(items...)) }

func (s *stage) wait(d time.Duration) { s.clock += int64(d) }

// steer returns what the senders are asked, as text.
func (s *stage) steer() string {
	var all []string
	for _, a := range s.Steer() {
		all = append(all, string(a.Message.Encode()))
	}
	return strings.Join(all, " ")
}

// shown lists what a viewer gets: rendition and seq of each frame.
func shown(t *testing.T, v *Viewer) string {
	t.Helper()
	var all []string
	var b Batch
	for v.Queue.Take(&b) {
		if b.Text {
			all = append(all, string(b.Data))
			continue
		}
		for rest := b.Data; len(rest) > 0; {
			f, r, err := ParseFrame(rest)
			if err != nil {
				t.Fatal(err)
			}
			kind := ""
			if f.Config {
				kind = "c"
			} else if f.Key {
				kind = "k"
			}
			all, rest = append(all, fmt.Sprintf("%d%s%d", f.Rendition, kind, f.Seq)), r
		}
	}
	return strings.Join(all, " ")
}

func want(track uint16, rendition, temporal uint8) map[uint16]*Want {
	return map[uint16]*Want{track: {rendition, temporal}}
}

func expect(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %q, want %q", what, got, want)
	}
}

func TestRenditions(t *testing.T) {
	s := newStage()
	s.give(layer("config", 4, 1, 0), layer("key", 4, 1, 1))
	expect(t, "nobody watches", s.steer(), `{"encode":{"track":4,"renditions":[1],"codecs":["vp8","vp9","av1","h264"]}}`)
	v := s.Join(2)
	expect(t, "a joiner", shown(t, v), "1c0 1k1")
	s.Want(v, want(4, 2, 7))
	expect(t, "it wants more", s.steer(), `{"encode":{"track":4,"renditions":[1,2],"codecs":["vp8"]}}`)
	expect(t, "said once", s.steer(), "")
	s.give(layer("t0", 4, 1, 2), layer("config", 4, 2, 0), layer("t0", 4, 1, 3))
	expect(t, "the old one goes on until the new one's key frame", shown(t, v), "12 13")
	s.give(layer("key", 4, 2, 1), layer("t0", 4, 1, 4), layer("t2", 4, 2, 2))
	expect(t, "then the new one", shown(t, v), "2c0 2k1 22")
	expect(t, "and the old one is not needed any more", s.steer(), `{"encode":{"track":4,"renditions":[2],"codecs":["vp8"]}}`)
	for i := range 10 {
		s.wait(100 * time.Millisecond)
		s.give(layer("t0", 4, 2, 3+i))
	}
	shown(t, v)

	s.Want(v, want(4, 0, 7))
	expect(t, "smaller", s.steer(), `{"encode":{"track":4,"renditions":[0,2],"codecs":["vp8"]}}`)
	s.give(layer("t0", 4, 2, 13), layer("config", 4, 0, 0), layer("key", 4, 0, 1))
	expect(t, "it changes at the key frame", shown(t, v), "213 0c0 0k1")
	s.Want(v, map[uint16]*Want{4: nil})
	s.steer()
	s.give(layer("t0", 4, 0, 2))
	expect(t, "hidden", shown(t, v), "")
	s.Want(v, want(4, 0, 7))
	s.steer()
	s.give(layer("t0", 4, 0, 3))
	expect(t, "back: the run is young", shown(t, v), "0c0 0k1 02 03")
}

func TestRenditionThatStopsIsReplaced(t *testing.T) {
	s := newStage()
	v := s.Join(2)
	s.give(layer("config", 4, 0, 0), layer("config", 4, 2, 0), layer("key", 4, 0, 1), layer("key", 4, 2, 1))
	expect(t, "both", shown(t, v), "2c0 2k1")
	s.steer()
	for i := range 12 {
		s.wait(100 * time.Millisecond)
		s.give(layer("t0", 4, 0, 2+i))
	}
	expect(t, "a key frame is asked for", s.steer(), `{"key":{"track":4,"rendition":0}}`)
	expect(t, "not again at once", s.steer(), "")
	s.give(layer("key", 4, 0, 14))
	expect(t, "the best that comes", shown(t, v), "0c0 0k14")
}

func TestTemporalLayers(t *testing.T) {
	s := newStage()
	v, w := s.Join(2), s.Join(3)
	s.Want(v, want(4, 2, 0))
	s.give(layer("config", 4, 0, 0), layer("key", 4, 0, 1))
	s.steer()
	s.give(layer("t2", 4, 0, 2), layer("t1", 4, 0, 3), layer("t0", 4, 0, 4))
	expect(t, "the base only", shown(t, v), "0c0 0k1 04")
	expect(t, "another gets all", shown(t, w), "0c0 0k1 02 03 04")
	s.Want(v, want(4, 2, 1))
	s.steer()
	s.give(layer("t1", 4, 0, 5), layer("key", 4, 0, 6), layer("t2", 4, 0, 7), layer("t1", 4, 0, 8))
	expect(t, "more from a key frame on", shown(t, v), "0k6 08")
}

func TestCodecsThatAllDecode(t *testing.T) {
	s := newStage()
	s.give(layer("config", 4, 0, 0), layer("key", 4, 0, 1))
	v, w := s.Join(2), s.Join(3)
	s.Decodes(v, VP9|AV1)
	s.Decodes(w, VP9)
	expect(t, "what both decode", s.steer(), `{"encode":{"track":4,"renditions":[0,2],"codecs":["vp8","vp9"]}}`)
	s.Leave(w)
	expect(t, "without one", s.steer(), `{"encode":{"track":4,"renditions":[0,2],"codecs":["vp8","vp9","av1"]}}`)
}

// TestSlowViewer: who lags gets less, then nothing, and is told; another viewer of the same hub gets everything.
func TestSlowViewer(t *testing.T) {
	s := newStage()
	slow, good := s.Join(2), s.Join(3)
	s.give(layer("config", 4, 0, 0), layer("key", 4, 0, 1))
	seq, got := 1, 0
	shown(t, slow)
	shown(t, good)
	for i := range 30 { // the slow one takes nothing
		s.wait(100 * time.Millisecond)
		seq++
		what := "t0"
		if i%10 == 9 {
			what = "key"
		}
		s.give(layer(what, 4, 0, seq))
		s.steer()
		if shown(t, good) != "" {
			got++
		}
	}
	if got != 30 {
		t.Errorf("the good one got %d of 30", got)
	}
	if b, bounded := slow.line.Budget(); !bounded || b > lineFloor {
		t.Errorf("the slow one's budget is %v", b)
	}
	if _, bounded := good.line.Budget(); bounded {
		t.Error("the good one has a bound")
	}
}

// TestViewsProperties: whatever is wanted and sent in which order, a viewer gets of a track only what can be decoded: a config, a key
// frame of the same rendition, and then its frames, of which the base is whole.
func TestViewsProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newStage()
		v := s.Join(2)
		var seq [Renditions]int
		var live [Renditions]bool
		configured, at, base := None, None, -1
		for range rapid.IntRange(1, 120).Draw(t, "steps") {
			s.wait(time.Duration(rapid.IntRange(0, 200).Draw(t, "ms")) * time.Millisecond)
			r := rapid.IntRange(0, Renditions-1).Draw(t, "r")
			switch rapid.IntRange(0, 7).Draw(t, "step") {
			case 0:
				s.Want(v, want(4, uint8(r), uint8(rapid.IntRange(0, 3).Draw(t, "temporal"))))
			case 1:
				s.Want(v, map[uint16]*Want{4: nil})
			case 2:
				s.give(layer("config", 4, r, seq[r]), layer("key", 4, r, seq[r]+1))
				seq[r], live[r] = seq[r]+2, true
			case 3:
				s.Steer()
			default:
				if what := rapid.SampledFrom([]string{"key", "t0", "t1", "t2"}).Draw(t, "what"); live[r] {
					s.give(layer(what, 4, r, seq[r]))
					seq[r]++
				}
			}
			var b Batch
			for v.Queue.Take(&b) {
				for rest := b.Data; !b.Text && len(rest) > 0; {
					var f Frame
					f, rest, _ = ParseFrame(rest)
					switch r := int8(f.Rendition); {
					case f.Config:
						configured, at = r, None
					case f.Key && r == configured:
						at, base = r, int(f.Seq)
					case r != at:
						t.Fatalf("frame %d of rendition %d after the key frame of %d, configured for %d", f.Seq, r, at, configured)
					case int(f.Seq) <= base:
						t.Fatalf("frame %d after %d", f.Seq, base)
					}
				}
			}
		}
	})
}
