package gateway

import (
	"crypto/rand"
	"encoding/json"
	"strings"
	"time"

	"scaip/internal/event"
)

// The messages that the server sends; docs/protocol.md shows each.
type (
	helloMessage struct {
		Hello hello `json:"hello"`
	}
	hello struct {
		Session    helloSession `json:"session"`
		Connection string       `json:"connection"`
		Cursor     string       `json:"cursor"`
		Resumed    bool         `json:"resumed"`
		Time       time.Time    `json:"time"`
		Presence   []string     `json:"presence"`
		Limits     limits       `json:"limits"`
		Full       string       `json:"full"`
	}
	helloSession struct {
		User    string    `json:"user"`
		Role    string    `json:"role"`
		Expires time.Time `json:"expires"`
	}
	limits struct {
		Message int `json:"message"` // bytes
		Rate    int `json:"rate"`    // messages a second
	}
	eventMessage struct {
		Cursor string         `json:"cursor"`
		Event  event.Envelope `json:"event"` // without Session
	}
	refusedMessage struct {
		Refused refused `json:"refused"`
	}
	refused struct {
		ID string `json:"id"`
		event.Refusal
	}
	pongMessage struct {
		Pong json.RawMessage `json:"pong"`
		Time time.Time       `json:"time"`
	}
	fullMessage struct {
		Full string `json:"full"` // see Gateway.Full
	}
	presenceMessage struct {
		Presence presence `json:"presence"`
	}
	presence struct {
		User   string `json:"user"`
		Online bool   `json:"online"`
	}
)

// encode writes one of the messages above.
func encode(message any) []byte {
	raw, err := json.Marshal(message)
	if err != nil {
		panic("gateway: a message can't be encoded: " + err.Error()) // strings, times of now, and JSON that was decoded before
	}
	return raw
}

// forClient is e as a client may see it.
func forClient(e event.Envelope) event.Envelope {
	e.Session = ""
	return e
}

// randomID returns an ID that nobody has.
func randomID() string { return strings.ToLower(rand.Text()) }
