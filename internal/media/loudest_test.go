package media

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestLoudest: the vectors are read by the client's tests too, so that both rank alike.
func TestLoudest(t *testing.T) {
	raw, err := os.ReadFile("../../testdata/loudest.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []struct {
		Name   string
		N      int
		HangMs int64
		Steps  []struct {
			Ms    int64
			Track uint16
			Level uint8
			Rank  int
		}
	}
	if err := json.Unmarshal(raw, &vectors); err != nil {
		t.Fatal(err)
	}
	if len(vectors) == 0 {
		t.Fatal("no vectors")
	}
	for _, v := range vectors {
		t.Run(v.Name, func(t *testing.T) {
			l := Loudest{N: v.N, Hang: time.Duration(v.HangMs) * time.Millisecond}
			for i, s := range v.Steps {
				if got := l.Heard(s.Track, s.Level, s.Ms*ms); got != s.Rank {
					t.Errorf("step %d, track %d: rank %d, want %d", i, s.Track, got, s.Rank)
				}
			}
		})
	}
}

func TestLoudestOwn(t *testing.T) {
	l := Loudest{N: 1, Hang: 500 * time.Millisecond}
	l.Heard(4, 10, 0)
	l.Heard(8, 20, 0)
	for _, tc := range []struct {
		seat int
		at   int64
		want int
	}{{1, 1, 1}, {2, 1, 0}, {3, 1, 0}, {1, 501, 0}} {
		if got := l.Own(tc.seat, tc.at*ms); got != tc.want {
			t.Errorf("seat %d at %d ms: %d, want %d", tc.seat, tc.at, got, tc.want)
		}
	}
	l.Ended(4)
	if got := l.Own(1, 1*ms); got != 0 {
		t.Errorf("an ended track is still among the loudest")
	}
}

// TestLoudestProperties: with steady levels and regular frames, exactly the N loudest have a rank below N.
func TestLoudestProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 6).Draw(t, "n")
		levels := rapid.SliceOfNDistinct(rapid.Uint8Range(0, 127), 1, 20, rapid.ID[uint8]).Draw(t, "levels")
		l := Loudest{N: n, Hang: 500 * time.Millisecond}
		sorted := slices.Sorted(slices.Values(levels))
		for round := range 3 {
			for i, level := range levels {
				rank := l.Heard(uint16(4+4*i), level, int64(round*20+i)*ms)
				want := slices.Index(sorted, level)
				if round > 0 && rank != want {
					t.Fatalf("level %d has rank %d, want %d", level, rank, want)
				}
			}
		}
	})
}

func TestHubForwardsTheLoudest(t *testing.T) {
	h := testHub(Audio, 2)
	speak := func(track uint16, seq int, level uint8) Item {
		f := Frame{Key: true, Track: track, Seq: uint32(seq), Level: level, Payload: []byte{1}}
		return Item{Bytes: f.Append(nil)}
	}
	viewers := map[int]*Viewer{}
	for _, seat := range []int{1, 2, 3, 9} {
		viewers[seat] = h.Join(seat)
	}
	for _, track := range []uint16{4, 8, 12} {
		h.deliver(arrivals(item("config", track, 0, 30)))
	}
	for i := 1; i <= 2; i++ { // seat 1 is the loudest, 3 the quietest
		h.deliver(arrivals(speak(4, i, 10), speak(8, i, 20), speak(12, i, 30)))
	}
	for seat, want := range map[int]string{
		9: "4:0 8:0 12:0 4:1 8:1 4:2 8:2",
		1: "8:0 12:0 8:1 12:1 8:2 12:2", // one of the two loudest himself, so he gets the third
		2: "4:0 12:0 4:1 12:1 4:2 12:2",
		3: "4:0 8:0 4:1 8:1 4:2 8:2",
	} {
		t.Run(fmt.Sprint("seat ", seat), func(t *testing.T) {
			if got := names(t, viewers[seat].Queue); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

// TestHubTellsPauses: the vectors are read by the client's tests too, which take from the same messages what was lost.
func TestHubTellsPauses(t *testing.T) {
	raw, err := os.ReadFile("../../testdata/pauses.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []struct {
		Name    string
		Loudest int
		Frames  []struct {
			Ms    int64
			Track uint16
			Seq   uint32
			Level uint8
		}
		Messages []json.RawMessage
	}
	if err := json.Unmarshal(raw, &vectors); err != nil {
		t.Fatal(err)
	}
	if len(vectors) == 0 {
		t.Fatal("no vectors")
	}
	for _, vector := range vectors {
		t.Run(vector.Name, func(t *testing.T) {
			var now int64
			h := NewHub(HubOptions{Kind: Audio, Loudest: vector.Loudest, Limits: Limits{1 << 30, time.Hour}, Now: func() int64 { return now }})
			v := h.Join(9)
			h.deliver(arrivals(item("config", 4, 0, 30), item("config", 8, 0, 30)))
			names(t, v.Queue)
			var got []string
			for _, f := range vector.Frames {
				now = f.Ms * ms
				h.deliver(arrivals(Item{Bytes: Frame{Key: true, Track: f.Track, Seq: f.Seq, Level: f.Level, Payload: []byte{1}}.Append(nil)}))
				if what := names(t, v.Queue); what != "" {
					got = append(got, what)
				}
			}
			var want []string
			for _, m := range vector.Messages {
				want = append(want, strings.Trim(strings.ReplaceAll(string(m), " ", ""), `"`))
			}
			if !slices.Equal(got, want) {
				t.Errorf("got  %q,\nwant %q", got, want)
			}
		})
	}
}

// TestHubEndsWords: who is outranked is heard until his next pause, that frame included, or for a second.
func TestHubEndsWords(t *testing.T) {
	for _, tc := range []struct {
		name   string
		levels []uint8 // of track 4, one every 20 ms, from when track 8 is louder and track 4's rank is lost
		want   int     // frames of them that go
	}{
		{"a pause", []uint8{30, 30, 30, 60, 30, 60, 30}, 4},
		{"a pause at once", []uint8{50, 30, 30}, 1},
		{"no pause", slices.Repeat([]uint8{30}, 100), int(breath / (20 * time.Millisecond))},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var now int64
			h := NewHub(HubOptions{Kind: Audio, Loudest: 1, Limits: Limits{1 << 30, time.Hour}, Now: func() int64 { return now }})
			v := h.Join(9)
			seq := map[uint16]uint32{}
			speak := func(track uint16, level uint8) {
				seq[track]++
				f := Frame{Key: true, Track: track, Seq: seq[track], Level: level, Payload: []byte{1}}
				h.deliver(arrivals(Item{Bytes: f.Append(nil)}))
			}
			for _, track := range []uint16{4, 8} {
				h.deliver(arrivals(item("config", track, 0, 30)))
			}
			now = int64(time.Second)
			speak(4, 20)
			names(t, v.Queue)
			for _, level := range tc.levels {
				now += int64(20 * time.Millisecond)
				speak(8, 10)
				speak(4, level)
			}
			got := strings.Count(" "+names(t, v.Queue), " 4:")
			if got != tc.want {
				t.Errorf("%d frames, want %d", got, tc.want)
			}
		})
	}
}
