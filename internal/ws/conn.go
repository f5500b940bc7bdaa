// Package ws is a WebSocket connection, as server and as client: whole messages, no compression, close codes, and a kernel that
// holds little back.
//
// It guarantees: a foreign Origin is refused before the upgrade; no message longer than the read limit is taken in; Close returns
// within about a second whatever the peer does; a connection closed or broken ends its Read and its Write with an error.
package ws

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/coder/websocket"
)

// Close codes. Those from 4000 on are Scaip's own (docs/protocol.md).
const (
	Normal      = 1000
	GoingAway   = 1001 // the daemon stops
	TooBig      = 1009 // sent by itself when a message is over the read limit
	Policy      = 1008 // session ended, not allowed, or hostile
	Internal    = 1011
	TryLater    = 1013 // too slow
	CallEnded   = 4000
	Replaced    = 4001
	closeWithin = time.Second
	keepScratch = 64 << 10 // a read buffer larger than this is not kept between messages
)

// Options for both ends. The zero value takes messages of up to 32 KiB.
type Options struct {
	// ReadLimit is the longest message taken in, in bytes; a longer one closes the connection with TooBig. 0: 32 KiB.
	ReadLimit int64

	// CheckOrigin says whether a page of the request's Origin may connect; its error is shown to the client. nil: [SameOrigin].
	// Of the server only.
	CheckOrigin func(*http.Request) error

	// NotSent bounds the bytes that the kernel takes from Write before they go out on the wire, so that Write waits when the peer
	// is slow, and what waits can still be dropped. 0: the system's default, megabytes. Where the system can't bound that, the send
	// buffer is made small instead.
	NotSent int

	// WriteBuffer is the size of the buffer before the connection: a message that fits goes out in one system call. 0: 4 KiB. Of the
	// server only.
	WriteBuffer int

	// ReadBuffer is the size of the buffer behind the connection: a message that fits costs one system call. 0: 4 KiB. Of the server only.
	ReadBuffer int

	// NoWait makes Write return at once: what the network does not take is kept, at most 1 MiB, until Drain has written it. So one goroutine can
	// serve many peers. Of the server, on TCP, and on TLS over a listener of [NewListener]; elsewhere Write waits, see Conn.NoWait.
	NoWait bool

	// Client makes the connection: its Transport knows the unix socket or the certificate. nil: http.DefaultClient. Of the client only.
	Client *http.Client
}

// Conn is an open connection. Read belongs to one goroutine; all other methods may be called from any. The reader has to keep
// reading: only Read notices pings and the peer's close.
//
// A ctx that ends during Read or Write closes the connection. One that can't end (context.Background, context.WithoutCancel) spares
// some work on every message; Close then ends the call.
type Conn struct {
	ws      *websocket.Conn
	raw     net.Conn // below it; nil if unknown
	link    *link    // below that, if Write does not wait
	scratch []byte   // of Read and Next
}

// Read returns the next message, which then is the caller's. Errors: the peer's close (see [CloseError]), a message over the
// limit, ctx's, or that of the network.
func (c *Conn) Read(ctx context.Context) (binary bool, data []byte, err error) {
	binary, shared, err := c.Next(ctx)
	if err != nil {
		return false, nil, err
	}
	return binary, append(make([]byte, 0, len(shared)), shared...), nil
}

// Next is Read without the copy: data is valid until the following Read or Next.
func (c *Conn) Next(ctx context.Context) (binary bool, data []byte, err error) {
	typ, r, err := c.ws.Reader(ctx)
	if err != nil {
		return false, nil, fmt.Errorf("read message: %w", err)
	}
	if cap(c.scratch) == 0 || cap(c.scratch) > keepScratch {
		c.scratch = make([]byte, 0, 2048)
	}
	b := c.scratch[:0]
	for {
		if len(b) == cap(b) {
			b = append(b, 0)[:len(b)]
		}
		n, err := r.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		if err == io.EOF {
			break
		}
		if err != nil {
			return false, nil, fmt.Errorf("read message: %w", err)
		}
	}
	c.scratch = b
	return typ == websocket.MessageBinary, b, nil
}

// Write sends data as one message. It returns when the kernel has taken it, or at once if NoWait; data is not kept. Concurrent Writes go one after the other.
func (c *Conn) Write(ctx context.Context, binary bool, data []byte) error {
	typ := websocket.MessageText
	if binary {
		typ = websocket.MessageBinary
	}
	if err := c.ws.Write(ctx, typ, data); err != nil {
		return fmt.Errorf("write message: %w", err)
	}
	return nil
}

// NoWait says that Write never waits.
func (c *Conn) NoWait() bool { return c.link != nil }

// Waits says that a part of what was written waits for the network: Drain should run.
func (c *Conn) Waits() bool { return c.link != nil && c.link.waits() }

// Drain waits until the kernel has taken all that was written. One goroutine at a time; Close ends it.
func (c *Conn) Drain() error {
	if c.link == nil {
		return nil
	}
	if err := c.link.drain(); err != nil {
		return fmt.Errorf("write message: %w", err)
	}
	return nil
}

// Ping sends a ping and waits for its pong, which only a running Read notices. It fails when the connection does, and when ctx ends
// first, which leaves the connection as it is.
func (c *Conn) Ping(ctx context.Context) error {
	if err := c.ws.Ping(ctx); err != nil {
		return fmt.Errorf("ping: %w", err)
	}
	return nil
}

// Close tells the peer why (reason: at most 123 bytes, the rest is cut off), waits up to a second for its answer, and closes. A
// second Close waits for the first.
func (c *Conn) Close(code int, reason string) error {
	const maxReason = 123 // RFC 6455, 5.5: a control frame holds 125 bytes, two of them the code
	if len(reason) > maxReason {
		reason = reason[:maxReason]
	}
	if c.raw != nil { // coder/websocket waits up to ten seconds for a peer that neither reads nor answers
		timer := time.AfterFunc(closeWithin, func() { _ = c.raw.Close() })
		defer timer.Stop()
	}
	if c.Drain() == nil && c.link != nil {
		c.link.eager.Store(false)
	}
	if err := c.ws.Close(websocket.StatusCode(code), reason); err != nil {
		return fmt.Errorf("close connection: %w", err)
	}
	return nil
}

// CloseNow drops the connection without a word. Closing twice is no error.
func (c *Conn) CloseNow() {
	if c.raw != nil {
		_ = c.raw.Close()
	}
	_ = c.ws.CloseNow()
}

// CloseError finds the close code and reason that the peer sent in err's chain; ok is false if the connection ended otherwise.
// A close without a code is 1005.
func CloseError(err error) (code int, reason string, ok bool) {
	var ce websocket.CloseError
	if errors.As(err, &ce) {
		return int(ce.Code), ce.Reason, true
	}
	return 0, "", false
}
