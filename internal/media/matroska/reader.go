package matroska

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/at-wat/ebml-go"
)

// maxClip is the largest file that Read takes, in bytes.
const maxClip = 512 << 20

// A Clip is a file in memory. It is read-only: many may play it at once.
type Clip struct {
	Tracks   []Track
	Packets  []Packet      // in order of PTS; those of one track in decoding order
	Duration time.Duration // from 0 to the end of the last packet
}

// Read reads a WebM or Matroska file of at most 512 MiB whose codecs are Opus, VP8, VP9, AV1 or H.264; tracks of other codecs and kinds
// are left out. Laced packets are taken apart.
func Read(r io.Reader) (*Clip, error) {
	var file struct {
		EBML    header
		Segment struct {
			Info    readInfo
			Tracks  tracks
			Cluster []readCluster
		}
	}
	raw, err := io.ReadAll(io.LimitReader(r, maxClip+1))
	if err != nil {
		return nil, fmt.Errorf("read WebM: %w", err)
	}
	if len(raw) > maxClip {
		return nil, fmt.Errorf("read WebM: more than %d bytes", maxClip)
	}
	// An element claims its size before it comes; none is larger than the file.
	err = ebml.Unmarshal(bytes.NewReader(raw), &file, ebml.WithIgnoreUnknown(true), ebml.WithMaxLeafElementSize(uint64(max(len(raw), 1))))
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read WebM: %w", err)
	}
	if d := file.EBML.EBMLDocType; d != "webm" && d != "matroska" {
		return nil, fmt.Errorf("read WebM: document type is %q", d)
	}
	scale := time.Duration(cmp.Or(file.Segment.Info.TimestampScale, uint64(time.Millisecond)))
	c := &Clip{}
	index := map[uint64]int{}
	for _, e := range file.Segment.Tracks.TrackEntry {
		if t, ok := trackOf(e); ok {
			index[e.TrackNumber] = len(c.Tracks)
			c.Tracks = append(c.Tracks, t)
		}
	}
	if len(c.Tracks) == 0 {
		return nil, errors.New("read WebM: no track of a known codec")
	}
	for _, cl := range file.Segment.Cluster {
		for _, b := range cl.SimpleBlock {
			c.add(index, b, time.Duration(cl.Timestamp)*scale+time.Duration(b.Timecode)*scale)
		}
		for _, g := range cl.BlockGroup {
			g.Block.Keyframe = len(g.ReferenceBlock) == 0
			c.add(index, g.Block, time.Duration(cl.Timestamp)*scale+time.Duration(g.Block.Timecode)*scale)
		}
	}
	c.finish()
	return c, nil
}

// trackOf translates a track entry; false if its codec is not known.
func trackOf(e trackEntry) (Track, bool) {
	t := Track{UID: e.TrackUID, Name: e.Name, Private: e.CodecPrivate}
	switch {
	case e.TrackType == typeVideo && e.Video != nil:
		t.Kind, t.Width, t.Height = Video, int(e.Video.PixelWidth), int(e.Video.PixelHeight)
	case e.TrackType == typeAudio && e.Audio != nil:
		t.Kind, t.SampleRate, t.Channels = Audio, int(e.Audio.SamplingFrequency), int(cmp.Or(e.Audio.Channels, 1))
	default:
		return t, false
	}
	switch p := e.CodecPrivate; e.CodecID {
	case "A_OPUS":
		t.Codec = "opus"
	case "V_VP8":
		t.Codec, t.Private = "vp8", nil
	case "V_VP9":
		t.Codec, t.Private = "vp09.00.10.08", nil // profile 0; finish corrects it from the first frame
	case "V_AV1":
		if t.Codec = "av01.0.04M.08"; len(p) >= 4 {
			tier, depth := "M", "08"
			if p[2]&0x80 != 0 {
				tier = "H"
			}
			if p[2]&0x40 != 0 {
				depth = "10"
			}
			t.Codec = fmt.Sprintf("av01.%d.%02d%s.%s", p[1]>>5, p[1]&0x1f, tier, depth)
		}
	case "V_MPEG4/ISO/AVC":
		if len(p) < 7 {
			return t, false
		}
		t.Codec = fmt.Sprintf("avc1.%02X%02X%02X", p[1], p[2], p[3])
	default:
		return t, false
	}
	return t, true
}

// add takes the frames of a block.
func (c *Clip) add(index map[uint64]int, b ebml.Block, at time.Duration) {
	i, ok := index[b.TrackNumber]
	if !ok {
		return
	}
	for _, data := range b.Data {
		if len(data) == 0 {
			continue
		}
		p := Packet{Track: i, PTS: max(at, 0), Key: b.Keyframe || c.Tracks[i].Kind == Audio, Data: data}
		c.Packets = append(c.Packets, p)
		at += c.length(p)
	}
}

// length is how long p lasts as far as p itself tells.
func (c *Clip) length(p Packet) time.Duration {
	if c.Tracks[p.Track].Codec == "opus" {
		return OpusDuration(p.Data)
	}
	return 0
}

// finish sorts the packets and derives what only they tell.
func (c *Clip) finish() {
	slices.SortStableFunc(c.Packets, func(a, b Packet) int { return cmp.Compare(a.PTS, b.PTS) })
	last := make([]time.Duration, len(c.Tracks))
	step := make([]time.Duration, len(c.Tracks))
	seen := make([]bool, len(c.Tracks))
	for _, p := range c.Packets {
		t := &c.Tracks[p.Track]
		if !seen[p.Track] && t.Codec == "vp09.00.10.08" && p.Data[0]>>6 == 2 {
			profile := p.Data[0]>>5&1 | p.Data[0]>>4&1<<1 // VP9 bitstream, section 6.2: frame marker, low bit, high bit
			t.Codec = fmt.Sprintf("vp09.%02d.10.08", profile)
		}
		if seen[p.Track] {
			step[p.Track] = p.PTS - last[p.Track]
		}
		seen[p.Track], last[p.Track] = true, p.PTS
		c.Duration = max(c.Duration, p.PTS+cmp.Or(c.length(p), step[p.Track]))
	}
}
