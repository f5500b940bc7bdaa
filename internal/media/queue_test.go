package media

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

const ms = int64(time.Millisecond)

// item makes a shared frame of size bytes in all.
func item(kind string, track uint16, seq int, size int) Item {
	f := Frame{Track: track, Seq: uint32(seq), Key: kind != "delta", Config: kind == "config"}
	f.Payload = bytes.Repeat([]byte{1}, size-HeaderSize)
	return Item{Bytes: f.Append(nil), Track: track, Key: f.Key, Config: f.Config}
}

func gone(track uint16) Item {
	return Item{Bytes: ServerMessage{Gone: &TrackRef{track}}.Encode(), Track: track, Text: true}
}

func pauses(track uint16, seq uint32) Item {
	return Item{Bytes: ServerMessage{Pause: &Pause{track, seq}}.Encode(), Track: track, Text: true, Pause: true}
}

func all(*Item) (*Item, bool) { return nil, true }

// names lists what a queue holds, message by message: "4:7" is frame 7 of track 4.
func names(t interface {
	Fatal(...any)
	Errorf(string, ...any)
}, q *Queue) string {
	var msgs []string
	var b Batch
	for q.Take(&b) {
		if b.Text {
			msgs = append(msgs, string(b.Data))
			continue
		}
		var frames []string
		for rest := b.Data; len(rest) > 0; {
			f, r, err := ParseFrame(rest)
			if err != nil {
				t.Fatal(err)
			}
			frames, rest = append(frames, fmt.Sprintf("%d:%d", f.Track, f.Seq)), r
		}
		if len(frames) != b.Frames || len(frames) != len(b.Received) {
			t.Errorf("batch of %d frames says %d, and %d times", len(frames), b.Frames, len(b.Received))
		}
		msgs = append(msgs, strings.Join(frames, " "))
	}
	return strings.Join(msgs, " | ")
}

func TestQueuePolicy(t *testing.T) {
	type offer struct {
		at   int64 // ms
		item Item
	}
	for _, tc := range []struct {
		name, kind string
		limits     Limits
		offers     []offer
		want       string
		dropped    uint64
	}{
		{"all as one message", Video, Limits{1000, time.Second}, []offer{
			{0, item("config", 4, 0, 100)}, {1, item("key", 4, 1, 100)}, {2, item("key", 8, 5, 100)}, {3, item("delta", 4, 2, 100)},
		}, "4:0 4:1 8:5 4:2", 0},
		{"video over its bytes skips to the next key frame", Video, Limits{300, time.Second}, []offer{
			{0, item("key", 4, 1, 100)}, {1, item("delta", 4, 2, 100)}, {2, item("key", 8, 1, 100)}, {3, item("delta", 4, 3, 100)},
			{4, item("delta", 4, 4, 100)}, {5, item("delta", 8, 2, 100)}, {6, item("key", 4, 5, 100)},
		}, "8:1 8:2 4:5", 4},
		{"video over its age skips to a key frame that waits", Video, Limits{10000, time.Second}, []offer{
			{0, item("key", 4, 1, 100)}, {10, item("delta", 4, 2, 100)}, {900, item("key", 4, 3, 100)}, {910, item("delta", 4, 4, 100)},
			{1005, item("delta", 4, 5, 100)},
		}, "4:3 4:4 4:5", 2},
		{"old video of one track leaves the other alone", Video, Limits{10000, time.Second}, []offer{
			{0, item("key", 4, 1, 100)}, {800, item("key", 8, 1, 100)}, {1100, item("delta", 8, 2, 100)}, {1101, item("delta", 4, 2, 100)},
			{1102, item("key", 4, 3, 100)},
		}, "8:1 8:2 4:3", 2},
		{"audio loses the oldest", Audio, Limits{300, time.Second}, []offer{
			{0, item("key", 4, 1, 100)}, {1, item("key", 8, 1, 100)}, {2, item("key", 4, 2, 100)}, {3, item("key", 8, 2, 150)},
		}, "4:2 8:2", 2},
		{"audio too old goes", Audio, Limits{1000, time.Second}, []offer{
			{0, item("key", 4, 1, 100)}, {500, item("key", 8, 1, 100)}, {1200, item("key", 4, 2, 100)},
		}, "8:1 4:2", 1},
		{"a pause goes as frames do", Audio, Limits{1000, time.Second}, []offer{
			{0, item("key", 4, 1, 100)}, {1, pauses(4, 2)}, {500, item("key", 4, 7, 100)}, {501, pauses(4, 8)}, {502, item("key", 8, 1, 100)},
			{1200, item("key", 8, 2, 100)},
		}, `4:7 | {"pause":{"track":4,"seq":8}} | 8:1 8:2`, 1},
		{"a config is never dropped, but replaced", Video, Limits{200, time.Second}, []offer{
			{0, item("config", 4, 1, 100)}, {1, item("key", 4, 2, 100)}, {2, item("config", 4, 3, 100)}, {3, item("config", 8, 1, 150)},
			{4, item("config", 8, 2, 150)},
		}, "4:3 8:2", 3},
		{"gone makes the track's frames worthless", Video, Limits{1000, time.Second}, []offer{
			{0, item("config", 4, 1, 100)}, {1, item("key", 8, 1, 100)}, {2, item("key", 4, 2, 100)}, {3, gone(4)}, {4, gone(4)},
			{5, item("config", 4, 9, 100)},
		}, `8:1 | {"gone":{"track":4}} | 4:9`, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			q := NewQueue(tc.kind, tc.limits)
			for _, o := range tc.offers {
				q.Offer([]Item{o.item}, o.at*ms, all)
			}
			if got := q.Dropped(); got != tc.dropped {
				t.Errorf("dropped %d, want %d", got, tc.dropped)
			}
			if got := names(t, q); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
			if q.bytes != 0 {
				t.Errorf("an empty queue counts %d bytes", q.bytes)
			}
		})
	}
}

