package past

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"scaip/internal/event"
	"scaip/internal/log"
	"scaip/internal/log/memlog"
	"scaip/internal/media"
	"scaip/internal/ws"
)

const patience10 = 10 * time.Second

// rig is a call in a log in memory, and a viewer's socket into its past. Seat 1 sends video on track 4 at 10 frames/s with a key frame each second, and
// audio on track 4 every 100 ms.
type rig struct {
	t       testing.TB
	log     *memlog.Log
	start   time.Time
	running atomic.Bool
	barred  atomic.Bool
	source  func(ctx context.Context) (media.Source, error)
	conn    *ws.Conn
	seq     uint32
}

func newRig(t testing.TB, seconds int) *rig {
	g := &rig{t: t, log: memlog.New(), start: time.Now().Add(-time.Duration(seconds) * time.Second)}
	g.running.Store(true)
	g.source = func(context.Context) (media.Source, error) {
		return media.LogSource{Log: g.log, Call: "c", Start: g.start}, nil
	}
	for _, kind := range []string{media.Audio, media.Video} {
		if err := g.log.Create(t.Context(), media.Topic("c", kind), log.Retention{}); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { _ = g.log.Close() })
	return g
}

// put logs frames of 100 ms from until to.
func (g *rig) put(kind string, from, to int) {
	g.t.Helper()
	for i := from; i < to; i++ {
		if i%10 == 0 {
			g.append(kind, media.Frame{Config: true, Key: kind == media.Audio, PTS: int64(i) * 100_000, Payload: fmt.Appendf(nil, `{"kind":%q}`, kind)})
		}
		g.append(kind, media.Frame{Key: kind == media.Audio || i%10 == 0, PTS: int64(i) * 100_000, Payload: []byte("frame")})
	}
}

func (g *rig) append(kind string, f media.Frame) {
	g.t.Helper()
	f.Track = 4
	if f.Config {
		f.Seq, f.PTS = 1, 0 // as the edge says it again
	} else {
		g.seq++
		f.Seq = g.seq + 1
	}
	if _, err := g.log.Append(g.t.Context(), media.Topic("c", kind), log.Record{Value: f.Append(nil)}); err != nil {
		g.t.Fatal(err)
	}
}

// connect opens the socket.
func (g *rig) connect() {
	g.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var serving sync.WaitGroup
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := ws.Accept(w, r, ws.Options{})
		if err != nil {
			return
		}
		serving.Add(1)
		defer serving.Done()
		Serve(ctx, Options{Call: "c", Start: g.start, Conn: conn,
			Open: func(ctx context.Context) (media.Source, error) { return g.source(ctx) },
			State: func() (bool, error) {
				if g.barred.Load() {
					return false, event.Refuse(event.NotFound, "There is no such call.")
				}
				return g.running.Load(), nil
			}})
	}))
	conn, err := ws.Dial(g.t.Context(), srv.URL, nil, ws.Options{ReadLimit: 2 << 20})
	if err != nil {
		g.t.Fatal(err)
	}
	g.conn = conn
	g.t.Cleanup(func() { conn.CloseNow(); cancel(); serving.Wait(); srv.Close() })
}

func (g *rig) say(format string, a ...any) {
	g.t.Helper()
	if err := g.conn.Write(g.t.Context(), false, fmt.Appendf(nil, format, a...)); err != nil {
		g.t.Fatal(err)
	}
}

// heard is what came: frames, and the last text.
type heard struct {
	frames []media.Frame
	at     int64 // the ID of the last At
	sent   int64
	ended  bool
	end    int64
	kinds  [2]int // messages
}

// until reads until ok, and fails after patience.
func (g *rig) until(what string, h *heard, ok func() bool) {
	g.t.Helper()
	ctx, cancel := context.WithTimeout(g.t.Context(), patience10)
	defer cancel()
	for !ok() {
		binary, data, err := g.conn.Read(ctx)
		if err != nil {
			g.t.Fatalf("%s: %v (%d frames, sent %d)", what, err, len(h.frames), h.sent)
		}
		if binary {
			h.kinds[data[0]]++
			data = data[1:]
		}
		for binary && len(data) > 0 {
			f, rest, err := media.ParseFrame(data)
			if err != nil {
				g.t.Fatal(err)
			}
			h.frames, data = append(h.frames, f), rest
		}
		if binary {
			continue
		}
		var m serverMessage
		if err := json.Unmarshal(data, &m); err != nil {
			g.t.Fatal(err)
		}
		switch {
		case m.At != nil:
			*h = heard{at: m.At.ID, ended: h.ended}
		case m.Sent != nil:
			if *m.Sent < h.sent {
				g.t.Fatalf("sent went back from %d to %d", h.sent, *m.Sent)
			}
			h.sent = *m.Sent
		case m.Live != nil:
			h.ended, h.end = !*m.Live, *m.End
		}
	}
}

