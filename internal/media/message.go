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
	Refused *event.Refusal `json:"refused,omitempty"` // about one's own frames: they were dropped
}

// ClientMessage is a text message of a media socket from the client; one field is set.
type ClientMessage struct {
	Ping *Ping     `json:"ping,omitempty"`
	Stop *TrackRef `json:"stop,omitempty"` // one's own track pauses
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
