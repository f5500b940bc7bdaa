package client

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"sync"
	"time"

	"scaip/internal/event"
	"scaip/internal/media"
	"scaip/internal/ws"
)

// MediaOptions configure a media socket.
type MediaOptions struct {
	Call        string
	Kind        string // media.Audio or media.Video
	SendOnly    bool   // receive nothing
	ReceiveOnly bool   // send nothing

	Handle func(m *Media, f media.Frame) // hears every frame, in order, in Receive's goroutine; f.Payload is valid until it returns. May be nil
	Gone   func(track uint16)            // hears of tracks that ended, likewise. May be nil
	Refuse func(event.Refusal)           // hears what the server dropped of one's own, likewise. May be nil
}

// Media is one open media socket. Send and Now may be called from any goroutine.
type Media struct {
	o     MediaOptions
	conn  *ws.Conn
	beat  *beat
	hello mediaHello
	start time.Time // of this object: the local clock of pings

	mu    sync.Mutex // of clock
	clock clock

	sending sync.Mutex // of buf, held while the network takes it
	buf     []byte
}

type mediaHello struct {
	Call    string `json:"call"`
	Kind    string `json:"kind"`
	Seat    int    `json:"seat"`
	Track   uint16 `json:"track"`
	Now     int64  `json:"now"`
	Loudest int    `json:"loudest"`
}

// mediaText is a text message of the server; one field is set.
type mediaText struct {
	Hello *mediaHello `json:"hello"`
	Pong  *struct {
		T   float64 `json:"t"`
		Now int64   `json:"now"`
	} `json:"pong"`
	Gone *struct {
		Track uint16 `json:"track"`
	} `json:"gone"`
	Refused *event.Refusal `json:"refused"`
}

// DialMedia opens a media socket; one has joined the call before. Then Receive has to run.
func (c *Client) DialMedia(ctx context.Context, o MediaOptions) (*Media, error) {
	q := ""
	switch {
	case o.SendOnly:
		q = "?receive=0"
	case o.ReceiveOnly:
		q = "?send=0"
	}
	u := c.URL + "/media/" + o.Kind + "/" + url.PathEscape(o.Call) + q
	conn, err := ws.Dial(ctx, u, c.header(), ws.Options{ReadLimit: 2 * media.MaxMessage, Client: c.HTTP})
	if err != nil {
		return nil, err
	}
	m := &Media{o: o, conn: conn, beat: newBeat(), start: time.Now()}
	_, raw, err := conn.Next(ctx)
	if err != nil {
		conn.CloseNow()
		return nil, mediaClosed(err)
	}
	var t mediaText
	if err := json.Unmarshal(raw, &t); err != nil || t.Hello == nil {
		conn.CloseNow()
		return nil, fmt.Errorf("open %s socket: the server does not say hello", o.Kind)
	}
	m.hello = *t.Hello
	m.clock.set(m.local(), t.Hello.Now)
	return m, nil
}

// Track is the number of one's own main track.
func (m *Media) Track() uint16 { return m.hello.Track }

// Seat is one's seat.
func (m *Media) Seat() int { return m.hello.Seat }

// Opened is when the socket opened, on the call's clock, in µs: frames from before are the run since a track's last key frame.
func (m *Media) Opened() int64 { return m.hello.Now }

// Now is the call's clock, in µs.
func (m *Media) Now() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.clock.at(m.local())
}

// local is the local clock, in µs.
func (m *Media) local() int64 { return time.Since(m.start).Microseconds() }

// Send sends the frames as one message. It waits while the network does.
func (m *Media) Send(ctx context.Context, frames ...media.Frame) error {
	m.sending.Lock()
	defer m.sending.Unlock()
	m.buf = m.buf[:0]
	for _, f := range frames {
		m.buf = f.Append(m.buf)
	}
	return m.conn.Write(ctx, true, m.buf)
}

// Stop says that a track of one's own pauses.
func (m *Media) Stop(ctx context.Context, track uint16) error {
	return m.conn.Write(ctx, false, fmt.Appendf(nil, `{"stop":{"track":%d}}`, track))
}

