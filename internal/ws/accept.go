package ws

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/coder/websocket"

	"scaip/internal/event"
)

const defaultReadLimit = 32 << 10

// Accept upgrades the request. When it returns an error, it has answered the request: 403 for a foreign Origin, else what is
// wrong with the handshake. The request's context no longer ends with the connection; it must not be used for it.
func Accept(w http.ResponseWriter, r *http.Request, o Options) (*Conn, error) {
	check := o.CheckOrigin
	if check == nil {
		check = SameOrigin
	}
	if err := check(r); err != nil {
		refuse(w, err)
		return nil, fmt.Errorf("check origin: %w", err)
	}
	h := &hijacker{ResponseWriter: w, o: o}
	// The library's own check compares Origin with Host only, and can't be asked about more; ours has been made above.
	c, err := websocket.Accept(h, r, &websocket.AcceptOptions{
		InsecureSkipVerify: true,
		CompressionMode:    websocket.CompressionDisabled,
	})
	if err != nil {
		return nil, fmt.Errorf("accept websocket: %w", err)
	}
	if o.NotSent > 0 {
		boundUnsent(h.conn, o.NotSent)
	}
	c.SetReadLimit(o.readLimit())
	return &Conn{ws: c, raw: h.conn, link: h.link}, nil
}

func (o Options) readLimit() int64 {
	if o.ReadLimit > 0 {
		return o.ReadLimit
	}
	return defaultReadLimit
}

// SameOrigin allows a request without an Origin (a program, not a page) and one whose Origin is the host asked for.
func SameOrigin(r *http.Request) error {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return nil
	}
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" || !strings.EqualFold(u.Host, r.Host) {
		return event.Refuse(event.Denied, "Pages of another site may not connect.")
	}
	return nil
}

// refuse answers like every HTTP route of Scaip does (docs/protocol.md).
func refuse(w http.ResponseWriter, err error) {
	ref, ok := event.AsRefusal(err)
	if !ok {
		ref = event.Refusal{Code: event.Denied, Text: "This connection is not allowed."}
	}
	body, err := json.Marshal(ref)
	if err != nil {
		panic("ws: a refusal is strings only: " + err.Error())
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(ref.Code.HTTPStatus())
	_, _ = w.Write(body)
}

// hijacker keeps the connection under the upgrade and gives it buffers of the sizes asked for.
type hijacker struct {
	http.ResponseWriter
	o    Options
	conn net.Conn
	link *link
}

func (h *hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, brw, err := http.NewResponseController(h.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	if brw.Writer.Buffered() > 0 {
		_ = conn.Close()
		return nil, nil, errors.New("the answer to the handshake was not flushed")
	}
	if h.o.NoWait {
		if h.link, conn = linkOf(conn); h.link != nil {
			if err := h.link.hurry(); err != nil {
				_ = conn.Close()
				return nil, nil, err
			}
			brw.Writer.Reset(conn)
		}
	}
	h.conn = conn
	if h.o.WriteBuffer > brw.Writer.Size() {
		brw.Writer = bufio.NewWriterSize(conn, h.o.WriteBuffer)
	}
	if h.o.ReadBuffer > brw.Reader.Size() && brw.Reader.Buffered() == 0 { // what came with the request stays in the small one
		brw.Reader = bufio.NewReaderSize(conn, h.o.ReadBuffer)
	}
	return conn, brw, nil
}

// netConn is implemented by *tls.Conn.
type netConn interface{ NetConn() net.Conn }

// tcpOf finds the TCP connection below conn, through TLS; nil if it is another kind.
func tcpOf(conn net.Conn) *net.TCPConn {
	for {
		switch c := conn.(type) {
		case *net.TCPConn:
			return c
		case *link:
			return c.TCPConn
		case netConn:
			conn = c.NetConn()
		default:
			return nil
		}
	}
}
