package seal

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"scaip/internal/log"
	"scaip/internal/log/memlog"
	"scaip/internal/media"
	"scaip/internal/media/matroska"
	"scaip/internal/media/replay"
	"scaip/internal/store"
	"scaip/internal/store/memstore"
)

// rig is a log with calls, a ledger, and the fates of the calls, which outlive the sealers that work on them.
type rig struct {
	t       testing.TB
	dir     string
	log     log.Admin
	ledger  store.Store
	files   files
	start   time.Time
	forgot  []string
	mu      sync.Mutex
	fates   []Fate
	deleted map[string]bool
	changed chan struct{}
}

func newRig(t testing.TB) *rig {
	l, s := memlog.New(), memstore.New()
	t.Cleanup(func() { l.Close(); s.Close() })
	return &rig{t: t, dir: filepath.Join(t.TempDir(), "calls"), log: l, ledger: s, files: disk{}, start: time.Now().Add(-time.Hour),
		deleted: map[string]bool{}, changed: make(chan struct{})}
}

// fate says what has become of a call.
func (g *rig) fate(call string, gone bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.fates = append(g.fates, Fate{uint64(len(g.fates) + 1), call, gone})
	if gone {
		g.deleted[call] = true
	}
	close(g.changed)
	g.changed = make(chan struct{})
}

func (g *rig) open() *Sealer {
	g.t.Helper()
	s, err := Open(Options{Dir: g.dir, Log: g.log, Ledger: g.ledger, Logger: slog.New(slog.DiscardHandler), files: g.files,
		Fates: func(after uint64, limit int) ([]Fate, error) {
			g.mu.Lock()
			defer g.mu.Unlock()
			rest := g.fates[min(int(after), len(g.fates)):]
			return slices.Clone(rest[:min(limit, len(rest))]), nil
		},
		Changed: func() <-chan struct{} { g.mu.Lock(); defer g.mu.Unlock(); return g.changed },
		Describe: func(call string) (Subject, bool, error) {
			g.mu.Lock()
			defer g.mu.Unlock()
			return Subject{Title: "Team", Start: g.start, End: g.start.Add(time.Minute), About: &replay.About{}}, !g.deleted[call], nil
		},
		Forget: func(call string) { g.mu.Lock(); defer g.mu.Unlock(); g.forgot = append(g.forgot, call) },
	})
	if err != nil {
		g.t.Fatal(err)
	}
	return s
}

// once does all that is to do now, as Run does, one after another, and returns the first error.
func (g *rig) once(s *Sealer) (err error) {
	var all []func()
	s.look(g.t.Context(), func(call string) bool {
		all = append(all, func() {
			err = errors.Join(err, s.do(g.t.Context(), call))
			s.setBusy(call, false)
		})
		return true
	})
	for _, f := range all {
		f()
	}
	return err
}

// run runs a sealer until the test ends, or the function returned is called.
func (g *rig) run() (*Sealer, func()) {
	s := g.open()
	ctx, cancel := context.WithCancel(g.t.Context())
	ended := make(chan struct{})
	go func() { s.Run(ctx); close(ended) }()
	stop := func() { cancel(); <-ended }
	g.t.Cleanup(stop)
	return s, stop
}

// call logs some seconds of somebody's picture and sound.
func (g *rig) call(id string, seconds int) { logCall(g.t, g.log, id, seconds) }

func logCall(t testing.TB, l log.Admin, id string, seconds int) {
	t.Helper()
	all := map[string][]log.Record{}
	for kind, cfg := range map[string]media.Config{
		media.Video: {User: "u", Name: "Ada", Codec: "vp8", Width: 64, Height: 48},
		media.Audio: {User: "u", Name: "Ada", Codec: "opus", SampleRate: 48000, Channels: 1},
	} {
		raw, _ := json.Marshal(cfg)
		recs := []log.Record{{Value: media.Frame{Config: true, Track: 4, Payload: raw}.Append(nil)}}
		for i := range seconds * 50 {
			payload := make([]byte, 100+i%7)
			payload[0] = byte(i)
			recs = append(recs, log.Record{Value: media.Frame{Key: kind == media.Audio || i%100 == 0, Track: 4, Seq: uint32(i + 1), PTS: int64(i) * 20000,
				Payload: payload}.Append(nil)})
		}
		for i := range recs {
			recs[i].Origin, recs[i].Seq, recs[i].Key = kind+"/boot/1", uint64(i+1), strconv.Itoa(4)
		}
		all[kind] = recs
	}
	logAll(t, l, id, all)
}