// Close ends the socket.
func (m *Media) Close() { _ = m.conn.Close(ws.Normal, "") }

// Receive reads until the socket ends or ctx does, and closes it. Errors: see KeepMedia.
func (m *Media) Receive(ctx context.Context) error {
	defer m.conn.CloseNow()
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	ping := func() []byte { return fmt.Appendf(nil, `{"ping":{"t":%d}}`, m.local()) }
	wg.Go(func() {
		for range 3 { // for a good reading at the start: the least of some round trips
			if m.conn.Write(ctx, false, ping()) != nil {
				return
			}
		}
		m.beat.watch(ctx, m.conn, ping)
	})
	for {
		binary, raw, err := m.conn.Next(ctx)
		if err != nil {
			return mediaClosed(err)
		}
		m.beat.touch()
		if binary {
			err = m.frames(raw)
		} else {
			err = m.text(raw)
		}
		if err != nil {
			return fmt.Errorf("read %s socket: %w", m.o.Kind, err)
		}
	}
}

// frames handles a binary message.
func (m *Media) frames(raw []byte) error {
	for len(raw) > 0 {
		f, rest, err := media.ParseFrame(raw)
		if err != nil {
			return err
		}
		raw = rest
		if m.o.Handle != nil {
			m.o.Handle(m, f)
		}
	}
	return nil
}

// text handles a text message.
func (m *Media) text(raw []byte) error {
	var t mediaText
	if err := json.Unmarshal(raw, &t); err != nil {
		return err
	}
	switch {
	case t.Pong != nil:
		m.mu.Lock()
		m.clock.note(int64(t.Pong.T), m.local(), t.Pong.Now)
		m.mu.Unlock()
	case t.Gone != nil && m.o.Gone != nil:
		m.o.Gone(t.Gone.Track)
	case t.Refused != nil && m.o.Refuse != nil:
		m.o.Refuse(*t.Refused)
	}
	return nil
}

// KeepMedia opens a media socket, runs use beside Receive, and opens it anew when it breaks, until ctx ends or the call does (both nil). use
// gets each new socket, should begin with a config frame, and returns when its ctx ends. A socket that is replaced by a newer one, and
// one that the server does not want for good, are event.Refusals.
func (c *Client) KeepMedia(ctx context.Context, o MediaOptions, use func(context.Context, *Media) error) error {
	return reconnect(ctx, func(ctx context.Context, up func()) error {
		m, err := c.DialMedia(ctx, o)
		if err != nil {
			return err
		}
		up()
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		used := make(chan error, 1)
		go func() {
			err := use(ctx, m)
			if err != nil {
				m.conn.CloseNow()
			}
			used <- err
		}()
		err = m.Receive(ctx)
		cancel()
		if failed := <-used; failed != nil && err == nil {
			err = failed
		}
		return err
	})
}

// mediaClosed translates how a media socket ended.
func mediaClosed(err error) error {
	code, reason, ok := ws.CloseError(err)
	switch {
	case ok && code == ws.CallEnded:
		return finalError{nil}
	case ok && code == ws.Replaced:
		return finalError{event.Refuse(event.Conflict, "Another device of yours has taken over.")}
	case ok && code == ws.Policy:
		return finalError{event.Refuse(event.Denied, "The server closed the media socket: "+reason+".")}
	}
	return err
}

// clock turns the local clock into the call's: of the last pings, the one of the smallest round trip says how far they are apart.
type clock struct {
	samples [16]sample
	n       int
	offset  int64
}

type sample struct{ trip, offset int64 }

// set takes a reading whose age is unknown, as a beginning.
func (c *clock) set(local, remote int64) { c.offset = remote - local }

// note takes the answer to a ping that was sent and received at local times; all in µs.
func (c *clock) note(sent, received, remote int64) {
	c.samples[c.n%len(c.samples)] = sample{trip: received - sent, offset: remote - (sent+received)/2}
	c.n++
	best := c.samples[0]
	for _, s := range c.samples[:min(c.n, len(c.samples))] {
		if s.trip < best.trip {
			best = s
		}
	}
	c.offset = best.offset
}

func (c *clock) at(local int64) int64 { return local + c.offset }
