// Package matroska reads and writes Matroska and WebM files: the container around encoded tracks. It neither decodes nor
// encodes. The EBML itself is at-wat/ebml-go's, which this package alone imports.
//
// [Read] takes a clip that fits into memory. [Writer] makes a seekable .mkv of any length in bounded memory, and the same
// calls make the same bytes. Sources: RFC 8794 (EBML), RFC 9559 (Matroska), the Matroska codec specifications (av1, opus),
// RFC 7845 (Opus header).
package matroska

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A Kind is what a track holds.
type Kind string

// The kinds of tracks.
const (
	Video Kind = "video"
	Audio Kind = "audio"
	Text  Kind = "text" // subtitles: each packet a line of UTF-8
)

// ErrCodec marks a codec that can't be put into a file, or whose decoder's description is missing.
var ErrCodec = errors.New("codec can't be written to Matroska")

// A Track describes a track of a file.
type Track struct {
	UID        uint64 // stable identity, not 0; entries of a written file are in its order
	Kind       Kind
	Name       string // may be empty
	Codec      string // WebCodecs codec string: "opus", "vp8", "vp09.00.10.08", "av01.0.04M.08", "avc1.42E01E"
	Width      int    // video, pixels
	Height     int    // video, pixels
	SampleRate int    // audio, Hz
	Channels   int    // audio
	Sides      []Side // what its packets may carry beside their data, by ascending ID
	Private    []byte // the decoder's description: OpusHead, avcC, av1C; made up where the codec allows it and it is empty
}

// A Packet is one encoded frame of a track.
type Packet struct {
	Track int           // index of the track: in Clip.Tracks, or what AddTrack returned
	PTS   time.Duration // from the beginning of the file, ≥ 0; written rounded down to the millisecond
	Key   bool          // decodable without earlier packets of the track
	Data  []byte

	Duration time.Duration // of a text: how long it is shown; else 0
	Sides    []SideData    // by ascending ID
}

// A Side is a kind of data that stands beside packets: a BlockAddition of the file, which players pass over.
type Side struct {
	ID   uint64 // 2 to 127; 1 is the codecs' own
	Name string
}

// SideData are a packet's data of one kind.
type SideData struct {
	ID   uint64
	Data []byte
}

const (
	opusSeekPreRoll = 80 * time.Millisecond // RFC 7845, section 4.6
	opusPreSkip     = 312                   // libopus' lookahead at 48 kHz, 6.5 ms: what every WebCodecs encoder delivers
)

// codec is how a Track's codec is written.
type codec struct {
	id      string
	private []byte
	delay   time.Duration
	preRoll time.Duration
}

// codecOf translates a WebCodecs codec string to Matroska's terms.
func codecOf(t Track) (codec, error) {
	name, _, _ := strings.Cut(t.Codec, ".")
	switch {
	case t.Kind == Text:
		return codec{id: "S_TEXT/UTF8"}, nil
	case t.Kind == Audio && name == "opus":
		head := t.Private
		if len(head) == 0 {
			head = opusHead(t.Channels, t.SampleRate)
		}
		if len(head) < 19 || string(head[:8]) != "OpusHead" {
			return codec{}, fmt.Errorf("%w: opus with a header that is none", ErrCodec)
		}
		skip := time.Duration(binary.LittleEndian.Uint16(head[10:])) * time.Second / 48000
		return codec{id: "A_OPUS", private: head, delay: skip, preRoll: opusSeekPreRoll}, nil
	case t.Kind == Video && name == "vp8":
		return codec{id: "V_VP8"}, nil
	case t.Kind == Video && (name == "vp09" || name == "vp9"):
		return codec{id: "V_VP9"}, nil
	case t.Kind == Video && name == "av01":
		private := t.Private
		if len(private) == 0 {
			var err error
			if private, err = av1Config(t.Codec); err != nil {
				return codec{}, err
			}
		}
		return codec{id: "V_AV1", private: private}, nil
	case t.Kind == Video && (name == "avc1" || name == "avc3"):
		if len(t.Private) < 7 || t.Private[0] != 1 {
			return codec{}, fmt.Errorf("%w: %s without avcC", ErrCodec, t.Codec)
		}
		return codec{id: "V_MPEG4/ISO/AVC", private: t.Private}, nil
	}
	return codec{}, fmt.Errorf("%w: %s %q", ErrCodec, t.Kind, t.Codec)
}

// OpusHead returns the header of an Opus track: its own, or one that is made up.
func OpusHead(t Track) []byte {
	if len(t.Private) > 0 {
		return t.Private
	}
	return opusHead(t.Channels, t.SampleRate)
}

// opusHead returns the identification header of RFC 7845, section 5.1, for a stream of mapping family 0.
func opusHead(channels, rate int) []byte {
	if channels != 2 {
		channels = 1
	}
	if rate <= 0 {
		rate = 48000
	}
	h := append([]byte("OpusHead"), 1, byte(channels))
	h = binary.LittleEndian.AppendUint16(h, opusPreSkip)
	h = binary.LittleEndian.AppendUint32(h, uint32(rate))
	return append(h, 0, 0, 0) // gain, mapping family
}

// av1Config makes the av1C without configuration OBUs (they are in each key frame anyway) that belongs to a codec string such as
// "av01.0.04M.08". Source: AV1 in ISOBMFF, section 2.3.3; chroma is 4:2:0, the only one of profile 0.
func av1Config(codec string) ([]byte, error) {
	parts := strings.Split(codec, ".")
	bad := fmt.Errorf("%w: %q without av1C", ErrCodec, codec)
	if len(parts) < 4 || len(parts[2]) != 3 {
		return nil, bad
	}
	profile, err1 := strconv.ParseUint(parts[1], 10, 3)
	level, err2 := strconv.ParseUint(parts[2][:2], 10, 5)
	depth, err3 := strconv.ParseUint(parts[3], 10, 8)
	if err1 != nil || err2 != nil || err3 != nil || profile != 0 || depth != 8 && depth != 10 {
		return nil, bad
	}
	third := byte(0b0000_1100) // subsampled in x and y
	if parts[2][2] == 'H' {
		third |= 0x80
	}
	if depth == 10 {
		third |= 0x40
	}
	return []byte{0x81, byte(profile<<5 | level), third, 0}, nil
}

// OpusDuration returns how long the sound of an Opus packet is, from its first bytes (RFC 6716, section 3.1); 0 if it is malformed.
func OpusDuration(packet []byte) time.Duration {
	if len(packet) == 0 {
		return 0
	}
	toc, frame := packet[0], time.Duration(0)
	switch config := toc >> 3; {
	case config < 12: // SILK
		frame = []time.Duration{10, 20, 40, 60}[config&3] * time.Millisecond
	case config < 16: // hybrid
		frame = []time.Duration{10, 20}[config&1] * time.Millisecond
	default: // CELT
		frame = 2500 * time.Microsecond << (config & 3)
	}
	switch toc & 3 {
	case 0:
		return frame
	case 1, 2:
		return 2 * frame
	}
	if len(packet) < 2 {
		return 0
	}
	if d := frame * time.Duration(packet[1]&0x3f); d <= 120*time.Millisecond {
		return d
	}
	return 0
}