func TestQueueStartIsOutsideTheLimit(t *testing.T) {
	q := NewQueue(Video, Limits{200, time.Second})
	q.Start(item("config", 4, 0, 100), []Item{item("key", 4, 1, 400), item("delta", 4, 2, 400)}, 0)
	q.Start(item("config", 8, 0, 100), nil, 0)
	q.Offer([]Item{item("delta", 4, 3, 100), item("delta", 8, 7, 50), item("key", 8, 8, 50)}, 1*ms, all)
	if got, want := names(t, q), "4:0 4:1 4:2 8:0 4:3 8:8"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestQueueMessageIsBounded(t *testing.T) {
	q := NewQueue(Video, Limits{8 << 20, time.Second})
	for i := range 5 {
		q.Offer([]Item{item("key", 4, i, maxBatch/2)}, 0, all)
	}
	q.Offer([]Item{item("key", 4, 5, 2*maxBatch)}, 0, all)
	if got, want := names(t, q), "4:0 4:1 | 4:2 4:3 | 4:4 | 4:5"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestQueueRepliesGoFirstAndAreBounded(t *testing.T) {
	q := NewQueue(Audio, LimitsOf(Audio))
	q.Offer([]Item{item("key", 4, 1, 100)}, 0, all)
	said := 0
	for q.Say([]byte{byte('A' + said)}) {
		said++
	}
	if said != maxControl {
		t.Errorf("%d replies wait, want %d", said, maxControl)
	}
	if got, want := names(t, q), strings.Join(strings.Split("ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`", ""), " | ")+" | 4:1"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// sender makes a plausible stream of one track.
type sender struct {
	track  uint16
	seq    int
	config bool // the next frame is a key frame
}

func (s *sender) next(t *rapid.T, kind string) Item {
	s.seq++
	size := HeaderSize + rapid.IntRange(8, 400).Draw(t, "size")
	what := rapid.SampledFrom([]string{"delta", "delta", "delta", "delta", "key", "config"}).Draw(t, "what")
	if s.config || what == "delta" && kind == Audio {
		what = "key"
	}
	if s.seq == 1 {
		what = "config"
	}
	s.config = what == "config"
	return item(what, s.track, s.seq, size)
}

// decoder checks what a viewer gets of one kind: in order, no repeats, and that each frame can be decoded.
type decoder struct {
	kind string
	last map[uint16]uint32 // seq of the last frame or config of a track
	got  int
}

func (d *decoder) message(t *rapid.T, b *Batch) {
	for rest := b.Data; len(rest) > 0; {
		f, r, err := ParseFrame(rest)
		if err != nil {
			t.Fatal(err)
		}
		last, known := d.last[f.Track]
		switch {
		case known && f.Seq <= last:
			t.Fatalf("track %d: frame %d after %d", f.Track, f.Seq, last)
		case !known && !f.Config:
			t.Fatalf("track %d begins with frame %d, which is no config", f.Track, f.Seq)
		case !f.Key && f.Seq != last+1:
			t.Fatalf("track %d: frame %d needs frame %d; the last was %d", f.Track, f.Seq, f.Seq-1, last)
		}
		d.last[f.Track] = f.Seq
		d.got++
		rest = r
	}
}

func TestQueueProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom([]string{Audio, Video}).Draw(t, "kind")
		limits := Limits{rapid.IntRange(100, 4000).Draw(t, "bytes"), time.Duration(rapid.IntRange(1, 200).Draw(t, "age")) * time.Millisecond}
		q := NewQueue(kind, limits)
		senders := []*sender{{track: 4}, {track: 8}, {track: 9}}
		d := &decoder{kind: kind, last: map[uint16]uint32{}}
		configs := map[uint16]uint32{}
		var b Batch
		now, offered := int64(0), 0
		for range rapid.IntRange(1, 200).Draw(t, "steps") {
			now += int64(rapid.IntRange(0, 20).Draw(t, "ms")) * ms
			if rapid.IntRange(0, 9).Draw(t, "take") == 0 {
				if q.Take(&b) {
					d.message(t, &b)
				}
				continue
			}
			it := rapid.SampledFrom(senders).Draw(t, "sender").next(t, kind)
			if it.Config {
				configs[it.Track] = binary.BigEndian.Uint32(it.Bytes[8:])
			}
			q.Offer([]Item{it}, now, all)
			offered++
			if most := limits.Bytes + 4*424; q.bytes > most {
				t.Fatalf("%d bytes wait, more than %d", q.bytes, most)
			}
			if lag := q.Lag(now); lag > limits.Age {
				t.Fatalf("after an offer the oldest frame is %v old, more than %v", lag, limits.Age)
			}
		}
		for q.Take(&b) {
			d.message(t, &b)
		}
		if d.got+int(q.Dropped()) != offered {
			t.Fatalf("%d got and %d dropped of %d", d.got, q.Dropped(), offered)
		}
		for track, seq := range configs {
			if d.last[track] < seq {
				t.Fatalf("track %d: the latest config %d never came", track, seq)
			}
		}
	})
}
