// Package past plays a call from any moment on, to one viewer over a socket (docs/protocol.md, "The past"): of a running call, behind its live
// edge, and of one that is over.
//
// It guarantees: a viewer gets each frame of what he asked for once, in the order of its kind's log, and nothing of an earlier
// place after the answer to his next one; no more is read than he has asked for, so memory is bounded whatever he does, and a pause costs
// nothing; who is no longer allowed to see the call is cut off within a second or two.
package past

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"scaip/internal/event"
	"scaip/internal/media"
	"scaip/internal/ws"
)

// Options say what is played.
type Options struct {
	Call  string
	Start time.Time // when the call began
	Conn  *ws.Conn  // Serve closes it

	// Open opens the call's source. It is asked again when the source turns out to have moved: the call was sealed.
	Open func(ctx context.Context) (media.Source, error)

	// State says whether the call runs. Its error is a Refusal when the viewer may not see the call any more, which ends the session. It is
	// asked about once a second.
	State func() (running bool, err error)

	Now func() time.Time
}

// Client messages; one field is set.
type clientMessage struct {
	Seek  *Seek  `json:"seek"`
	Until *int64 `json:"until"` // µs: frames up to there are wanted
}

// Seek asks for the frames from At on, up to Until, both µs on the call's clock. Until may be raised later.
type Seek struct {
	ID    int64     `json:"id"` // comes back in the answer
	At    int64     `json:"at"`
	Until int64     `json:"until"`
	Video *[]uint16 `json:"video"` // the tracks whose pictures are wanted; nil: all. Sound comes of all.
}

// Server messages; one field is set, and Live beside End.
type serverMessage struct {
	Hello   *hello         `json:"hello,omitempty"`
	At      *at            `json:"at,omitempty"`
	Sent    *int64         `json:"sent,omitempty"` // all frames up to there have been sent
	End     *int64         `json:"end,omitempty"`  // how far the call goes by now
	Live    *bool          `json:"live,omitempty"` // it still runs
	Refused *event.Refusal `json:"refused,omitempty"`
}

type hello struct {
	Call  string    `json:"call"`
	Start time.Time `json:"start"`
	End   int64     `json:"end"`
	Live  bool      `json:"live"`
}

type at struct {
	ID int64 `json:"id"`
	At int64 `json:"at"`
}

const (
	maxPTS       = int64(1) << 53
	maxTracks    = 256
	maxMalformed = 20
	writeTimeout = 30 * time.Second
	pingEvery    = 15 * time.Second
	lookEvery    = 250 * time.Millisecond // at what is told without being asked
	stateEvery   = 4                      // of those looks
)

// Serve serves the socket until the client goes, ctx ends (the daemon stops), or the viewer may not see the call any more; then it is closed, and
// nothing of it runs on.
func Serve(ctx context.Context, o Options) {
	if o.Now == nil {
		o.Now = time.Now
	}
	inner, cancel := context.WithCancel(ctx)
	s := &session{o: o, clock: media.NewClock(o.Start, o.Now()), wake: make(chan struct{}, 1), cancel: cancel}
	read := make(chan struct{})
	go func() {
		defer close(read)
		defer cancel()
		s.read()
	}()
	code, reason := s.run(inner)
	if ctx.Err() != nil {
		code, reason = ws.GoingAway, "the server restarts"
	}
	cancel()
	s.close()
	_ = o.Conn.Close(code, reason)
	o.Conn.CloseNow()
	<-read
}

// read takes in what the client says.
func (s *session) read() {
	malformed := 0
	for {
		binary, data, err := s.o.Conn.Read(context.Background()) // ends when the connection is closed
		if err != nil {
			return
		}
		var m clientMessage
		if binary || json.Unmarshal(data, &m) != nil || !s.take(m) {
			if malformed++; malformed >= maxMalformed {
				return
			}
			s.refuse(event.Invalid, "The message is not as documented.")
		}
	}
}

// take does what a message says; false: it is not as documented.
func (s *session) take(m clientMessage) bool {
	switch {
	case m.Seek != nil && m.Until == nil:
		k := *m.Seek
		if k.At < 0 || k.At > maxPTS || k.Until > maxPTS || k.Video != nil && len(*k.Video) > maxTracks {
			return false
		}
		s.seek(k)
		return true
	case m.Until != nil && m.Seek == nil && *m.Until <= maxPTS:
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.next != nil {
			s.next.pacer.Raise(*m.Until)
		}
		return true
	}
	return false
}

func (s *session) refuse(code event.Code, text string) {
	_ = s.say(serverMessage{Refused: &event.Refusal{Code: code, Text: text}})
}

// say writes a text message.
func (s *session) say(m serverMessage) error {
	raw, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return s.write(false, raw)
}

// write writes a message. A client that takes nothing for long loses the connection.
func (s *session) write(binary bool, data []byte) error {
	ctx, cancel := context.WithTimeout(context.Background(), writeTimeout)
	defer cancel()
	if err := s.o.Conn.Write(ctx, binary, data); err != nil {
		s.cancel()
		return errors.Join(errGone, err)
	}
	return nil
}

var errGone = errors.New("the client has gone")
