package replay

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"scaip/internal/log"
	"scaip/internal/media"
	"scaip/internal/media/matroska"
)

// input is what a feed reads: a frame of a kind.
type input struct {
	kind  matroska.Kind
	frame media.Frame
	raw   []byte
	order int64

	number uint64 // of its stream, if it comes from a file; else 0
	bad    bool   // it is no frame, or of an impossible time
}

// feed gives the frames of a call: one topic, or a sealed file.
type feed struct {
	pull   func() (input, bool, error) // false: there are no more
	stop   func()
	judges map[matroska.Kind]*judge
	done   bool
	high   int64 // the latest pts so far

	read, total int64 // of what the feed counts in
	missing     int   // records that the log has lost
}

// next reads one frame. false: nothing for the file came of it.
func (f *feed) next() (item, bool, error) {
	in, ok, err := f.pull()
	if err != nil {
		return item{}, false, err
	}
	if !ok {
		f.done = true
		return item{}, false, nil
	}
	j := f.judges[in.kind]
	if in.bad {
		j.skipped.Malformed++
		return item{}, false, nil
	}
	f.high = max(f.high, in.frame.PTS)
	it, ok := j.take(in)
	return it, ok, nil
}

// topicReader reads one topic of the call, up to what it held when it was opened.
type topicReader struct {
	feed  *feed
	kind  matroska.Kind
	start time.Time
	pull  func() ([]log.Record, error, bool)
	batch []log.Record
	end   int64             // offset of the last record to read
	seqs  map[string]uint64 // the last Seq of each Origin, to notice what the log has lost
}

// openTopic returns nil if the topic is missing or empty.
func openTopic(ctx context.Context, o Options, kind matroska.Kind) (*feed, error) {
	topic := media.Topic(o.Call, string(kind))
	bounds, err := o.Log.Bounds(ctx, topic)
	if errors.Is(err, log.ErrNoTopic) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", topic, err)
	}
	last, ok, err := o.Log.Last(ctx, topic)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", topic, err)
	}
	if !ok {
		return nil, nil
	}
	f := &feed{high: -1, judges: map[matroska.Kind]*judge{kind: newJudge(kind, o.Participant)}, total: max(last.Offset-bounds.First+1, 1)}
	r := &topicReader{feed: f, kind: kind, start: o.Start, end: last.Offset, seqs: map[string]uint64{}}
	r.pull, f.stop = iter.Pull2(o.Log.Read(ctx, topic, bounds.First))
	f.pull = r.next
	return f, nil
}

func (r *topicReader) next() (input, bool, error) {
	if len(r.batch) == 0 {
		if r.feed.read > 0 && r.end < 0 {
			return input{}, false, nil
		}
		batch, err, ok := r.pull()
		if err != nil {
			return input{}, false, fmt.Errorf("read %s of the call: %w", r.kind, err)
		}
		if !ok {
			return input{}, false, nil
		}
		r.batch = batch
	}
	rec := r.batch[0]
	r.batch = r.batch[1:]
	r.feed.read++
	if rec.Offset > r.end {
		return input{}, false, nil
	}
	if rec.Offset == r.end { // the log would wait for more
		r.batch, r.end = nil, -1
	}
	r.count(rec)
	f, rest, err := media.ParseFrame(rec.Value)
	in := input{kind: r.kind, frame: f, raw: rec.Value, order: rec.Offset}
	in.bad = err != nil || len(rest) > 0 || !r.plausible(f, rec)
	return in, true, nil
}

// count notices records that were appended and are not there: their numbers are dense.
func (r *topicReader) count(rec log.Record) {
	if rec.Origin == "" {
		return
	}
	last := r.seqs[rec.Origin]
	if rec.Seq > last+1 {
		r.feed.missing += int(rec.Seq - last - 1)
	}
	r.seqs[rec.Origin] = max(last, rec.Seq)
}

// plausible guards against a time that would make the file years long. The record's own time is a wall clock's, hence the hour.
func (r *topicReader) plausible(f media.Frame, rec log.Record) bool {
	return r.start.IsZero() || rec.Time.IsZero() || f.PTS <= (rec.Time.Sub(r.start)+time.Hour).Microseconds()
}
