package media

import (
	"encoding/json"

	"scaip/internal/event"
)

// ServerMessage is a text message of a media socket from the server; one field is set. docs/protocol.md shows them.
type ServerMessage struct {
	Hello   *Hello         `json:"hello,omitempty"`
	Pong    *Pong          `json:"pong,omitempty"`
	Gone    *TrackRef      `json:"gone,omitempty"`    // this track ended or pauses
	Pause   *Pause         `json:"pause,omitempty"`   // audio: nothing of this track comes while others are louder
	Off     *Off           `json:"off,omitempty"`     // nothing of this track comes for now
	Make    *Encode        `json:"encode,omitempty"`  // what is wanted of one's own track
	Key     *Layer         `json:"key,omitempty"`     // a key frame is wanted of one's own track
	Refused *event.Refusal `json:"refused,omitempty"` // about one's own frames: they were dropped
}

// ClientMessage is a text message of a media socket from the client; one field is set.
type ClientMessage struct {
	Ping *Ping     `json:"ping,omitempty"`
	Stop *TrackRef `json:"stop,omitempty"` // one's own track pauses

	Want   *Wants  `json:"want,omitempty"`   // video: what is wanted from now on
	Can    *Can    `json:"can,omitempty"`    // video: what this client decodes
	Report *Report `json:"report,omitempty"` // video: what has arrived
}

// fields counts those that are set.
func (m *ClientMessage) fields() int {
	n := 0
	for _, set := range []bool{m.Ping != nil, m.Stop != nil, m.Want != nil, m.Can != nil, m.Report != nil} {
		if set {
			n++
		}
	}
	return n
}

// maxNamed bounds the tracks that a client's message names.
const maxNamed = 512

// ParseClientMessage reads a text message of a client. Errors are ErrMalformed: no JSON, not one field, or too many tracks.
func ParseClientMessage(text []byte) (m ClientMessage, err error) {
	switch err := json.Unmarshal(text, &m); {
	case err != nil:
		return m, malformed("the message is no JSON of the protocol: %v", err)
	case m.fields() != 1:
		return m, malformed("the message has not one field")
	case m.Want != nil && len(m.Want.Tracks) > maxNamed, m.Report != nil && len(m.Report.Tracks) > maxNamed:
		return m, malformed("the message names too many tracks")
	}
	return m, nil
}

// Wants are what a viewer wants, by track. One that is not named: rendition 0. null: nothing.
type Wants struct {
	Tracks map[uint16]*Want `json:"tracks"`
}

// Can names the families of codecs that a client decodes: "vp8", "vp9", "av1", "h264".
type Can struct {
	Decode []string `json:"decode"`
}

// Report is what a viewer has measured in the last second.
type Report struct {
	Tracks map[uint16]Received `json:"tracks"`
}

// Received is what arrived of a track.
type Received struct {
	Received int     `json:"received"` // frames
	Lost     int     `json:"lost"`     // that the sequence shows to be missing
	Delay    float64 `json:"delay"`    // ms: by how much even the least late of them was later than the earliest of ten seconds
}

// Encode tells a sender which renditions of its track somebody watches, and what all who do can decode.
type Encode struct {
	Track      uint16   `json:"track"`
	Renditions []int    `json:"renditions"`
	Codecs     []string `json:"codecs"`
}

// Layer names a rendition of a track.
type Layer struct {
	Track     uint16 `json:"track"`
	Rendition uint8  `json:"rendition"`
}

// Off says that a track does not come for now, and why: "line", the line to the viewer does not carry it. Its next config ends that.
type Off struct {
	Track  uint16 `json:"track"`
	Reason string `json:"reason"`
}

// Pause says that a voice is no longer among those that the viewer gets. The next packet of it that comes ends that.
type Pause struct {
	Track uint16 `json:"track"`
	Seq   uint32 `json:"seq"` // of the first packet that does not come; what is missing before it was lost
}

// Hello is the server's first message.
type Hello struct {
	Call    string `json:"call"`
	Kind    string `json:"kind"`
	Seat    int    `json:"seat"`
	Track   uint16 `json:"track"`             // one's main track
	Now     int64  `json:"now"`               // call time, µs
	Loudest int    `json:"loudest,omitempty"` // audio: how many speakers are forwarded
}

// Ping asks for the call time. T comes back as it is.
type Ping struct {
	T float64 `json:"t"`
}

// Pong answers a Ping.
type Pong struct {
	T   float64 `json:"t"`
	Now int64   `json:"now"` // call time, µs
}

// TrackRef names a track.
type TrackRef struct {
	Track uint16 `json:"track"`
}

// Encode returns the message as it goes over the socket.
func (m ServerMessage) Encode() []byte {
	b, err := json.Marshal(m)
	if err != nil {
		panic("media: a server message has only numbers and strings: " + err.Error())
	}
	return b
}
