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

// item is a frame on its way into the file.
type item struct {
	pts    int64 // µs on the call's clock
	order  int64 // among equal pts of a source
	stream *stream
	key    bool
	data   []byte
}

// stream is what becomes one track of the file: a sender's track as long as its codec and size stay the same. A sender who goes
// back to a codec and size of before goes on in the stream of before.
type stream struct {
	kind   matroska.Kind
	number uint64 // unique in the file, stable: seat, slot, kind, then one after another
	config media.Config
	slot   uint16

	index int  // in the file, once added
	added bool // to the file
	dead  bool // the file can't hold it
	began bool // a frame is in the file
}

// track is the state of one sender's track, in the order of the log.
type track struct {
	stream    *stream // of the last config; nil before, and for participants who are not asked for
	foreign   bool    // of another participant
	configSeq uint32
	configPTS int64
	seq       uint32
	pts       int64
	needKey   bool
}

// signature tells streams of one sender's track apart.
type signature struct {
	track         uint16
	rendition     uint8
	codec         string
	width, height int
	rate, chans   int
	extra         string
}

// source reads one topic of the call, up to what it held when it was opened.
type source struct {
	o    Options
	kind matroska.Kind

	pull  func() ([]log.Record, error, bool)
	stop  func()
	batch []log.Record
	end   int64 // offset of the last record to read
	total int64
	read  int64
	done  bool
	high  int64 // the latest pts so far

	tracks  map[[2]uint16]*track
	streams map[signature]*stream
	skipped Skipped
}

// maxStreams bounds what a source remembers; more than the file's header can name.
const maxStreams = 2000

// openSource returns nil if the topic is missing or empty.
func openSource(ctx context.Context, o Options, kind matroska.Kind) (*source, error) {
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
	s := &source{o: o, kind: kind, end: last.Offset, total: max(last.Offset-bounds.First+1, 1), high: -1,
		tracks: map[[2]uint16]*track{}, streams: map[signature]*stream{}}
	s.pull, s.stop = iter.Pull2(o.Log.Read(ctx, topic, bounds.First))
	return s, nil
}

// next reads one record. false: nothing for the file came of it.
func (s *source) next() (item, bool, error) {
	if len(s.batch) == 0 {
		batch, err, ok := s.pull()
		if err != nil {
			return item{}, false, fmt.Errorf("read %s of the call: %w", s.kind, err)
		}
		if !ok {
			s.done = true
			return item{}, false, nil
		}
		s.batch = batch
	}
	r := s.batch[0]
	s.batch = s.batch[1:]
	s.read++
	if r.Offset >= s.end {
		s.done = true
	}
	if r.Offset > s.end {
		return item{}, false, nil
	}
	it, ok := s.take(r)
	return it, ok, nil
}

// take judges one record.
func (s *source) take(r log.Record) (item, bool) {
	f, rest, err := media.ParseFrame(r.Value)
	if err != nil || len(rest) > 0 || !s.plausible(f, r) {
		s.skipped.Malformed++
		return item{}, false
	}
	s.high = max(s.high, f.PTS)
	id := [2]uint16{f.Track, uint16(f.Rendition)}
	t := s.tracks[id]
	if t == nil {
		if len(s.tracks) >= maxStreams {
			s.skipped.Malformed++
			return item{}, false
		}
		t = &track{pts: -1}
		s.tracks[id] = t
	}
	if f.Config {
		s.configure(t, f)
		return item{}, false
	}
	if t.foreign {
		return item{}, false
	}
	if !s.follows(t, f) {
		return item{}, false
	}
	return item{pts: f.PTS, order: r.Offset, stream: t.stream, key: f.Key || s.kind == matroska.Audio, data: f.Payload}, true
}

// plausible guards against a time that would make the file years long. The record's own time is a wall clock's, hence the hour.
func (s *source) plausible(f media.Frame, r log.Record) bool {
	return s.o.Start.IsZero() || r.Time.IsZero() || f.PTS <= (r.Time.Sub(s.o.Start)+time.Hour).Microseconds()
}

// configure takes a config frame.
func (s *source) configure(t *track, f media.Frame) {
	c, err := media.ParseConfig(string(s.kind), f.Payload)
	if err != nil {
		s.skipped.Malformed++
		return
	}
	if t.foreign = s.o.Participant != "" && c.User != s.o.Participant; t.foreign {
		return
	}
	if t.stream != nil && t.configSeq == f.Seq && t.configPTS == f.PTS {
		s.skipped.Repeated++
		return
	}
	sig := signature{track: f.Track, rendition: f.Rendition, codec: c.Codec, width: c.Width, height: c.Height, rate: c.SampleRate,
		chans: c.Channels, extra: string(c.Extra)}
	st := s.streams[sig]
	if st == nil {
		if len(s.streams) >= maxStreams {
			s.skipped.Malformed++
			return
		}
		kind := uint64(0)
		if s.kind == matroska.Audio {
			kind = 1
		}
		st = &stream{kind: s.kind, config: c, slot: f.Track & 3, number: uint64(f.Track)<<24 | kind<<16 | uint64(len(s.streams)+1)}
		s.streams[sig] = st
	}
	t.stream, t.configSeq, t.configPTS, t.seq, t.needKey = st, f.Seq, f.PTS, f.Seq, true
}

// follows reports whether f can stand after what is there of its track, and counts it if not.
func (s *source) follows(t *track, f media.Frame) bool {
	if t.stream == nil {
		s.skipped.Undecodable++
		return false
	}
	step := int32(f.Seq - t.seq)
	if step <= 0 {
		s.skipped.Repeated++
		return false
	}
	t.seq = f.Seq
	video := s.kind == matroska.Video
	if f.PTS <= t.pts {
		// Decoders and players want time to go on. Without this frame the following ones can't be decoded.
		t.needKey = true
		s.skipped.Repeated++
		return false
	}
	if video && (t.needKey || step > 1) && !f.Key {
		// A frozen picture to the next key frame is what the viewers saw, too; a smeared one is not.
		t.needKey = true
		s.skipped.Undecodable++
		return false
	}
	t.needKey, t.pts = false, f.PTS
	return true
}
