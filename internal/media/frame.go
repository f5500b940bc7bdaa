// Package media is the media plane without its sockets: the frame, the same bytes on the socket, in the log and in a replay;
// the hub that fans a call's frames out to its viewers and the queue with its drop policy; and Matroska, read and written.
package media

// A Frame is one encoded piece of a track: an Opus packet, a video chunk, or the configuration that a decoder needs before
// them. docs/wire.md shows its bytes.
type Frame struct {
	Key    bool // video: decodable without earlier frames; audio: always true
	Config bool // Payload is a Config as JSON; PTS says from when it holds

	Temporal  uint8 // temporal layer, 0 to 7; 0 is the base
	Rendition uint8 // 0 to 7; 0 is the only one so far
	Level     uint8 // audio: loudness in −dBov, 0 (loudest) to 127 (silence), RFC 6464; video: 0

	Track uint16 // seat<<2 | slot
	Seq   uint32 // +1 a frame of the track, wrapping; a gap is a loss; a Config frame may begin anywhere
	PTS   int64  // µs since the call began, when it was captured; 0 to 2^53

	Payload []byte // 1 byte to MaxPayload
}

// Slots of a seat: the two low bits of a track number.
const (
	SlotMain   = 0 // camera, microphone
	SlotScreen = 1 // shared screen, its sound
)

// MaxPayload is the largest payload of a frame, in bytes.
const MaxPayload = 512 << 10

// Config is the payload of a configuration frame.
type Config struct {
	User       string `json:"user"`
	Name       string `json:"name"`                 // display name at the time
	Codec      string `json:"codec"`                // WebCodecs codec string: "opus", "vp8", "vp09.00.10.08", …
	Width      int    `json:"width,omitempty"`      // video, pixels
	Height     int    `json:"height,omitempty"`     // video, pixels
	SampleRate int    `json:"sampleRate,omitempty"` // audio, Hz: 48000
	Channels   int    `json:"channels,omitempty"`   // audio
	Extra      []byte `json:"extra,omitempty"`      // the decoder's description (OpusHead, avcC, …), base64
}
