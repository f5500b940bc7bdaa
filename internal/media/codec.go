package media

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// HeaderSize is the length of a frame's header, in bytes (docs/wire.md).
const HeaderSize = 24

// Limits of the wire format.
const (
	MaxConfig  = 4 << 10 // bytes of a config frame's payload
	MaxMessage = 1 << 20 // bytes of one message of frames
	MaxPTS     = 1 << 53 // µs; what a JavaScript number holds exactly
	MaxSeat    = 1<<14 - 1
)

const (
	version    = 1
	flagKey    = 1 << 0
	flagConfig = 1 << 1
)

// ErrMalformed marks every error of ParseFrame and ParseConfig.
var ErrMalformed = errors.New("malformed frame")

// Seat is the seat that the frame's track belongs to.
func (f Frame) Seat() int { return int(f.Track >> 2) }

// TrackOf returns the number of a seat's track.
func TrackOf(seat, slot int) uint16 { return uint16(seat<<2 | slot) }

// Size is the length of the frame on the wire, in bytes.
func (f Frame) Size() int { return HeaderSize + len(f.Payload) }

// Append appends the frame's bytes to dst. A frame out of bounds (its fields' comments say which) comes out as bytes that ParseFrame
// refuses.
func (f Frame) Append(dst []byte) []byte {
	var flags byte
	if f.Key {
		flags |= flagKey
	}
	if f.Config {
		flags |= flagConfig
	}
	dst = append(dst, version, flags, f.Rendition<<4|f.Temporal&0xf, f.Level)
	dst = binary.BigEndian.AppendUint16(dst, f.Track)
	dst = append(dst, 0, 0)
	dst = binary.BigEndian.AppendUint32(dst, f.Seq)
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(f.Payload)))
	dst = binary.BigEndian.AppendUint64(dst, uint64(f.PTS))
	return append(dst, f.Payload...)
}

// ParseFrame reads the first frame of b and returns what follows it. The frame's Payload is a part of b. Anything that
// docs/wire.md does not allow is an error, ErrMalformed with the reason; then nothing after it can be found either.
func ParseFrame(b []byte) (f Frame, rest []byte, err error) {
	if len(b) < HeaderSize {
		return Frame{}, nil, malformed("%d bytes are less than a header", len(b))
	}
	flags, layer := b[1], b[2]
	f = Frame{
		Key:       flags&flagKey != 0,
		Config:    flags&flagConfig != 0,
		Temporal:  layer & 0xf,
		Rendition: layer >> 4,
		Level:     b[3],
		Track:     binary.BigEndian.Uint16(b[4:]),
		Seq:       binary.BigEndian.Uint32(b[8:]),
	}
	length, pts := binary.BigEndian.Uint32(b[12:]), binary.BigEndian.Uint64(b[16:])
	switch {
	case b[0] != version:
		return Frame{}, nil, malformed("version %d instead of %d", b[0], version)
	case flags&^(flagKey|flagConfig) != 0:
		return Frame{}, nil, malformed("unknown flags %#02x", flags)
	case f.Temporal > 7 || f.Rendition > 7:
		return Frame{}, nil, malformed("layer %#02x is out of bounds", layer)
	case f.Level > 127:
		return Frame{}, nil, malformed("level %d is over 127", f.Level)
	case f.Seat() == 0 || f.Track&3 > SlotScreen:
		return Frame{}, nil, malformed("there is no track %d", f.Track)
	case b[6] != 0 || b[7] != 0:
		return Frame{}, nil, malformed("reserved bytes are not 0")
	case length == 0 || length > MaxPayload:
		return Frame{}, nil, malformed("payload of %d bytes is out of bounds", length)
	case f.Config && length > MaxConfig:
		return Frame{}, nil, malformed("config of %d bytes is out of bounds", length)
	case int(length) > len(b)-HeaderSize:
		return Frame{}, nil, malformed("payload of %d bytes is cut off after %d", length, len(b)-HeaderSize)
	case pts > MaxPTS:
		return Frame{}, nil, malformed("pts is out of bounds")
	}
	f.PTS = int64(pts)
	end := HeaderSize + int(length)
	f.Payload = b[HeaderSize:end:end]
	return f, b[end:], nil
}

// Unpack returns the frames that the value of a log's record holds, one after the other, or the error of the first that ParseFrame refuses.
func Unpack(value []byte) ([]Piece, error) {
	var all []Piece
	for rest := value; ; {
		f, more, err := ParseFrame(rest)
		if err != nil {
			return nil, err
		}
		size := len(rest) - len(more)
		all = append(all, Piece{Frame: f, Bytes: rest[:size:size]})
		if rest = more; len(rest) == 0 {
			return all, nil
		}
	}
}

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrMalformed}, args...)...)
}
