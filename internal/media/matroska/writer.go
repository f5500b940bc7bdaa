package matroska

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/at-wat/ebml-go"
)

const (
	reserved        = 128 << 10 // bytes at the front of the file for header, SeekHead, Info and Tracks
	minCluster      = time.Second
	maxCluster      = 5 * time.Second
	maxClusterBytes = 4 << 20 // then the next one begins
	maxCues         = 1 << 16
	maxBehind       = 30 * time.Second // a block's time is 16 bits of ms around its cluster's
	app             = "scaip"
)

// Errors of a Writer.
var (
	ErrTooManyTracks = errors.New("too many tracks for the file's header") // that track was not added, the others are unharmed
	ErrLate          = errors.New("packet is too late")                    // more than 30 s before its cluster: not written
)

// Options describe a file as a whole.
type Options struct {
	Title string
	Date  time.Time // when the recording began; zero: left out
	WebM  bool      // says that it is WebM: what is no part of that must not be added (its container guidelines); else Matroska
}

// Writer writes a seekable Matroska file: SeekHead, Info with the duration, Tracks, clusters of at most 5 s that begin with a
// key frame of a video track where one comes in time, Tags with the length of each track, and Cues at the end. All sizes are known.
//
// The front of the file is reserved and filled in by Close, when all is known, so that packets are written as they come; memory is
// bounded by a cluster (4 MiB) and 65,536 cues, however long the file. The bytes depend on the calls alone. A Writer is for
// one goroutine.
type Writer struct {
	out    io.WriteSeeker
	opts   Options
	tracks []*written
	front  int           // bytes that the track entries take
	pos    int64         // of the next byte of out
	buf    []byte        // the blocks of the present cluster
	start  time.Duration // of buf
	cued   bool          // there is a cue to the present cluster
	end    time.Duration // of everything
	cues   []cue
	apart  time.Duration // least distance of a track's cues

	chapters []Chapter
	attached []Attachment
}

// written is what the writer keeps of a track.
type written struct {
	entry       trackEntry
	opus        bool
	packets     int
	first, last time.Duration
	lastCue     time.Duration
	usual       time.Duration // distance of the last two packets
	end         time.Duration
}

// cue says that track's packet at time, of video a key frame, is in the cluster at position.
type cue struct {
	time     time.Duration
	track    uint64
	position uint64 // in the segment
}

// NewWriter begins a file at the start of out, which must be empty. Close finishes the file; closing out is the caller's.
func NewWriter(out io.WriteSeeker, o Options) (*Writer, error) {
	w := &Writer{out: out, opts: o, apart: time.Second / 2}
	if _, err := out.Seek(reserved, io.SeekStart); err != nil {
		return nil, fmt.Errorf("reserve header: %w", err)
	}
	w.pos = reserved
	return w, nil
}

// AddTrack adds a track, at any time before Close, and returns its index for Packet.Track. ErrCodec: it can't be written.
// ErrTooManyTracks: the reserved space (room for some 500 tracks) is used up. The writer stays usable after both.
func (w *Writer) AddTrack(t Track) (int, error) {
	c, err := codecOf(t)
	if err != nil {
		return 0, err
	}
	number := uint64(len(w.tracks) + 1)
	if number >= 127 {
		number++ // as a one-byte number, 127 has the bits of "unknown"
	}
	e := trackEntry{TrackNumber: number, TrackUID: t.UID, Name: t.Name, Language: "und", CodecID: c.id, CodecPrivate: c.private,
		CodecDelay: uint64(c.delay), SeekPreRoll: uint64(c.preRoll)}
	switch t.Kind {
	case Video:
		e.TrackType = typeVideo
		e.Video = &video{PixelWidth: uint64(t.Width), PixelHeight: uint64(t.Height)}
	case Text:
		e.TrackType = typeText
	default:
		e.TrackType = typeAudio
		e.Audio = &audio{SamplingFrequency: float64(cmp.Or(t.SampleRate, 48000)), Channels: uint64(cmp.Or(t.Channels, 1))}
	}
	for _, s := range t.Sides {
		e.MaxBlockAdditionID = max(e.MaxBlockAdditionID, s.ID)
		e.BlockAdditionMapping = append(e.BlockAdditionMapping, blockAdditionMapping{BlockAddIDValue: s.ID, BlockAddIDName: s.Name})
	}
	raw, err := encode(&struct{ TrackEntry trackEntry }{e})
	if err != nil {
		return 0, err
	}
	if w.front+len(raw) > reserved-4096 {
		return 0, ErrTooManyTracks
	}
	w.front += len(raw)
	w.tracks = append(w.tracks, &written{entry: e, opus: c.id == "A_OPUS", lastCue: -time.Hour})
	return len(w.tracks) - 1, nil
}

