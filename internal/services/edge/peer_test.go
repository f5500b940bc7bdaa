package edge

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"scaip/internal/event"
	"scaip/internal/media"
	"scaip/internal/ws"
)

// peer is a client of a media socket.
type peer struct {
	g      *rig
	user   string
	conn   *ws.Conn
	hello  media.Hello
	seq    uint32
	texts  chan media.ServerMessage // without those in steers
	steers chan media.ServerMessage // what is wanted of one's tracks, and what does not come
	frames chan media.Frame
	closed chan error // yields the reason once
}

// dial opens a user's socket; its frames and messages wait in channels.
func (g *rig) dial(user, call, query string) *peer {
	g.t.Helper()
	conn, err := g.tryDial(user, call, query, nil)
	if err != nil {
		g.t.Fatal(err)
	}
	p := &peer{
		g: g, user: user, conn: conn,
		texts: make(chan media.ServerMessage, 1000), steers: make(chan media.ServerMessage, 1000), frames: make(chan media.Frame, 100000), closed: make(chan error, 1),
	}
	go p.read()
	if m := p.text(); m.Hello == nil {
		g.t.Fatalf("the first message is %+v, not hello", m)
	} else {
		p.hello = *m.Hello
	}
	return p
}

func (p *peer) read() {
	for {
		binary, data, err := p.conn.Read(context.Background())
		if err != nil {
			p.closed <- err
			return
		}
		if !binary {
			var m media.ServerMessage
			if err := json.Unmarshal(data, &m); err != nil {
				p.g.t.Errorf("text message %q: %v", data, err)
			}
			if m.Make != nil || m.Key != nil || m.Off != nil {
				p.steers <- m
				continue
			}
			p.texts <- m
			continue
		}
		for rest := data; len(rest) > 0; {
			var f media.Frame
			if f, rest, err = media.ParseFrame(rest); err != nil {
				p.g.t.Errorf("message of %d bytes: %v", len(data), err)
				return
			}
			p.frames <- f
		}
	}
}

func (p *peer) text() media.ServerMessage {
	p.g.t.Helper()
	m, err := receive(p, p.texts)
	if err != nil {
		p.g.t.Fatalf("%s: no message came: %v", p.user, err)
	}
	return m
}

func (p *peer) frame() media.Frame {
	p.g.t.Helper()
	f, err := receive(p, p.frames)
	if err != nil {
		p.g.t.Fatalf("%s: no frame came: %v", p.user, err)
	}
	return f
}

// receive takes what has come before the close, or will.
func receive[T any](p *peer, from chan T) (v T, err error) {
	select {
	case v = <-from:
	case err = <-p.closed:
		p.closed <- err // for end
		select {
		case v = <-from:
			return v, nil
		default:
		}
	case <-time.After(patience):
		err = context.DeadlineExceeded
	}
	return v, err
}

// gets waits for frames of these numbers, "track:seq", and no others between.
func (p *peer) gets(want ...string) {
	p.g.t.Helper()
	for i, w := range want {
		f := p.frame()
		if got := fmt.Sprintf("%d:%d", f.Track, f.Seq); got != w {
			p.g.t.Fatalf("%s: frame %d of %v is %s", p.user, i, want, got)
		}
	}
}

// end waits for the close.
func (p *peer) end(code int, reason string) {
	p.g.t.Helper()
	select {
	case err := <-p.closed:
		got, why, _ := ws.CloseError(err)
		if got != code || reason != "" && why != reason {
			p.g.t.Fatalf("%s: closed with %d %q (%v), want %d %q", p.user, got, why, err, code, reason)
		}
	case <-time.After(patience):
		p.g.t.Fatalf("%s: not closed", p.user)
	}
}

// refused waits for a refusal, passing over pongs.
func (p *peer) refused(code event.Code, part string) {
	p.g.t.Helper()
	m := p.text()
	for m.Pong != nil || m.Gone != nil {
		m = p.text()
	}
	if m.Refused == nil || m.Refused.Code != code || !strings.Contains(m.Refused.Text, part) {
		p.g.t.Fatalf("%s: got %+v, want a refusal %s %q", p.user, m.Refused, code, part)
	}
}

func (p *peer) now() int64 {
	return p.hello.Now // tests are shorter than what pts may be behind
}

// make returns the next frame of the main track.
func (p *peer) make(what string) media.Frame {
	f := media.Frame{Track: p.hello.Track, Seq: p.seq, PTS: max(p.now(), 0), Key: what != "delta", Config: what == "config", Payload: []byte("payload")}
	if what == "config" {
		f.Payload = configOf(p.g.kind, p.user)
	}
	p.seq++
	return f
}

func configOf(kind, user string) []byte {
	if kind == media.Audio {
		return fmt.Appendf(nil, `{"user":%q,"name":"A","codec":"opus","sampleRate":48000,"channels":1}`, user)
	}
	return fmt.Appendf(nil, `{"user":%q,"name":"A","codec":"vp8","width":64,"height":48}`, user)
}

// send sends the next frames of the main track, as one message.
func (p *peer) send(what ...string) {
	p.g.t.Helper()
	var msg []byte
	for _, w := range what {
		msg = p.make(w).Append(msg)
	}
	p.raw(true, msg)
}

func (p *peer) raw(binary bool, msg []byte) {
	p.g.t.Helper()
	if err := p.conn.Write(context.Background(), binary, msg); err != nil {
		p.g.t.Fatalf("%s: send: %v", p.user, err)
	}
}

func (p *peer) hangUp() {
	_ = p.conn.Close(ws.Normal, "")
}

func (p *peer) socket(t *testing.T) *socket {
	t.Helper()
	found := p.g.edge.find(func(s *socket) bool { return s.user == p.user })
	if len(found) != 1 {
		t.Fatalf("%s has %d sockets", p.user, len(found))
	}
	return found[0]
}
