// Package replay makes one Matroska file of a call: what the topics call.<id>.audio and call.<id>.video hold, merged by time,
// nothing transcoded, all tracks on the call's clock.
//
// It guarantees: one pass in bounded memory, however long the call; what can't be in a sound file (a malformed record, a video frame
// that nothing before it makes decodable, a repeat) is left out and counted, and never spoils the rest; the same records make the same
// bytes; a file at its final path is whole and on disk.
package replay

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"time"

	"scaip/internal/event"
	"scaip/internal/log"
	"scaip/internal/media/matroska"
)

// Options say what to export.
type Options struct {
	Log   log.Log // the media log
	Call  string
	Title string    // of the file; may be empty
	Start time.Time // when the call began; zero: the file has no date, and times of frames are not checked against those of records

	About *About // what else the file tells; nil: nothing

	// Sealed is the path of the call's sealed file: the frames are taken from there, not from the log. It may be the whole path of a file that Export
	// made before.
	Sealed string

	Participant string        // a user's ID; empty: everybody
	From        time.Duration // on the call's clock; the file begins up to 5 s earlier, where the video has a key frame
	To          time.Duration // on the call's clock, exclusive; 0: all there is by now

	Progress func(done float64) // called in the exporting goroutine, 0 to 1; may be nil
}

// Result says what became of an export.
type Result struct {
	Bytes    int64         `json:"bytes"`
	SHA256   string        `json:"sha256"` // hex
	From     time.Duration `json:"from"`   // where on the call's clock the file's zero is
	Duration time.Duration `json:"duration"`
	Tracks   int           `json:"tracks"`
	Frames   int           `json:"frames"`
	Skipped  Skipped       `json:"skipped"`
	Missing  int           `json:"missing"` // records that were logged and that the log has lost
}

// Skipped counts the records that are not in the file although they are of its participants and time.
type Skipped struct {
	Malformed   int `json:"malformed"`   // no frame, no config, or an impossible time
	Repeated    int `json:"repeated"`    // the log holds it twice, or its time is not after the track's previous frame
	Undecodable int `json:"undecodable"` // video between a loss and the next key frame, or frames before any config
	Unwritable  int `json:"unwritable"`  // a codec that Matroska can't hold, or more tracks than its header
	Lesser      int `json:"lesser"`      // of a smaller rendition than the file holds
}

// Total is the sum of what is lost.
func (s Skipped) Total() int { return s.Malformed + s.Repeated + s.Undecodable + s.Unwritable }

// ErrEmpty: there is nothing to put into the file. It is a Refusal.
var ErrEmpty = event.Refuse(event.NotFound, "Nothing is recorded there.")

// Export writes the file at path: first path.part, which is synced and renamed when whole, and removed after an error. It ends early with
// ctx. Records appended after the beginning of Export are not in the file. Two Exports to one path must not run at once.
func Export(ctx context.Context, path string, o Options) (Result, error) {
	part := path + ".part"
	f, err := os.OpenFile(part, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return Result{}, fmt.Errorf("export replay: %w", err)
	}
	r, err := export(ctx, f, o)
	err = cmp.Or(err, f.Close())
	if err == nil {
		err = os.Rename(part, path)
	}
	if err == nil {
		err = syncDir(filepath.Dir(path))
	}
	if err != nil {
		os.Remove(part)
		return Result{}, fmt.Errorf("export replay of %s: %w", o.Call, err)
	}
	return r, nil
}

// export fills f, and syncs it.
func export(ctx context.Context, f *os.File, o Options) (Result, error) {
	out := newBehind(f)
	r, err := write(ctx, out, o)
	if err = cmp.Or(err, out.flush()); err != nil {
		return Result{}, err
	}
	if r.Bytes, r.SHA256, err = settle(f); err != nil {
		return Result{}, err
	}
	if o.Progress != nil {
		o.Progress(1)
	}
	return r, nil
}

// write writes what is wanted of the call.
func write(ctx context.Context, out io.WriteSeeker, o Options) (Result, error) {
	w, err := matroska.NewWriter(out, matroska.Options{Title: o.Title, Date: o.Start})
	if err != nil {
		return Result{}, err
	}
	e := newExporter(o, w)
	if err := e.run(ctx); err != nil {
		return Result{}, err
	}
	r := e.result()
	if r.Frames == 0 {
		return Result{}, ErrEmpty
	}
	if err := e.cut.tell.finish(w, e.cut); err != nil {
		return Result{}, err
	}
	return r, w.Close()
}

