package seal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"scaip/internal/log"
	"scaip/internal/media"
	"scaip/internal/store"
)

// waitFor waits until a call is in a state.
func waitFor(t *testing.T, s *Sealer, call string, want State) File {
	t.Helper()
	end := time.After(20 * time.Second)
	for {
		f, state, _, err := s.Find(call)
		if err != nil {
			t.Fatal(err)
		}
		if state == want {
			return f
		}
		select {
		case <-end:
			t.Fatalf("call %s is in state %d, want %d; failures %+v", call, state, want, s.failed)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func TestCallsAreSealedAndDeleted(t *testing.T) {
	g := newRig(t)
	s, stop := g.run()
	for i := range 5 {
		g.call(fmt.Sprint("c", i), i+1)
	}
	g.log.Create(t.Context(), media.Topic("empty", media.Audio), log.Retention{})
	for i := range 5 {
		g.fate(fmt.Sprint("c", i), false)
	}
	g.fate("empty", false)
	for i := range 5 {
		f := waitFor(t, s, fmt.Sprint("c", i), Sealed)
		if !inFile(t, f.Path, i+1) || f.Frames != 100*(i+1) || f.Missing != 0 {
			t.Errorf("call %d: %+v", i, f)
		}
	}
	if f := waitFor(t, s, "empty", Sealed); !f.Empty {
		t.Errorf("the empty call: %+v", f)
	}
	g.idle(s)
	if infos, _ := g.log.Topics(t.Context(), "call."); len(infos) != 0 {
		t.Errorf("topics %v are left", infos)
	}
	if n, bytes, bad, err := s.Verify(t.Context()); n != 5 || bytes == 0 || len(bad) != 0 || err != nil {
		t.Errorf("verified %d files, %d bytes, bad %v, %v", n, bytes, bad, err)
	}

	g.fate("c1", true)
	waitFor(t, s, "c1", Gone)
	g.idle(s)
	if _, err := os.Stat(s.path("c1")); !errors.Is(err, os.ErrNotExist) || len(g.forgot) != 1 || g.forgot[0] != "c1" {
		t.Errorf("after deletion: %v, forgot %v", err, g.forgot)
	}
	if left, _ := os.ReadDir(g.dir); len(left) != 8 {
		t.Errorf("%d files are left, want 4 calls and their checksums", len(left))
	}
	stop()

	// After a power cut the deletions of topics may be lost.
	g.call("c1", 2)
	g.call("c2", 3)
	g.call("other", 1)
	s, _ = g.run()
	g.eventually("the topics that came back are gone", func() bool {
		infos, _ := g.log.Topics(t.Context(), "call.")
		return len(infos) == 2
	})
	if _, state, _, _ := s.Find("c1"); state != Gone || !inFile(t, s.path("c2"), 3) || !inTopics(t, g.log, "other", 1) {
		t.Errorf("then c1 is in state %d", state)
	}
}

// A worker may come with a call that another has done since it was looked up.
func TestWhatIsDoneIsNotDoneAgain(t *testing.T) {
	g := newRig(t)
	s := g.open()
	late := func(done func()) {
		t.Helper()
		var late []string
		s.look(t.Context(), func(call string) bool { late = append(late, call); return true })
		done()
		for _, call := range late {
			s.work(t.Context(), call)
		}
		if len(late) != 1 || len(s.failed) != 0 {
			t.Fatalf("late with %v, failures %v", late, s.failed)
		}
	}
	g.call("c1", 2)
	g.fate("c1", false)
	var sealed File
	late(func() {
		if err := s.do(t.Context(), "c1"); err != nil {
			t.Fatal(err)
		}
		sealed, _, _, _ = s.Find("c1")
	})
	if f, _, _, _ := s.Find("c1"); f != sealed || f.Frames != 200 {
		t.Errorf("the ledger says %+v, and said %+v", f, sealed)
	}
	g.fate("c1", true)
	late(func() {
		if err := s.do(t.Context(), "c1"); err != nil {
			t.Fatal(err)
		}
	})
	if len(g.forgot) != 1 {
		t.Errorf("deleted %d times", len(g.forgot))
	}
}

func (g *rig) idle(s *Sealer) {
	g.t.Helper()
	g.eventually("nothing is to do", func() bool {
		n := 0
		err := g.ledger.View(func(r store.Reader) error {
			for _, err := range todo.Scan(r, store.Range{}) {
				n++
				if err != nil {
					return err
				}
			}
			return nil
		})
		return err == nil && n == 0
	})
}

func (g *rig) eventually(what string, ok func() bool) {
	g.t.Helper()
	end := time.After(20 * time.Second)
	for !ok() {
		select {
		case <-end:
			g.t.Fatalf("never: %s", what)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func TestAFlippedBitIsFound(t *testing.T) {
	g := newRig(t)
	g.call("c1", 2)
	g.call("c2", 2)
	g.call("c3", 2)
	for _, c := range []string{"c1", "c2", "c3"} {
		g.fate(c, false)
	}
	s := g.open()
	if err := g.once(s); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(s.path("c2"), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var b [1]byte
	f.ReadAt(b[:], 150_000)
	b[0] ^= 4
	f.WriteAt(b[:], 150_000)
	os.Remove(s.path("c3"))
	_, _, bad, err := s.Verify(t.Context())
	if err != nil || len(bad) != 2 || bad[0].Call != "c2" || bad[1].Call != "c3" {
		t.Errorf("found %v, %v; want c2 and c3", bad, err)
	}
}

// What the log has lost of a call is counted, since the numbers of its records are dense.
func TestLostRecordsAreCounted(t *testing.T) {
	g := newRig(t)
	g.call("c1", 1)
	f := media.Frame{Key: true, Track: 4, Seq: 60, PTS: 2e6, Payload: []byte("x")}
	if _, err := g.log.Append(t.Context(), media.Topic("c1", media.Audio), log.Record{Origin: "audio/boot/1", Seq: 55, Value: f.Append(nil)}); err != nil {
		t.Fatal(err)
	}
	g.fate("c1", false)
	s := g.open()
	if err := g.once(s); err != nil {
		t.Fatal(err)
	}
	if found, _, _, _ := s.Find("c1"); found.Missing != 3 {
		t.Errorf("missing %d, want 3", found.Missing)
	}
}

func TestALostLedger(t *testing.T) {
	g := newRig(t)
	g.call("c1", 1)
	g.fate("c1", false)
	s := g.open()
	if err := g.once(s); err != nil {
		t.Fatal(err)
	}
	before, _, _, _ := s.Find("c1")
	err := g.ledger.Update(func(tx store.Tx) error { return errors.Join(done.Delete(tx, "c1"), marks.Delete(tx, markFates)) })
	if err != nil {
		t.Fatal(err)
	}
	s = g.open()
	if err := g.once(s); err != nil {
		t.Fatal(err)
	}
	if f, state, _, _ := s.Find("c1"); state != Sealed || f.SHA256 != before.SHA256 || f.Bytes != before.Bytes {
		t.Errorf("state %d, %+v; want the file of before", state, f)
	}
}

// A call that still grows is sealed when it does not.
func TestLateFrames(t *testing.T) {
	g := newRig(t)
	g.call("c1", 2)
	g.fate("c1", false)
	late := &lateLog{Admin: g.log, t: t}
	g.log = late
	s := g.open()
	if err := g.once(s); !errors.Is(err, errGrows) || !inTopics(t, late.Admin, "c1", 2) == false {
		t.Errorf("while it grows: %v", err)
	}
	if err := g.once(s); err != nil {
		t.Fatal(err)
	}
	if f, _, _, _ := s.Find("c1"); f.Frames != 201 {
		t.Errorf("%d frames, want the late one too", f.Frames)
	}
}

// lateLog gets one more frame while it is read.
type lateLog struct {
	log.Admin
	t     *testing.T
	added bool
}

func (l *lateLog) Last(ctx context.Context, topic log.Topic) (log.Record, bool, error) {
	r, ok, err := l.Admin.Last(ctx, topic)
	if !l.added && topic == media.Topic("c1", media.Video) {
		l.added = true
		f := media.Frame{Key: true, Track: 4, Seq: 101, PTS: 9e6, Payload: []byte("late")}
		if _, err := l.Admin.Append(ctx, topic, log.Record{Value: f.Append(nil)}); err != nil {
			l.t.Error(err)
		}
	}
	return r, ok, err
}