// times are those of all frames, both kinds together, in tenths of a second.
func (h *heard) times() (all []int64) {
	for _, f := range h.frames {
		if !f.Config {
			all = append(all, f.PTS/100_000)
		}
	}
	slices.Sort(all)
	return all
}

func both(from, to int) (all []int64) {
	for i := from; i < to; i++ {
		all = append(all, int64(i), int64(i))
	}
	return all
}

func equal(t *testing.T, what string, got, want []int64) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got frames %v, want %v", what, got, want)
	}
}

func TestSeekBeginsAtTheKeyFrameAndEndsAtTheLimit(t *testing.T) {
	g := newRig(t, 20)
	g.put(media.Audio, 0, 200)
	g.put(media.Video, 0, 200)
	g.connect()
	var h heard
	g.say(`{"seek":{"id":1,"at":5500000,"until":7000000}}`)
	g.until("up to the limit", &h, func() bool { return h.sent == 7_000_000 })
	want := append([]int64{50, 51, 52, 53, 54}, both(55, 71)...)
	slices.Sort(want)
	equal(t, "after a seek", h.times(), want)
	if !h.frames[0].Config {
		t.Error("it does not begin with a config")
	}
	g.say(`{"until":8000000}`)
	g.until("up to the raised limit", &h, func() bool { return h.sent == 8_000_000 })
	want = append(want, both(71, 81)...)
	equal(t, "after the limit was raised", h.times(), want)
}

func TestTheBeginningIsThere(t *testing.T) {
	g := newRig(t, 20)
	g.put(media.Audio, 0, 20)
	g.put(media.Video, 0, 20)
	g.connect()
	var h heard
	g.say(`{"seek":{"id":1,"at":0,"until":1000000}}`)
	g.until("up to the limit", &h, func() bool { return h.sent == 1_000_000 })
	equal(t, "from the first frame", h.times(), both(0, 11))
}

func TestNothingOfAnEarlierSeekComesAfterTheNext(t *testing.T) {
	g := newRig(t, 20)
	g.put(media.Audio, 0, 200)
	g.put(media.Video, 0, 200)
	g.connect()
	var h heard
	for id := int64(1); id <= 20; id++ {
		g.say(`{"seek":{"id":%d,"at":%d,"until":%d}}`, id, id*500_000+300_000, id*500_000+2_000_000)
	}
	g.until("the last seek", &h, func() bool { return h.at == 20 && h.sent == 12_000_000 })
	equal(t, "after the last seek", h.times(), slices.Concat([]int64{100, 101, 102}, both(103, 121)))
}

func TestPicturesOfSomeTracksOnly(t *testing.T) {
	g := newRig(t, 20)
	g.put(media.Audio, 0, 100)
	g.put(media.Video, 0, 100)
	g.connect()
	var h heard
	g.say(`{"seek":{"id":1,"at":1000000,"until":2000000,"video":[8]}}`)
	g.until("up to the limit", &h, func() bool { return h.sent == 2_000_000 })
	if got := len(h.times()); got != 11 {
		t.Errorf("got %d frames, want the 11 of sound", got)
	}
	if h.kinds[0] == 0 || h.kinds[1] != 0 {
		t.Errorf("got %d messages of sound and %d of pictures", h.kinds[0], h.kinds[1])
	}
}

func TestSilenceGoesOnUpToTheEdge(t *testing.T) {
	g := newRig(t, 20) // nothing in the last 10 s, no picture at all
	g.put(media.Audio, 0, 100)
	g.connect()
	var h heard
	g.say(`{"seek":{"id":1,"at":9000000,"until":60000000}}`)
	g.until("near the edge", &h, func() bool { return h.sent > 19_000_000 })
	edge := time.Since(g.start).Microseconds()
	if h.sent > edge {
		t.Errorf("sent is %d, beyond the edge at %d", h.sent, edge)
	}
	g.put(media.Video, 300, 301)
	g.until("a new frame", &h, func() bool { return slices.Contains(h.times(), 300) })
	g.running.Store(false)
	g.until("the end", &h, func() bool { return h.ended && h.sent == maxPTS })
}

func TestWhoMayNotSeeTheCallAnyMoreIsCutOff(t *testing.T) {
	g := newRig(t, 20)
	g.connect()
	g.barred.Store(true)
	ctx, cancel := context.WithTimeout(t.Context(), patience10)
	defer cancel()
	for {
		_, _, err := g.conn.Read(ctx)
		if err == nil {
			continue
		}
		if code, _, _ := ws.CloseError(err); code != ws.Policy {
			t.Errorf("it ended with %v, want the code %d", err, ws.Policy)
		}
		return
	}
}

