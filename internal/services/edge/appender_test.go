package edge

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"scaip/internal/log"
	"scaip/internal/media"
)

// A config goes into the log again before a key frame when it was there long ago, and not after its track has ended.
func TestConfigsAreLoggedAgain(t *testing.T) {
	a := newAppender("video/boot/1", "call.c.video")
	var recs []log.Record
	put := func(at time.Duration, f media.Frame) {
		if f.Payload == nil {
			f.Payload = []byte("x")
		}
		recs = a.records(recs, &arrival{track: f.Track, value: f.Append(nil), at: int64(at)})
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
	var got []string
	for i, r := range recs {
		f, _, err := media.ParseFrame(r.Value)
		if err != nil || r.Seq != uint64(i+1) || r.Key != fmt.Sprint(f.Track) {
			t.Fatalf("record %d: %v, number %d, key %s", i, err, r.Seq, r.Key)
		}
		what := fmt.Sprint(f.Seq)
		if f.Config {
			what = string(f.Payload)
		}
		got = append(got, what)
	}
	if got, want := strings.Join(got, " "), "{} {1} 1 2 3 {} 4 5 {1} 9 1"; got != want {
		t.Errorf("logged %s, want %s", got, want)
	}
}
