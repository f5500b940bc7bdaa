package media

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestLoudest(t *testing.T) {
	type heard struct {
		at    int64 // ms
		track uint16
		level uint8
		rank  int
	}
	for _, tc := range []struct {
		name string
		n    int
		in   []heard
	}{
		{"louder ones go before", 2, []heard{{0, 4, 50, 0}, {1, 8, 30, 0}, {2, 12, 40, 1}, {20, 4, 50, 2}, {21, 8, 30, 0}}},
		{"a pause within the hangover keeps the rank", 1, []heard{{0, 4, 20, 0}, {20, 8, 60, 1}, {40, 4, 127, 0}, {400, 8, 60, 1}, {490, 4, 127, 0}}},
		{"after the hangover silence is silence", 1, []heard{{0, 4, 20, 0}, {20, 8, 60, 1}, {300, 4, 127, 0}, {502, 4, 127, 1}, {510, 8, 60, 0}}},
		{"a louder one comes in at once", 1, []heard{{0, 4, 40, 0}, {20, 8, 60, 1}, {40, 8, 30, 0}, {41, 4, 40, 1}}},
		{"of equals who is heard stays", 1, []heard{{0, 8, 40, 0}, {1, 4, 40, 1}, {20, 8, 40, 0}, {21, 4, 40, 1}}},
		{"a track without frames is silent", 1, []heard{{0, 4, 10, 0}, {400, 8, 60, 1}, {501, 8, 60, 0}, {502, 4, 10, 0}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			l := Loudest{N: tc.n, Hang: 500 * time.Millisecond}
			for i, h := range tc.in {
				if got := l.Heard(h.track, h.level, h.at*ms); got != h.rank {
					t.Errorf("step %d, track %d: rank %d, want %d", i, h.track, got, h.rank)
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
	h, p := testHub(Audio, 2), &topic{}
	speak := func(track uint16, seq int, level uint8) Item {
		f := Frame{Key: true, Track: track, Seq: uint32(seq), Level: level, Payload: []byte{1}}
		return Item{Bytes: f.Append(nil)}
	}
	viewers := map[int]*Viewer{}
	for _, seat := range []int{1, 2, 3, 9} {
		viewers[seat] = h.Join(seat)
	}
	for _, track := range []uint16{4, 8, 12} {
		h.deliver(p.records(item("config", track, 0, 30)))
	}
	for i := 1; i <= 2; i++ { // seat 1 is the loudest, 3 the quietest
		h.deliver(p.records(speak(4, i, 10), speak(8, i, 20), speak(12, i, 30)))
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
