package edge

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"scaip/internal/media"
)

// A config goes into the log again before a key frame when it was there long ago, and not after its track has ended.
func TestConfigsAreLoggedAgain(t *testing.T) {
	a := newAppender("video/boot/1", "call.c.video", nil)
	var batch []arrival
	put := func(at time.Duration, f media.Frame) {
		if f.Payload == nil {
			f.Payload = []byte("x")
		}
		batch = append(batch, arrival{track: f.Track, value: f.Append(nil), at: int64(at)})
	}
	put(0, media.Frame{Config: true, Track: 4, Seq: 0, Payload: []byte("{}")})
	put(0, media.Frame{Config: true, Track: 4, Rendition: 1, Seq: 0, Payload: []byte("{1}")})
	put(0, media.Frame{Key: true, Track: 4, Seq: 1})
	put(announceEvery-1, media.Frame{Key: true, Track: 4, Seq: 2})
	put(announceEvery, media.Frame{Track: 4, Seq: 3})
	put(announceEvery+1, media.Frame{Key: true, Track: 4, Seq: 4})
	put(announceEvery+2, media.Frame{Key: true, Track: 4, Seq: 5})
	put(announceEvery+3, media.Frame{Key: true, Track: 4, Rendition: 1, Seq: 9})
	put(announceEvery+4, media.Frame{Key: true, Track: 8, Seq: 1})
	batch = append(batch, arrival{track: 4})
	put(2*announceEvery+1, media.Frame{Key: true, Track: 4, Seq: 6})
	recs, n := a.pack(batch)
	var got []string
	for i, r := range recs {
		pieces, err := media.Unpack(r.Value)
		if err != nil || r.Seq != uint64(i+1) {
			t.Fatalf("record %d: %v, number %d", i, err, r.Seq)
		}
		for _, f := range pieces {
			what := fmt.Sprint(f.Seq)
			if f.Config {
				what = string(f.Payload)
			}
			got = append(got, what)
		}
	}
	if got, want := strings.Join(got, " "), "{} {1} 1 2 3 {} 4 5 {1} 9 1 6"; got != want || n != 12 {
		t.Errorf("logged %d: %s, want %s", n, got, want)
	}
}

// Records stay far below what every log takes, unless one frame is larger.
func TestRecordsArePacked(t *testing.T) {
	a := newAppender("video/boot/1", "call.c.video", nil)
	var batch []arrival
	for seq, size := range []int{100, 100 << 10, 100 << 10, 100 << 10, media.MaxPayload, 100} {
		f := media.Frame{Track: 4, Seq: uint32(seq), Payload: make([]byte, size)}
		batch = append(batch, arrival{track: 4, value: f.Append(nil)})
	}
	recs, n := a.pack(batch)
	var got []int
	for _, r := range recs {
		pieces, err := media.Unpack(r.Value)
		if err != nil || r.Check() != nil {
			t.Fatal(err, r.Check())
		}
		got = append(got, len(pieces))
	}
	if want := []int{3, 1, 1, 1}; !slices.Equal(got, want) || n != 6 {
		t.Errorf("%d frames in records of %v, want %v", n, got, want)
	}
}