// Resize says how large a track's pictures are, at any time before Close: of one whose pictures change, the largest is best.
func (w *Writer) Resize(track, width, height int) {
	w.tracks[track].entry.Video = &video{PixelWidth: uint64(width), PixelHeight: uint64(height)}
}

// Write adds a packet. Packets of one track come in decoding order; those of all tracks in order of PTS, from which single ones
// may deviate by up to 30 s. The writer keeps nothing of p.
func (w *Writer) Write(p Packet) error {
	t := w.tracks[p.Track]
	if len(w.buf) > 0 && w.closes(p, t) {
		if err := w.flush(); err != nil {
			return err
		}
	}
	if len(w.buf) == 0 {
		w.start, w.cued = p.PTS.Truncate(time.Millisecond), false
	}
	at := p.PTS.Truncate(time.Millisecond)
	rel := at - w.start
	if rel < -maxBehind {
		return ErrLate
	}
	if t.entry.TrackType != typeVideo && !w.cued || t.entry.TrackType == typeVideo && p.Key { // nobody can begin with another picture
		w.addCue(p, t)
	}
	ref := t.last.Truncate(time.Millisecond) - at
	w.buf = appendBlock(w.buf, t.entry.TrackNumber, rel, ref, &p)
	t.note(p)
	if t.entry.TrackType != typeText { // a line may stand there longer than there is anything to see
		w.end = max(w.end, t.end)
	}
	return nil
}

// closes reports whether the cluster ends before p.
func (w *Writer) closes(p Packet, t *written) bool {
	long := p.PTS - w.start
	return long >= maxCluster || len(w.buf) >= maxClusterBytes || long >= minCluster && p.Key && t.entry.TrackType == typeVideo
}

// note keeps track of how long the track is.
func (t *written) note(p Packet) {
	length := p.Duration
	if t.opus {
		length = OpusDuration(p.Data)
	} else if t.packets > 0 && t.entry.TrackType == typeVideo {
		t.usual = min(max(p.PTS-t.last, 0), time.Second)
		length = t.usual
	}
	if t.packets == 0 {
		t.first = p.PTS
	}
	t.packets++
	t.last = p.PTS
	t.end = max(t.end, p.PTS+length)
}

// addCue notes that seeking to p's time may begin at the present cluster.
func (w *Writer) addCue(p Packet, t *written) {
	if p.PTS-t.lastCue < w.apart {
		return
	}
	t.lastCue, w.cued = p.PTS, true
	w.cues = append(w.cues, cue{time: p.PTS, track: t.entry.TrackNumber, position: uint64(w.pos - segmentStart)})
	if len(w.cues) < maxCues {
		return
	}
	// A very long file: cues twice as far apart take half the memory, and seeking stays quick.
	w.apart *= 2
	last := map[uint64]time.Duration{}
	w.cues = slices.DeleteFunc(w.cues, func(c cue) bool {
		if at, seen := last[c.track]; seen && c.time-at < w.apart {
			return true
		}
		last[c.track] = c.time
		return false
	})
}

// flush writes the present cluster.
func (w *Writer) flush() error {
	if len(w.buf) == 0 {
		return nil
	}
	stamp := uint64(w.start.Milliseconds())
	var head [32]byte
	h := appendElement(head[:0], idCluster, elementSize(idTimestamp, uintSize(stamp))+len(w.buf))
	h = appendElement(h, idTimestamp, uintSize(stamp))
	h = appendUint(h, stamp)
	if err := w.put(h); err != nil {
		return err
	}
	err := w.put(w.buf)
	w.buf = w.buf[:0]
	return err
}

// put appends to out.
func (w *Writer) put(raw []byte) error {
	n, err := w.out.Write(raw)
	w.pos += int64(n)
	if err != nil {
		return fmt.Errorf("write Matroska: %w", err)
	}
	return nil
}

// Close writes what is left: chapters, attachments, tags, cues, and the front of the file.
func (w *Writer) Close() error {
	if err := w.flush(); err != nil {
		return err
	}
	places, err := w.tail()
	if err != nil {
		return err
	}
	front, err := w.frontMatter(places)
	if err != nil {
		return err
	}
	if _, err := w.out.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("write header: %w", err)
	}
	if _, err := w.out.Write(front); err != nil {
		return fmt.Errorf("write header: %w", err)
	}
	return nil
}

// sorted returns the tracks in the order of their UIDs.
func (w *Writer) sorted() []*written {
	list := slices.Clone(w.tracks)
	slices.SortStableFunc(list, func(a, b *written) int { return cmp.Compare(a.entry.TrackUID, b.entry.TrackUID) })
	return list
}