// settle brings f to the disk, and reads it meanwhile for its size and SHA-256. (The front of the file is written last: it can't be hashed as it is
// made.)
func settle(f *os.File) (n int64, sum string, err error) {
	synced := make(chan error, 1)
	go func() { synced <- f.Sync() }()
	_, err = f.Seek(0, io.SeekStart)
	if err == nil {
		n, sum, err = digest(f)
	}
	if err = errors.Join(<-synced, err); err != nil {
		return 0, "", fmt.Errorf("sync and hash: %w", err)
	}
	return n, sum, nil
}

// Digest returns size and SHA-256, in hex, of a file.
func Digest(path string) (int64, string, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, "", err
	}
	defer f.Close()
	return digest(f)
}

// digest reads f to its end.
func digest(f *os.File) (int64, string, error) {
	h := sha256.New()
	n, err := io.CopyBuffer(struct{ io.Writer }{h}, struct{ io.Reader }{f}, make([]byte, 256<<10))
	return n, hex.EncodeToString(h.Sum(nil)), err
}

// exporter is one run of Export.
type exporter struct {
	o     Options
	feeds []*feed
	queue queue
	pick  *picker
	cut   *cut
	told  float64
}

func newExporter(o Options, w writer) *exporter {
	e := &exporter{o: o, cut: newCut(o, w)}
	e.pick = &picker{put: e.cut.take}
	return e
}

const (
	// reorder is how far the times of neighbouring records may be apart: the edges take frames from 10 s behind to 1 s ahead.
	reorder = 12 * time.Second

	// maxQueue bounds the frames held for sorting, in bytes. Beyond, the earliest goes out: a file with a block out of order is
	// better than none.
	maxQueue = 64 << 20
)

// run reads the sources side by side and hands on their frames in order of time.
func (e *exporter) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if err := e.open(ctx); err != nil {
		return err
	}
	defer func() {
		for _, f := range e.feeds {
			f.stop()
		}
	}()
	for {
		s := e.behind()
		if s == nil {
			break
		}
		if err := e.drain(s.high - reorder.Microseconds()); err != nil {
			return err
		}
		it, ok, err := s.next()
		if err != nil {
			return err
		}
		if ok {
			e.queue.push(it)
		}
		e.tell()
		if err := ctx.Err(); err != nil { // a log that has enough at hand does not ask
			return err
		}
	}
	if err := e.drain(math.MaxInt64); err != nil {
		return err
	}
	return e.cut.end()
}

// open opens the sealed file, or else the topics.
func (e *exporter) open(ctx context.Context) error {
	if e.o.Sealed != "" {
		s, err := OpenSealed(e.o.Sealed)
		if err != nil {
			return err
		}
		f := s.feed(ctx, e.o)
		stop := f.stop
		f.stop = func() { stop(); s.Close() }
		e.feeds = append(e.feeds, f)
		return nil
	}
	for _, kind := range []matroska.Kind{matroska.Audio, matroska.Video} {
		f, err := openTopic(ctx, e.o, kind)
		if err != nil {
			return err
		}
		if f != nil {
			e.feeds = append(e.feeds, f)
		}
	}
	return nil
}

// behind returns the feed whose time is least; nil when all are at their ends.
func (e *exporter) behind() *feed {
	var least *feed
	for _, s := range e.feeds {
		if !s.done && (least == nil || s.high < least.high) {
			least = s
		}
	}
	return least
}

// drain hands on what is not after until, and more if the queue is too long.
func (e *exporter) drain(until int64) error {
	for {
		if pts, ok := e.queue.least(); !ok || pts > until && e.queue.bytes <= maxQueue {
			return nil
		}
		if err := e.pick.take(e.queue.pop()); err != nil {
			return err
		}
	}
}

// tell reports progress, a hundred times at most.
func (e *exporter) tell() {
	if e.o.Progress == nil {
		return
	}
	var done, all float64
	for _, s := range e.feeds {
		done += float64(s.read)
		all += float64(s.total)
	}
	if d := 0.95 * done / all; d >= e.told+0.01 {
		e.told = d
		e.o.Progress(min(d, 0.95))
	}
}

func (e *exporter) result() Result {
	r := Result{From: e.cut.zero, Tracks: e.cut.tracks, Frames: e.cut.frames, Duration: e.cut.last - e.cut.zero}
	r.Skipped.Unwritable, r.Skipped.Lesser = e.cut.unwritable, e.pick.lesser
	for _, f := range e.feeds {
		r.Missing += f.missing
		for _, j := range f.judges {
			r.Skipped.Malformed += j.skipped.Malformed
			r.Skipped.Repeated += j.skipped.Repeated
			r.Skipped.Undecodable += j.skipped.Undecodable
		}
	}
	return r
}

// syncDir makes a rename in dir durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
