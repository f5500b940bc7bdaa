package ws

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"

	"github.com/coder/websocket"

	"scaip/internal/event"
)

// Dial connects to a ws, wss, http or https URL; header holds what the handshake adds (Authorization, Origin). ctx bounds the
// handshake only. If the server refuses in Scaip's words, the error is that event.Refusal.
func Dial(ctx context.Context, url string, header http.Header, o Options) (*Conn, error) {
	var raw net.Conn
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(i httptrace.GotConnInfo) { raw = i.Conn },
	})
	c, resp, err := websocket.Dial(ctx, url, &websocket.DialOptions{
		HTTPClient:      o.Client,
		HTTPHeader:      header,
		CompressionMode: websocket.CompressionDisabled,
	})
	if err != nil {
		var ref event.Refusal
		if resp != nil && resp.Body != nil && json.NewDecoder(resp.Body).Decode(&ref) == nil && ref.Code != "" {
			return nil, fmt.Errorf("dial %s: %w", url, ref)
		}
		return nil, fmt.Errorf("dial %s: %w", url, err)
	}
	if o.NotSent > 0 {
		boundUnsent(raw, o.NotSent)
	}
	c.SetReadLimit(o.readLimit())
	return &Conn{ws: c, raw: raw}, nil
}