// tags gives each track its length, under the names that mkvmerge and ffmpeg use.
func (w *Writer) tags() tags {
	var list tags
	for _, t := range w.sorted() {
		d := t.end - t.first
		text := fmt.Sprintf("%02d:%02d:%02d.%09d", d/time.Hour, d/time.Minute%60, d/time.Second%60, d%time.Second)
		list.Tag = append(list.Tag, tag{Targets: targets{TagTrackUID: t.entry.TrackUID}, SimpleTag: []simpleTag{
			{TagName: "DURATION", TagLanguage: "und", TagDefault: 1, TagString: text},
			{TagName: "NUMBER_OF_FRAMES", TagLanguage: "und", TagDefault: 1, TagString: fmt.Sprint(t.packets)},
		}})
	}
	return list
}

// cueList returns the cues, those of one time together.
func (w *Writer) cueList() cues {
	slices.SortStableFunc(w.cues, func(a, b cue) int {
		return cmp.Or(cmp.Compare(a.time.Milliseconds(), b.time.Milliseconds()), cmp.Compare(a.track, b.track))
	})
	var list cues
	for _, c := range w.cues {
		at := uint64(c.time.Milliseconds())
		if n := len(list.CuePoint); n == 0 || list.CuePoint[n-1].CueTime != at {
			list.CuePoint = append(list.CuePoint, cuePoint{CueTime: at})
		}
		p := &list.CuePoint[len(list.CuePoint)-1]
		p.CueTrackPositions = append(p.CueTrackPositions, cueTrackPositions{CueTrack: c.track, CueClusterPosition: c.position})
	}
	return list
}

// Sizes at the front of the file, which the encoding fixes; frontMatter checks them.
const (
	headerSize   = 40
	segmentStart = headerSize + 4 + 8 // where the segment's data begin, from which positions count
)

// header encodes the first element.
func (w *Writer) header() ([]byte, error) {
	h := header{EBMLVersion: 1, EBMLReadVersion: 1, EBMLMaxIDLength: 4, EBMLMaxSizeLength: 8, EBMLDocType: "matroska", EBMLDocTypeVersion: 4, EBMLDocTypeReadVersion: 2}
	if !w.opts.WebM {
		return encode(&struct{ EBML header }{h})
	}
	h.EBMLDocType = "webm"
	return encode(&struct{ EBML webmHeader }{webmHeader(h)})
}

// frontMatter returns the first bytes of the file: exactly the reserved space.
func (w *Writer) frontMatter(behind []place) ([]byte, error) {
	out, err := w.header()
	if err != nil {
		return nil, err
	}
	if len(out) != headerSize {
		return nil, fmt.Errorf("write header: it has %d bytes", len(out))
	}
	out = append(out, w.segmentHead()...)
	infoRaw, err := encode(&struct{ Info info }{w.info()})
	if err != nil {
		return nil, err
	}
	tracksRaw, err := encode(&struct{ Tracks tracks }{w.entries()})
	if err != nil {
		return nil, err
	}
	places := append([]place{{id: ebml.ElementInfo.Bytes()}, {id: ebml.ElementTracks.Bytes()}}, behind...)
	seekRaw, err := encode(&struct{ SeekHead seekHead }{w.seekHead(places)}) // its size does not depend on the places
	if err != nil {
		return nil, err
	}
	places[0].at = int64(segmentStart + len(seekRaw))
	places[1].at = places[0].at + int64(len(infoRaw))
	if seekRaw, err = encode(&struct{ SeekHead seekHead }{w.seekHead(places)}); err != nil {
		return nil, err
	}
	out = slices.Concat(out, seekRaw, infoRaw, tracksRaw)
	const voidHeader = 1 + 8
	void, err := encode(&struct{ Void []byte }{make([]byte, max(0, reserved-len(out)-voidHeader))}, ebml.WithDataSizeLen(8))
	if err != nil {
		return nil, err
	}
	if out = append(out, void...); len(out) != reserved {
		return nil, fmt.Errorf("write header: %d bytes for %d tracks", len(out), len(w.tracks))
	}
	return out, nil
}

func (w *Writer) info() info {
	i := info{TimestampScale: uint64(time.Millisecond), Duration: float64(w.end) / float64(time.Millisecond), Title: w.opts.Title,
		MuxingApp: app, WritingApp: app}
	if !w.opts.Date.IsZero() {
		date := w.opts.Date.UTC()
		i.DateUTC = &date
	}
	return i
}

// entries returns the tracks as they stand in the file; players choose the first of each kind by default.
func (w *Writer) entries() tracks {
	var list tracks
	var chosen [typeAudio + 1]bool
	for _, t := range w.sorted() {
		e := t.entry
		if e.TrackType != typeText && !chosen[e.TrackType] {
			e.FlagDefault, chosen[e.TrackType] = 1, true
		}
		list.TrackEntry = append(list.TrackEntry, e)
	}
	return list
}
