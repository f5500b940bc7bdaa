package media

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

func testHub(kind string, loudest int) *Hub {
	var now int64
	return NewHub(HubOptions{
		Kind: kind, Loudest: loudest, Limits: Limits{1 << 30, time.Hour},
		Now: func() int64 { now++; return now },
	})
}

// arrivals are frames; an item that is no frame but a text is its track's end.
func arrivals(items ...Item) []Arrival {
	var all []Arrival
	for _, it := range items {
		a := Arrival{Track: it.Track, Bytes: it.Bytes}
		if it.Text {
			a.Bytes = nil
		}
		all = append(all, a)
	}
	return all
}

func TestHub(t *testing.T) {
	c, k, d := func(tr uint16, n int) Item { return item("config", tr, n, 30) }, func(tr uint16, n int) Item { return item("key", tr, n, 30) },
		func(tr uint16, n int) Item { return item("delta", tr, n, 30) }
	t.Run("a joiner gets config and run, then what comes", func(t *testing.T) {
		h := testHub(Video, 0)
		h.deliver(arrivals(c(4, 0), k(4, 1), d(4, 2), k(4, 3), d(4, 4), c(8, 0)))
		v := h.Join(3)
		h.deliver(arrivals(d(4, 5), k(8, 1)))
		if got, want := names(t, v.Queue), "4:0 4:3 4:4 8:0 4:5 8:1"; got != want && got != "8:0 4:0 4:3 4:4 4:5 8:1" {
			t.Errorf("got %q, want %q", got, want)
		}
	})
	t.Run("a config that is said again is not for viewers", func(t *testing.T) {
		h := testHub(Video, 0)
		v := h.Join(3)
		h.deliver(arrivals(c(4, 0), k(4, 1), d(4, 2), c(4, 0), d(4, 3)))
		if got, want := names(t, v.Queue), "4:0 4:1 4:2 4:3"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if got, want := names(t, h.Join(3).Queue), "4:0 4:1 4:2 4:3"; got != want {
			t.Errorf("a joiner got %q, want %q", got, want)
		}
	})
	t.Run("nobody gets his own frames", func(t *testing.T) {
		h := testHub(Video, 0)
		h.deliver(arrivals(c(4, 0), k(4, 1)))
		v := h.Join(1)
		h.deliver(arrivals(k(4, 2), c(5, 0), k(5, 1), c(8, 0)))
		if got, want := names(t, v.Queue), "8:0"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
	t.Run("a track ends after its last frame", func(t *testing.T) {
		h := testHub(Video, 0)
		v := h.Join(9)
		h.deliver(arrivals(c(4, 0), k(4, 1)))
		if got, want := names(t, v.Queue), "4:0 4:1"; got != want {
			t.Errorf("before the end: got %q, want %q", got, want)
		}
		h.deliver(arrivals(d(4, 2), gone(4), c(4, 7), k(4, 8)))
		if got, want := names(t, v.Queue), `{"gone":{"track":4}} | 4:7 4:8`; got != want {
			t.Errorf("after it: got %q, want %q", got, want)
		}
		h.deliver(arrivals(gone(4), gone(4), d(4, 9)))
		if got, want := names(t, v.Queue), `{"gone":{"track":4}}`; got != want {
			t.Errorf("frames of an ended track: got %q, want %q", got, want)
		}
		if got := names(t, h.Join(9).Queue); got != "" {
			t.Errorf("a joiner got %q of an ended track", got)
		}
	})
	t.Run("who left gets nothing", func(t *testing.T) {
		h := testHub(Video, 0)
		v, w := h.Join(2), h.Join(3)
		h.Leave(v)
		h.Leave(v)
		h.deliver(arrivals(c(4, 0)))
		if got, want := names(t, v.Queue)+"/"+names(t, w.Queue), "/4:0"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
	t.Run("what is no frame is passed over", func(t *testing.T) {
		h := testHub(Video, 0)
		v := h.Join(9)
		h.deliver(arrivals(Item{Bytes: []byte("hello")}, Item{Bytes: []byte{}}, Item{Bytes: append(c(4, 0).Bytes, 0)}, d(4, 1), c(4, 2)))
		if got, want := names(t, v.Queue), "4:2"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if s := h.Stats(); s.Frames != 5 || s.Stray != 4 || s.Tracks != 1 || s.Viewers != 1 {
			t.Errorf("stats %+v", s)
		}
	})
	t.Run("an endless run is given up", func(t *testing.T) {
		h := testHub(Video, 0)
		h.deliver(arrivals(c(4, 0), k(4, 1)))
		for i := range maxRunFrames + 5 {
			h.deliver(arrivals(d(4, 2+i)))
		}
		v := h.Join(9)
		h.deliver(arrivals(d(4, 5000), k(4, 5001), d(4, 5002)))
		if got, want := names(t, v.Queue), "4:0 4:5001 4:5002"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

// TestHubProperties: whatever happens in which order, each viewer gets exactly, per track, what the topic says from his
// joining on, and before it config and run.
func TestHubProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := testHub(Video, 0)
		senders := map[uint16]*sender{4: {track: 4}, 8: {track: 8}, 12: {track: 12}}
		live := map[uint16][]string{} // config and run, in the words of names
		type view struct {
			v    *Viewer
			want map[uint16][]string
			got  map[uint16][]string
		}
		var views []*view
		read := func(x *view) {
			for _, msg := range strings.Split(names(t, x.v.Queue), " | ") {
				for _, f := range strings.Fields(msg) {
					var n uint16
					if _, err := fmt.Sscanf(f, `{"gone":{"track":%d}}`, &n); err == nil {
						f = "gone"
					} else if _, err := fmt.Sscanf(f, "%d:", &n); err != nil {
						t.Fatalf("what is %q", f)
					}
					x.got[n] = append(x.got[n], f)
				}
			}
		}
		tell := func(track uint16, what string) {
			for _, x := range views {
				if int(track>>2) != x.v.Seat {
					x.want[track] = append(x.want[track], what)
				}
			}
		}
		for range rapid.IntRange(1, 80).Draw(t, "steps") {
			switch rapid.IntRange(0, 9).Draw(t, "step") {
			case 0:
				x := &view{h.Join(rapid.IntRange(1, 5).Draw(t, "seat")), map[uint16][]string{}, map[uint16][]string{}}
				for track, frames := range live {
					if int(track>>2) != x.v.Seat {
						x.want[track] = slices.Clone(frames)
					}
				}
				views = append(views, x)
			case 1:
				track := rapid.SampledFrom([]uint16{4, 8, 12}).Draw(t, "ends")
				for _, x := range views {
					read(x) // what waits of an ended track is dropped, rightly
				}
				h.deliver(arrivals(gone(track)))
				if _, ok := live[track]; ok {
					tell(track, "gone")
				}
				delete(live, track)
				senders[track] = &sender{track: track, seq: senders[track].seq + 7, config: false}
			case 2:
				for _, x := range views {
					read(x)
				}
			default:
				var batch []Item
				for range rapid.IntRange(1, 5).Draw(t, "frames") {
					track := rapid.SampledFrom([]uint16{4, 8, 12}).Draw(t, "track")
					it := senders[track].next(t, Video)
					batch = append(batch, it)
					f, _, _ := ParseFrame(it.Bytes)
					name := fmt.Sprintf("%d:%d", track, f.Seq)
					switch {
					case f.Config:
						live[track] = []string{name}
					case len(live[track]) == 0:
						continue // not live
					case f.Key:
						live[track] = []string{live[track][0], name}
					default:
						live[track] = append(live[track], name)
					}
					tell(track, name)
				}
				h.deliver(arrivals(batch...))
			}
		}
		for i, x := range views {
			read(x)
			for _, track := range []uint16{4, 8, 12} {
				if got, want := x.got[track], x.want[track]; !slices.Equal(got, want) {
					t.Fatalf("viewer %d at seat %d, track %d: got %v, want %v", i, x.v.Seat, track, got, want)
				}
			}
		}
	})
}

// TestHubServesWhileItRuns: one puts frames while others join, some of whom empty their queues themselves, some from within the delivery.
func TestHubServesWhileItRuns(t *testing.T) {
	begin := time.Now()
	h := NewHub(HubOptions{Kind: Video, Limits: LimitsOf(Video), Now: func() int64 { return int64(time.Since(begin)) }})
	const frames = 500
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := range frames + 1 {
			what := "delta"
			switch {
			case i == 0:
				what = "config"
			case i%10 == 1:
				what = "key"
			}
			if h.Put(Arrival{Track: 4, Bytes: item(what, 4, i, 40).Bytes}) {
				h.Deliver()
			}
		}
	})
	for seat := 2; seat < 8; seat++ {
		wg.Go(func() {
			v := h.Join(seat)
			defer h.Leave(v)
			if seat%2 == 0 {
				h.Direct(v, func(*Batch) { v.Queue.Wake() })
			}
			watch(t, v, frames)
		})
	}
	wg.Wait()
	if s := h.Stats(); s.Viewers != 0 || s.Frames != frames+1 || s.Dropped != 0 {
		t.Errorf("stats %+v", s)
	}
}

// TestHubDelivers: the first frame goes out at once, and what comes while it does goes out in one behind it.
func TestHubDelivers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := NewHub(HubOptions{Kind: Video, Limits: LimitsOf(Video), Now: func() int64 { return 0 }})
		put := func(it Item) {
			if h.Put(Arrival{Track: 4, Bytes: it.Bytes}) {
				h.Deliver()
			}
		}
		v := h.Join(2)
		var out []string
		h.Direct(v, func(*Batch) {
			if out = append(out, names(t, v.Queue)); len(out) == 2 {
				put(item("delta", 4, 2, 30))
				put(item("delta", 4, 3, 30))
			}
		})
		for seq, what := range []string{"config", "key"} {
			put(item(what, 4, seq, 30))
		}
		synctest.Wait()
		put(item("delta", 4, 4, 30))
		synctest.Wait()
		if got, want := strings.Join(out, " | "), "4:0 | 4:1 | 4:2 4:3 | 4:4"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

// watch reads one track up to its frame last: a config, a key frame, and from there on every frame.
func watch(t *testing.T, v *Viewer, last int) {
	var b Batch
	for n, seq := 0, -1; seq != last; {
		<-v.Queue.Ready()
		for v.Queue.Take(&b) {
			for rest := b.Data; len(rest) > 0; n++ {
				f, r, err := ParseFrame(rest)
				if err != nil {
					t.Error(err)
					return
				}
				if n == 0 && !f.Config || n == 1 && !f.Key || n > 1 && int(f.Seq) != seq+1 {
					t.Errorf("seat %d: its frame %d is %d after %d", v.Seat, n, f.Seq, seq)
				}
				seq, rest = int(f.Seq), r
			}
		}
	}
}
