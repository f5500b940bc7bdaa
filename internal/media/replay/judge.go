package replay

import (
	"bytes"
	"strings"

	"scaip/internal/media"
	"scaip/internal/media/matroska"
)

// item is a frame on its way into the file.
type item struct {
	pts    int64 // µs on the call's clock
	order  int64 // among equal pts of a feed
	stream *stream
	config *config // the one that holds
	line   *line
	key    bool
	level  uint8
	raw    []byte // header and payload
}

func (it *item) size() int { return len(it.raw) }

// config is a config frame; the same one as long as its bytes are.
type config struct {
	raw           []byte
	rendition     uint8
	width, height int
}

func (c *config) area() int { return c.width * c.height }

// stream is what becomes one track of the file: a sender's track as long as its codec stays the same, in whatever renditions and sizes: key frames say
// their size. A sender who goes back to a codec of before goes on in the stream of before.
type stream struct {
	kind   matroska.Kind
	number uint64       // unique in the file, stable: seat, slot, kind, then one after another
	config media.Config // the first
	sender uint16       // the track on the wire
	slot   uint16

	index int  // in the file, once added
	added bool // to the file
	dead  bool // the file can't hold it
	began bool // a frame is in the file

	width, height int // of its largest picture in the file

	stored   *config // what the file holds of the config, and since when
	storedAt int64
}

// track is the state of one rendition of a sender's track, in the order of the log.
type track struct {
	stream  *stream // of the last config; nil before, and for participants who are not asked for
	foreign bool    // of another participant
	config  *config
	seq     uint32
	pts     int64
	needKey bool
	line    line // of its frames that wait to be sorted
}

// signature tells streams of one sender's track apart.
type signature struct {
	track       uint16
	codec       string
	rate, chans int
	extra       string
}

// family is what of a codec string tells whether one decoder setting does for all: VP8 and VP9 say all in their key frames.
func family(codec string) string {
	if name, _, _ := strings.Cut(codec, "."); name == "vp8" || name == "vp9" || name == "vp09" {
		return name
	}
	return codec
}

// judge says of each frame of a kind whether it can be in a sound file.
type judge struct {
	participant string
	kind        matroska.Kind
	tracks      map[[2]uint16]*track
	streams     map[signature]*stream
	skipped     Skipped
}

func newJudge(kind matroska.Kind, participant string) *judge {
	return &judge{participant: participant, kind: kind, tracks: map[[2]uint16]*track{}, streams: map[signature]*stream{}}
}

// maxStreams bounds what a judge remembers; more than the file's header can name.
const maxStreams = 2000

// take judges a frame.
func (j *judge) take(in *input) (item, bool) {
	f := &in.frame
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
	if t.foreign || !j.follows(t, f) {
		return item{}, false
	}
	return item{pts: f.PTS, order: in.order, stream: t.stream, config: t.config, line: &t.line, key: f.Key || j.kind == matroska.Audio, level: f.Level,
		raw: in.raw}, true
}

// configure takes a config frame.
func (j *judge) configure(t *track, in *input) {
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
	sig := signature{track: f.Track, codec: family(c.Codec), rate: c.SampleRate, chans: c.Channels, extra: string(c.Extra)}
	st := j.streams[sig]
	if st == nil {
		if len(j.streams) >= maxStreams {
			j.skipped.Malformed++
			return
		}
		st = &stream{kind: j.kind, config: c, sender: f.Track, slot: f.Track & 3, number: in.number}
		if st.number == 0 {
			st.number = j.numberOf(f.Track)
		}
		j.streams[sig] = st
	}
	t.stream, t.seq, t.needKey = st, f.Seq, true
	t.config = &config{raw: bytes.Clone(raw), rendition: f.Rendition, width: c.Width, height: c.Height}
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
func (j *judge) follows(t *track, f *media.Frame) bool {
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
