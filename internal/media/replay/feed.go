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
	order int64 // among the frames of its feed

	number uint64 // of its stream, if it comes from a file; else 0
	bad    bool   // it is no frame, or of an impossible time
}

// feed gives the frames of a call: one topic, or a sealed file.
type feed struct {
	pull   func() (*input, bool, error) // false: there are no more; it is valid until the next pull
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

// topicReader reads one topic of the call, up to what it held when it was opened, a little ahead of who takes its frames: the log's work and the
// file's go on side by side. Records are decoded as they are taken, so that no more than one is there as frames.
type topicReader struct {
	feed    *feed
	kind    matroska.Kind
	start   time.Time
	batches chan batch // closed at the end, or after an error
	records []log.Record
	frames  []input           // of the record that is being taken
	taken   int               // of frames
	order   int64             // of the latest frame; of run
	first   int64             // offset of the first record to read
	end     int64             // and of the last
	seqs    map[string]uint64 // the last Seq of each Origin, to notice what the log has lost
}

// batch is what the log gave at once.
type batch struct {
	records []log.Record
	err     error
}

// ahead is how many batches wait. One may have some MB.
const ahead = 1

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
	r := &topicReader{feed: f, kind: kind, start: o.Start, first: bounds.First, end: last.Offset, seqs: map[string]uint64{}, batches: make(chan batch, ahead)}
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer close(r.batches)
		r.run(ctx, o.Log.Read(ctx, topic, bounds.First))
	}()
	f.pull, f.stop = r.next, func() { cancel(); <-ended }
	return f, nil
}

// run reads until the end, an error, or ctx's.
func (r *topicReader) run(ctx context.Context, records iter.Seq2[[]log.Record, error]) {
	for recs, err := range records {
		b := batch{records: recs}
		if err != nil {
			b.err = fmt.Errorf("read %s of the call: %w", r.kind, err)
		}
		last := err != nil
		for i, rec := range recs {
			if rec.Offset >= r.end { // the log would wait for more
				last = true
				if rec.Offset > r.end {
					b.records = recs[:i]
				}
				break
			}
		}
		select {
		case r.batches <- b:
		case <-ctx.Done():
			return
		}
		if last {
			return
		}
	}
}

// decode finds the frames of the next record.
func (r *topicReader) decode(rec *log.Record) {
	r.feed.missing += r.lost(rec)
	r.feed.read = rec.Offset - r.first + 1
	r.frames, r.taken = r.frames[:0], 0
	before := r.order
	for rest := rec.Value; ; {
		f, more, err := media.ParseFrame(rest)
		if err != nil {
			r.frames, r.order = append(r.frames[:0], input{kind: r.kind, bad: true}), before
			return
		}
		size := len(rest) - len(more)
		r.order++
		r.frames = append(r.frames, input{kind: r.kind, frame: f, raw: rest[:size:size], order: r.order, bad: !r.plausible(&f, rec)})
		if rest = more; len(rest) == 0 {
			return
		}
	}
}

// next gives the next frame.
func (r *topicReader) next() (*input, bool, error) {
	for r.taken == len(r.frames) {
		for len(r.records) == 0 {
			b, ok := <-r.batches
			if !ok {
				return nil, false, nil
			}
			if b.err != nil {
				return nil, false, b.err
			}
			r.records = b.records
		}
		r.decode(&r.records[0])
		r.records = r.records[1:]
	}
	r.taken++
	return &r.frames[r.taken-1], true, nil
}

// lost returns how many records were appended before rec and are not there: their numbers are dense.
func (r *topicReader) lost(rec *log.Record) (n int) {
	if rec.Origin == "" {
		return 0
	}
	last := r.seqs[rec.Origin]
	if rec.Seq > last+1 {
		n = int(rec.Seq - last - 1)
	}
	r.seqs[rec.Origin] = max(last, rec.Seq)
	return n
}

// plausible guards against a time that would make the file years long. The record's own time is a wall clock's, hence the hour.
func (r *topicReader) plausible(f *media.Frame, rec *log.Record) bool {
	return r.start.IsZero() || rec.Time.IsZero() || f.PTS <= (rec.Time.Sub(r.start)+time.Hour).Microseconds()
}
