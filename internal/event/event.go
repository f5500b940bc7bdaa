// Package event is the vocabulary of Scaip: what can be asked (commands, in the imperative) and what
// has happened (events, in the past tense), who may ask it, and where it is delivered.
//
// It imports nothing of the project. Everything that crosses a topic is an [Envelope] around one of the
// bodies declared here, one file a service.
package event

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// An Envelope is one command or one event as it travels through the log, encoded as JSON.
type Envelope struct {
	// ID names the command or event for good. A client chooses the ID of its command (see [ValidID]) and
	// keeps it when it resends. The ID of an event is derived from its cause by [DeriveID].
	ID string `json:"id"`

	// Type is "service.name": "messaging.post" (command), "messaging.posted" (event).
	Type string `json:"type"`

	// At is the wall-clock time, UTC, at which the command entered the system. It is stamped once, by the
	// edge that took it in; the events a command causes carry the same At.
	At time.Time `json:"at"`

	// Actor is the ID of the user on whose behalf this happens; [System] for the daemon itself.
	Actor string `json:"actor,omitempty"`

	// Session is the ID of the actor's session (see [SessionID]), [LocalSession] for the administrator at
	// the unix socket, empty for the daemon itself.
	Session string `json:"session,omitempty"`

	// Cause is the ID of the command or event that caused this event; empty in a command.
	Cause string `json:"cause,omitempty"`

	// Body is one of the body types of this package, chosen by Type.
	Body json.RawMessage `json:"body"`
}

// Actors and sessions that are no user's.
const (
	System       = "system" // the daemon itself: tickers, edges
	LocalSession = "local"  // the administrator at the unix socket of the data directory
)

// A Body is the content of an Envelope. EventType returns the Type that announces it; it works on the zero value.
type Body interface{ EventType() string }

// Service returns the part of a type before the dot: the service that owns it.
func Service(typ string) string {
	s, _, _ := strings.Cut(typ, ".")
	return s
}

// Wrap encodes body into an event that cause led to. n numbers the events of one cause from 0. The event
// inherits the cause's At, Actor and Session.
func Wrap(cause Envelope, n int, body Body) (Envelope, error) {
	raw, err := json.Marshal(body)
	if err != nil {
		return Envelope{}, fmt.Errorf("encode %s: %w", body.EventType(), err)
	}
	return Envelope{
		ID:      DeriveID(cause, fmt.Sprintf("%s#%d", body.EventType(), n)),
		Type:    body.EventType(),
		At:      cause.At,
		Actor:   cause.Actor,
		Session: cause.Session,
		Cause:   cause.ID,
		Body:    raw,
	}, nil
}

// NewCommand wraps body into a command of the given ID.
func NewCommand(id string, at time.Time, actor, session string, body Body) (Envelope, error) {
	raw, err := json.Marshal(body)
	if err != nil {
		return Envelope{}, fmt.Errorf("encode %s: %w", body.EventType(), err)
	}
	return Envelope{ID: id, Type: body.EventType(), At: at.UTC(), Actor: actor, Session: session, Body: raw}, nil
}

// As decodes the body of e, whose Type must be B's. Of a type that several services share (Refused, Unchanged,
// MediaOpened, …) only the name is compared; the caller reads the service from e.Type.
func As[B Body](e Envelope) (B, error) {
	var b B
	want := b.EventType()
	if e.Type != want && !(want[0] == '.' && e.Type == Service(e.Type)+want) {
		return b, fmt.Errorf("decode %s: it is a %s", want, e.Type)
	}
	if err := json.Unmarshal(e.Body, &b); err != nil {
		return b, fmt.Errorf("decode %s: %w", e.Type, err)
	}
	return b, nil
}

var idEncoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// DeriveID derives an ID of 26 characters [a-z2-7] from the actor and ID of e and from purpose. The same
// command gives the same IDs however often it is decided; no client can choose the ID of an entity.
func DeriveID(e Envelope, purpose string) string {
	sum := sha256.Sum256([]byte(e.Actor + "\x00" + e.ID + "\x00" + purpose))
	return idEncoding.EncodeToString(sum[:16])
}

// SessionID is the public ID of the session that token opens: SHA-256, 52 characters [a-z2-7]. Only it is
// stored and published, never the token.
func SessionID(token string) string {
	sum := sha256.Sum256([]byte(token))
	return idEncoding.EncodeToString(sum[:])
}

// ValidID reports whether s can be an ID: 1 to 64 characters of [A-Za-z0-9_-].
func ValidID(s string) bool {
	if len(s) == 0 || len(s) > 64 {
		return false
	}
	for _, c := range []byte(s) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_', c == '-':
		default:
			return false
		}
	}
	return true
}