// moving is a source that ends as a log does that is sealed meanwhile.
type moving struct {
	media.Source
	after int
}

func (m moving) Frames(ctx context.Context, kind string, at int64) iter.Seq2[[]media.Piece, error] {
	return func(yield func([]media.Piece, error) bool) {
		n := 0
		for pieces, err := range m.Source.Frames(ctx, kind, at) {
			for _, p := range pieces {
				if n++; n > m.after {
					yield(nil, fmt.Errorf("read: %w", log.ErrNoTopic))
					return
				}
				if !yield([]media.Piece{p}, err) {
					return
				}
			}
		}
	}
}

func TestASourceThatMovesIsReadOnWithoutGapOrRepeat(t *testing.T) {
	g := newRig(t, 20)
	g.put(media.Audio, 0, 100)
	g.put(media.Video, 0, 100)
	var opened atomic.Int32
	sound := g.source
	g.source = func(ctx context.Context) (media.Source, error) {
		src, err := sound(ctx)
		if opened.Add(1) <= 2 {
			return moving{src, 20}, err
		}
		return src, err
	}
	g.connect()
	var h heard
	g.say(`{"seek":{"id":1,"at":1500000,"until":5000000}}`)
	g.until("up to the limit", &h, func() bool { return h.sent == 5_000_000 })
	equal(t, "over the seam", h.times(), slices.Concat([]int64{10, 11, 12, 13, 14}, both(15, 51)))
}

// closing counts how often it is closed.
type closing struct {
	media.Source
	closed *atomic.Int32
}

func (c closing) Close() error { c.closed.Add(1); return c.Source.Close() }

func TestTheSourceStaysOpenBetweenSeeks(t *testing.T) {
	g := newRig(t, 20)
	g.put(media.Audio, 0, 200)
	g.put(media.Video, 0, 200)
	g.running.Store(false) // so its end is asked of the source too
	var opened, closed atomic.Int32
	log := g.source
	g.source = func(ctx context.Context) (media.Source, error) {
		opened.Add(1)
		src, err := log(ctx)
		return closing{src, &closed}, err
	}
	g.connect()
	var h heard
	for id := int64(1); id <= 5; id++ {
		g.say(`{"seek":{"id":%d,"at":%d,"until":%d}}`, id, id*1_000_000, id*1_000_000+500_000)
		g.until("a seek", &h, func() bool { return h.at == id && h.sent == id*1_000_000+500_000 })
	}
	if n := opened.Load(); n != 1 {
		t.Errorf("opened %d times for five seeks, want once", n)
	}
	g.conn.CloseNow()
	for end := time.Now().Add(patience10); closed.Load() != 1; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("closed %d times after the session, want once", closed.Load())
		}
	}
}

// gone is a source of a call that is sealed and whose topics were deleted since it was opened.
type gone struct {
	media.Source
	since *atomic.Bool
}

func (g gone) End(ctx context.Context) (int64, error) {
	if g.since.Load() {
		return 0, nil
	}
	return g.Source.End(ctx)
}

func TestTheEndIsThatOfWhatHoldsTheCallNow(t *testing.T) {
	g := newRig(t, 20)
	g.put(media.Audio, 0, 100)
	g.put(media.Video, 0, 100)
	var opened atomic.Int32
	var deleted atomic.Bool
	log := g.source
	g.source = func(ctx context.Context) (media.Source, error) {
		src, err := log(ctx)
		if opened.Add(1) == 1 {
			return gone{src, &deleted}, err
		}
		return src, err
	}
	g.connect()
	var h heard
	g.say(`{"seek":{"id":1,"at":1500000,"until":2000000}}`)
	g.until("a seek", &h, func() bool { return h.sent == 2_000_000 })
	deleted.Store(true)
	g.running.Store(false)
	g.until("it is over", &h, func() bool { return h.ended })
	if h.end == 0 {
		t.Error("the call ends at 0, want where its last frame does")
	}
}

func TestMalformedMessagesAreRefusedAndThenCut(t *testing.T) {
	g := newRig(t, 20)
	g.connect()
	for _, m := range []string{`{`, `{}`, `{"seek":{"at":-1}}`, `{"seek":{"id":1},"until":2}`, `{"seek":{"until":9007199254740993}}`} {
		g.say("%s", m)
	}
	g.say(`{"seek":{"id":7,"at":0,"until":0}}`)
	var h heard
	g.until("a good one after the bad", &h, func() bool { return h.at == 7 })
	for range maxMalformed {
		if g.conn.Write(t.Context(), false, []byte("no")) != nil {
			break
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience10)
	defer cancel()
	for {
		if _, _, err := g.conn.Read(ctx); err != nil {
			if ctx.Err() != nil {
				t.Error("it was not cut off")
			}
			return
		}
	}
}