// logAll makes the topics of a call, by kind.
func logAll(t testing.TB, l log.Admin, id string, all map[string][]log.Record) {
	t.Helper()
	for kind, recs := range all {
		topic := media.Topic(id, kind)
		if err := l.Create(t.Context(), topic, log.Retention{}); err != nil {
			t.Fatal(err)
		}
		for chunk := range slices.Chunk(recs, 500) {
			if _, err := l.Append(t.Context(), topic, chunk...); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// inTopics reports whether a call's topics hold all that call has logged.
func inTopics(t testing.TB, l log.Admin, id string, seconds int) bool {
	t.Helper()
	for _, topic := range topics(id) {
		b, err := l.Bounds(t.Context(), topic)
		if errors.Is(err, log.ErrNoTopic) {
			return false
		}
		if err != nil {
			t.Fatal(err)
		}
		if b.Next-b.First != int64(seconds*50+1) {
			return false
		}
	}
	return true
}

// inFile reports whether a call's file is there and whole: its checksum is right, and all frames are in it.
func inFile(t testing.TB, path string, seconds int) bool {
	t.Helper()
	raw, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return false
	}
	if err != nil {
		t.Fatal(err)
	}
	sums, err := os.ReadFile(path + ".sha256")
	if err != nil {
		t.Errorf("a file without its checksum: %v", err)
		return false
	}
	sum := sha256.Sum256(raw)
	if want := fmt.Sprintf("%s  %s\n", hex.EncodeToString(sum[:]), filepath.Base(path)); string(sums) != want {
		t.Errorf("checksum is %q, want %q", sums, want)
		return false
	}
	s, err := replay.OpenSealed(path)
	if err != nil {
		t.Error(err)
		return false
	}
	defer s.Close()
	n := 0
	for _, kind := range []string{media.Audio, media.Video} {
		for batch, err := range s.Frames(t.Context(), kind, 0) {
			if err != nil {
				t.Error(err)
			}
			n += len(batch)
		}
	}
	return n == 2*(seconds*50+1)
}

// logWalk logs a call c1 in which people send the walking clip, times over.
func logWalk(t testing.TB, g *rig, people, times int) {
	t.Helper()
	f, err := os.Open("../../../testdata/media/walk.webm")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	clip, err := matroska.Read(f)
	if err != nil {
		t.Fatal(err)
	}
	recs := map[string][]log.Record{}
	seq := map[string]uint32{}
	windows := map[string]int64{}
	for i := range times {
		for n, p := range clip.Packets {
			for seat := 1; seat <= people; seat++ {
				kind := string(clip.Tracks[p.Track].Kind)
				track := media.TrackOf(seat, media.SlotMain)
				id := fmt.Sprint(kind, seat)
				put := func(f media.Frame) { // as the edges do: what comes within 40 ms is one record
					all, window := recs[kind], f.PTS/40_000
					if n := len(all); n > 0 && windows[kind] == window {
						all[n-1].Value = f.Append(all[n-1].Value)
						return
					}
					windows[kind] = window
					recs[kind] = append(all, log.Record{Value: f.Append(nil)})
				}
				if p.Key && (n%50 == 0 || kind == media.Video) {
					tr := clip.Tracks[p.Track]
					raw, _ := json.Marshal(media.Config{User: fmt.Sprint("u", seat), Name: fmt.Sprint("User ", seat), Codec: tr.Codec, Width: tr.Width,
						Height: tr.Height, SampleRate: tr.SampleRate, Channels: tr.Channels, Extra: tr.Private})
					put(media.Frame{Config: true, Track: track, PTS: (time.Duration(i)*15100*time.Millisecond + p.PTS).Microseconds(), Payload: raw})
				}
				seq[id]++
				put(media.Frame{Key: p.Key, Track: track, Seq: seq[id], PTS: (time.Duration(i)*15100*time.Millisecond + p.PTS).Microseconds(), Payload: p.Data})
			}
		}
	}
	logAll(t, g.log, "c1", recs)
}
