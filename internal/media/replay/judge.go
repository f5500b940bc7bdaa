package replay

import (
	"bytes"

	"scaip/internal/media"
	"scaip/internal/media/matroska"
)

// item is a frame on its way into the file.
type item struct {
	pts    int64 // µs on the call's clock
	order  int64 // among equal pts of a feed
	stream *stream
	track  *track
	config *config // the one that holds
	key    bool
	raw    []byte // header and payload
}

func (it *item) size() int { return len(it.raw) }

// config is a config frame; the same one as long as its bytes are.
type config struct{ raw []byte }

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

// track is the state of one rendition of a sender's track, in the order of the log.
type track struct {
	stream  *stream // of the last config; nil before, and for participants who are not asked for
	foreign bool    // of another participant
	config  *config
	seq     uint32
	pts     int64
	needKey bool

	stored   *config // what the file holds of the config, and since when
	storedAt int64
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

// best is the rendition of a track that goes into the file.
type best struct {
	rendition uint8
	area      int
	pts       int64 // of its last frame
}

// betterAfter is how long the best rendition must have been silent before a lesser one takes its place, µs.
const betterAfter = 1_500_000

// judge says of each frame of a kind whether it can be in a sound file.
type judge struct {
	participant string
	kind        matroska.Kind
	tracks      map[[2]uint16]*track
	streams     map[signature]*stream
	best        map[uint16]*best
	skipped     Skipped
}

func newJudge(kind matroska.Kind, participant string) *judge {
	return &judge{participant: participant, kind: kind, tracks: map[[2]uint16]*track{}, streams: map[signature]*stream{}, best: map[uint16]*best{}}
}

// maxStreams bounds what a judge remembers; more than the file's header can name.
const maxStreams = 2000

// take judges a frame.
func (j *judge) take(in input) (item, bool) {
	f, raw := in.frame, in.raw
	id := [2]uint16{f.Track, uint16(f.Rendition)}
	t := j.tracks[id]
	if t == nil {
		if len(j.tracks) >= maxStreams {
			j.skipped.Malformed++
			return item{}, false
		}
		t = &track{pts: -1}
		j.tracks[id] = t
	}
	if f.Config {
		j.configure(t, in)
		return item{}, false
	}
	if t.foreign || !j.follows(t, f) || !j.isBest(t, f) {
		return item{}, false
	}
	return item{pts: f.PTS, order: in.order, stream: t.stream, track: t, config: t.config, key: f.Key || j.kind == matroska.Audio, raw: raw}, true
}

// configure takes a config frame.
func (j *judge) configure(t *track, in input) {
	f, raw := in.frame, in.raw
	if t.config != nil && bytes.Equal(t.config.raw, raw) {
		return // said again
	}
	c, err := media.ParseConfig(string(j.kind), f.Payload)
	if err != nil {
		j.skipped.Malformed++
		return
	}
	if t.foreign = j.participant != "" && c.User != j.participant; t.foreign {
		return
	}
	sig := signature{track: f.Track, rendition: f.Rendition, codec: c.Codec, width: c.Width, height: c.Height, rate: c.SampleRate,
		chans: c.Channels, extra: string(c.Extra)}
	st := j.streams[sig]
	if st == nil {
		if len(j.streams) >= maxStreams {
			j.skipped.Malformed++
			return
		}
		st = &stream{kind: j.kind, config: c, slot: f.Track & 3, number: in.number}
		if st.number == 0 {
			st.number = j.numberOf(f.Track)
		}
		j.streams[sig] = st
	}
	t.stream, t.config, t.seq, t.needKey = st, &config{bytes.Clone(raw)}, f.Seq, true
}

// numberOf numbers a new stream of a sender's track.
func (j *judge) numberOf(track uint16) uint64 {
	kind, n := uint64(0), uint64(1)
	if j.kind == matroska.Audio {
		kind = 1
	}
	for sig := range j.streams {
		if sig.track == track {
			n++
		}
	}
	return uint64(track)<<24 | kind<<16 | n
}

// follows reports whether f can stand after what is there of its track, and counts it if not.
func (j *judge) follows(t *track, f media.Frame) bool {
	if t.stream == nil {
		j.skipped.Undecodable++
		return false
	}
	step := int32(f.Seq - t.seq)
	if step <= 0 {
		j.skipped.Repeated++
		return false
	}
	t.seq = f.Seq
	video := j.kind == matroska.Video
	if f.PTS <= t.pts {
		// Decoders and players want time to go on. Without this frame the following ones can't be decoded.
		t.needKey = true
		j.skipped.Repeated++
		return false
	}
	if video && (t.needKey || step > 1) && !f.Key {
		// A frozen picture to the next key frame is what the viewers saw, too; a smeared one is not.
		t.needKey = true
		j.skipped.Undecodable++
		return false
	}
	t.needKey, t.pts = false, f.PTS
	return true
}

// isBest reports whether f is of the rendition of its track that the file takes: the largest picture there is. It changes at a key frame.
func (j *judge) isBest(t *track, f media.Frame) bool {
	area := t.stream.config.Width * t.stream.config.Height
	b := j.best[f.Track]
	switch {
	case b == nil:
		b = &best{rendition: f.Rendition, area: area}
		j.best[f.Track] = b
	case b.rendition == f.Rendition:
		b.area = area
	case !f.Key || area < b.area && f.PTS-b.pts < betterAfter:
		j.skipped.Lesser++
		return false
	default:
		b.rendition, b.area = f.Rendition, area
	}
	b.pts = f.PTS
	return true
}
