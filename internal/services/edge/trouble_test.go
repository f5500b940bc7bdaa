package edge

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"scaip/internal/event"
	"scaip/internal/log"
	"scaip/internal/log/memlog"
	"scaip/internal/media"
	"scaip/internal/ws"
)

// troubledLog is the media log with a valve before Append, and errors on demand.
type troubledLog struct {
	log.Admin
	fail atomic.Bool
	gate chan struct{} // nil: open
}

func (l *troubledLog) Append(ctx context.Context, topic log.Topic, records ...log.Record) (int64, error) {
	if l.gate != nil {
		select {
		case <-l.gate:
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
	if l.fail.Load() {
		return 0, fmt.Errorf("append: %w", log.ErrFull)
	}
	return l.Admin.Append(ctx, topic, records...)
}

func TestFullLogIsToldAndSurvived(t *testing.T) {
	tl := &troubledLog{Admin: memlog.New()}
	defer tl.Close()
	g := newRig(t, media.Video, func(o *Options) { o.Media = tl })
	g.call("c1", "ada", "bob")
	ada, bob := g.dial("ada", "c1", ""), g.dial("bob", "c1", "")
	ada.send("config", "key")
	bob.gets("4:0", "4:1")
	r := ada.socket(t).room
	settled := func() bool { r.in.mu.Lock(); defer r.in.mu.Unlock(); return len(r.in.waiting) == 0 }
	g.until("they are logged", func() bool { return g.edge.Stats().Logged == 2 })
	tl.fail.Store(true)
	ada.send("delta")
	bob.gets("4:2") // was on its way when the log failed
	g.until("the append failed", ada.socket(t).in.tooLate.Load)
	ada.send("delta")
	ada.refused(event.Unavailable, "space")
	ada.send("key")
	g.until("the next one failed", func() bool { return g.edge.Stats().AppendErrors == 2 && settled() })
	tl.fail.Store(false)
	ada.send("delta", "delta") // they need what was lost
	ada.send("key", "delta")
	bob.gets("4:7", "4:8") // what can't be kept is not shown: key frame 4 neither. The config is logged once more, but bob has it
	g.stop()
	var got []string
	for _, f := range g.frames("call.c1.video") {
		got = append(got, fmt.Sprint(f.Seq))
	}
	if got, want := strings.Join(got, " "), "0 1 0 7 8"; got != want {
		t.Errorf("logged %s, want %s", got, want)
	}
	if !bytes.Contains(g.logged.Bytes(), []byte("frames not logged")) {
		t.Errorf("the operator was told %q", g.logged)
	}
}

func TestSlowLogRefusesTheNewest(t *testing.T) {
	t.Parallel()
	tl := &troubledLog{Admin: memlog.New(), gate: make(chan struct{})}
	defer tl.Close()
	g := newRig(t, media.Video, func(o *Options) { o.Media = tl })
	g.call("c1", "ada", "bob")
	ada, bob := g.dial("ada", "c1", ""), g.dial("bob", "c1", "")
	s := ada.socket(t)
	r, in := s.room, &s.in
	ada.send("config", "key")
	g.until("both are taken", func() bool {
		in.mu.Lock()
		defer in.mu.Unlock()
		return in.tracks[0].live && !in.tracks[0].renditions[0].needKey
	})
	empty := func() bool { r.in.mu.Lock(); defer r.in.mu.Unlock(); return len(r.in.waiting) == 0 }
	g.until("they stand before the log", empty)
	for r.put(arrival{from: s, track: 4, value: make([]byte, 1<<20)}) { // as if other senders had filled the queue
	}
	ada.send("delta")
	ada.refused(event.TooMany, "keep up")
	close(tl.gate)
	bob.gets("4:0", "4:1")
	g.until("the queue is empty", empty)
	ada.send("delta")
	ada.send("key")
	bob.gets("4:4")
}

// TestSlowViewerCostsNobodyElse: one reads nothing; the other gets all; when he reads again, what he gets can be decoded.
func TestSlowViewerCostsNobodyElse(t *testing.T) {
	t.Parallel()
	begin := time.Now()
	g := newRig(t, media.Video, func(o *Options) { // on a clock that hardly goes: eve's line shall not be judged, however slow the machine is
		o.Now = func() time.Time { return begin.Add(time.Since(begin) / 100) }
	})
	g.call("c1", "ada", "bob", "eve")
	ada, bob := g.dial("ada", "c1", "?receive=0"), g.dial("bob", "c1", "")
	conn, err := g.tryDial("eve", "c1", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	viewers := func() int { return g.edge.Stats().Viewers }
	g.until("both watch", func() bool { return viewers() == 2 })
	s := ada.socket(t)
	h := s.room.hub
	give := func(key bool) { // past the socket's limits, straight to the log
		f := ada.make("key")
		f = media.Frame{Track: f.Track, Seq: f.Seq, PTS: f.PTS, Key: key, Payload: make([]byte, 100<<10)}
		if !s.room.put(arrival{from: s, track: 4, value: f.Append(nil)}) {
			t.Fatal("there is no room")
		}
		if got := bob.frame(); got.Seq != f.Seq { // bob has them all
			t.Fatalf("bob got frame %d instead of %d", got.Seq, f.Seq)
		}
	}
	ada.send("config")
	bob.gets("4:0")
	for i := 0; h.Stats().Dropped == 0; i++ {
		if give(i%10 == 0); i > 1000 {
			t.Fatal("nothing was dropped")
		}
	}
	caughtUp := make(chan error, 1)
	go func() { caughtUp <- skipForward(t.Context(), conn) }()
	for i := 0; ; i++ { // eve reads now, and is skipped forward to one of the next key frames
		select {
		case err := <-caughtUp:
			if err != nil {
				t.Fatal(err)
			}
			return
		default:
		}
		if give(i%10 == 0); i > 1000 {
			t.Fatal("eve was not skipped forward")
		}
	}
}

// skipForward reads a video track until a gap has been seen, behind which it must go on with a key frame.
func skipForward(ctx context.Context, conn *ws.Conn) error {
	for at := -1; ; {
		binary, data, err := conn.Next(ctx)
		if err != nil {
			return err
		}
		for rest := data; binary && len(rest) > 0; {
			var f media.Frame
			if f, rest, err = media.ParseFrame(rest); err != nil {
				return err
			}
			switch seq := int(f.Seq); {
			case seq <= at, seq != at+1 && !f.Key:
				return fmt.Errorf("got frame %d (key %v) after %d", seq, f.Key, at)
			case seq != at+1:
				return nil
			default:
				at = seq
			}
		}
	}
}

func TestStuckViewerIsClosed(t *testing.T) {
	t.Parallel()
	var skew atomic.Int64
	g := newRig(t, media.Video, func(o *Options) { o.Now = func() time.Time { return time.Now().Add(time.Duration(skew.Load())) } })
	g.call("c1", "ada", "eve")
	ada := g.dial("ada", "c1", "?receive=0")
	if _, err := g.tryDial("eve", "c1", "", nil); err != nil {
		t.Fatal(err)
	}
	g.until("she watches", func() bool { return g.edge.Stats().Viewers == 1 })
	s := ada.socket(t)
	r := s.room
	ada.send("config")
	g.until("she is found stuck", func() bool {
		f := ada.make("key")
		f.Payload = make([]byte, 500<<10)
		r.put(arrival{from: s, track: 4, value: f.Append(nil)})
		skew.Add(int64(20 * time.Millisecond))
		return g.edge.Stats().Stuck > 0
	})
	g.saw(event.MediaClosed{Service: g.kind, Call: "c1", User: "eve"})
	if n := g.edge.Stats().Stuck; n != 1 {
		t.Errorf("%d sockets were stuck, want 1", n)
	}
}

func TestDeletedTopicEndsItsRoom(t *testing.T) {
	g := newRig(t, media.Video, nil)
	g.call("c1", "ada")
	ada := g.dial("ada", "c1", "")
	if err := g.media.Delete(t.Context(), "call.c1.video"); err != nil {
		t.Fatal(err)
	}
	ada.send("config")
	ada.end(closeCallEnded, "deleted")
	g.dial("ada", "c1", "") // the call runs, so its topic is made again
}
