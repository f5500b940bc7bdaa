package ws_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"scaip/internal/event"
	"scaip/internal/ws"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve runs handle on each connection that is accepted with o; handle's connection is dropped when it returns.
func serve(t *testing.T, o ws.Options, handle func(*ws.Conn)) string {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := ws.Accept(w, r, o)
		if err != nil {
			return
		}
		defer c.CloseNow()
		handle(c)
	}))
	t.Cleanup(srv.Close)
	return srv.URL
}

// client has a transport of its own, so that no idle connection outlives the test.
func client(t *testing.T) *http.Client {
	tr := &http.Transport{}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr}
}

func dial(t *testing.T, url string, o ws.Options) *ws.Conn {
	t.Helper()
	o.Client = client(t)
	c, err := ws.Dial(t.Context(), url, nil, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.CloseNow)
	return c
}

func echo(c *ws.Conn) {
	for {
		bin, data, err := c.Next(context.Background())
		if err != nil || c.Write(context.Background(), bin, data) != nil {
			return
		}
	}
}

func TestMessagesArriveWholeAndOwned(t *testing.T) {
	url := serve(t, ws.Options{ReadLimit: 1 << 20, NotSent: 16 << 10, WriteBuffer: 16 << 10}, echo)
	c := dial(t, url, ws.Options{ReadLimit: 1 << 20, NotSent: 16 << 10})
	var got [][]byte
	var want [][]byte
	for i, n := range []int{0, 1, 125, 126, 4096, 20000, 65536, 1 << 20, 3} {
		msg := bytes.Repeat([]byte{byte('a' + i)}, n)
		want = append(want, msg)
		if err := c.Write(t.Context(), i%2 == 0, msg); err != nil {
			t.Fatal(err)
		}
		bin, data, err := c.Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if bin != (i%2 == 0) {
			t.Errorf("message %d: binary %v, want %v", i, bin, i%2 == 0)
		}
		got = append(got, data)
	}
	for i := range want { // after all reads: none may have overwritten an earlier one
		if !bytes.Equal(got[i], want[i]) {
			t.Errorf("message %d of %d bytes came back as %d other bytes", i, len(want[i]), len(got[i]))
		}
	}
}

func TestOrigin(t *testing.T) {
	url := serve(t, ws.Options{}, echo)
	host := strings.TrimPrefix(url, "http://")
	for _, tc := range []struct {
		name, origin string
		ok           bool
	}{
		{"none", "", true},
		{"same", "http://" + host, true},
		{"other host", "http://evil.example", false},
		{"other port", "http://127.0.0.1:1", false},
		{"opaque", "null", false},
		{"not a URL", "http://[", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			h := http.Header{}
			if tc.origin != "" {
				h.Set("Origin", tc.origin)
			}
			c, err := ws.Dial(t.Context(), url, h, ws.Options{Client: client(t)})
			if err == nil {
				c.CloseNow()
			}
			if (err == nil) != tc.ok {
				t.Fatalf("error %v, want ok %v", err, tc.ok)
			}
			if ref, is := event.AsRefusal(err); err != nil && (!is || ref.Code != event.Denied) {
				t.Errorf("error %v, want a denied refusal", err)
			}
		})
	}
}

func TestCloseTellsCodeAndReason(t *testing.T) {
	url := serve(t, ws.Options{}, func(c *ws.Conn) { _ = c.Close(ws.CallEnded, strings.Repeat("x", 200)) })
	c := dial(t, url, ws.Options{})
	_, _, err := c.Read(t.Context())
	code, reason, ok := ws.CloseError(err)
	if !ok || code != ws.CallEnded || reason != strings.Repeat("x", 123) {
		t.Errorf("got %d %q %v (%v), want 4000 and 123 bytes of reason", code, reason, ok, err)
	}
}

func TestTooLongMessageCloses(t *testing.T) {
	done := make(chan error, 1)
	url := serve(t, ws.Options{ReadLimit: 1000}, func(c *ws.Conn) {
		_, _, err := c.Read(context.Background())
		done <- err
	})
	c := dial(t, url, ws.Options{})
	if err := c.Write(t.Context(), true, make([]byte, 1001)); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err == nil {
		t.Error("a message over the limit was read")
	}
	_, _, err := c.Read(t.Context())
	if code, _, _ := ws.CloseError(err); code != ws.TooBig {
		t.Errorf("got %v, want close code 1009", err)
	}
}

func TestCloseOfADeafPeerIsPrompt(t *testing.T) {
	took := make(chan time.Duration, 1)
	url := serve(t, ws.Options{}, func(c *ws.Conn) {
		start := time.Now()
		_ = c.Close(ws.Policy, "")
		took <- time.Since(start)
	})
	dial(t, url, ws.Options{}) // never reads, so never answers the close
	if d := <-took; d > 3*time.Second {
		t.Errorf("Close took %v, want about a second", d)
	}
}

func TestWriteWaitsForASlowPeer(t *testing.T) {
	wrote := make(chan int, 1)
	url := serve(t, ws.Options{NotSent: 16 << 10}, func(c *ws.Conn) {
		ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
		defer cancel()
		n := 0
		for msg := make([]byte, 8<<10); c.Write(ctx, true, msg) == nil; n += len(msg) {
		}
		wrote <- n
	})
	d := net.Dialer{ControlContext: smallReceiveBuffer}
	tr := &http.Transport{DialContext: d.DialContext}
	c, err := ws.Dial(t.Context(), url, nil, ws.Options{Client: &http.Client{Transport: tr}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	if n := <-wrote; n > 1<<20 {
		t.Errorf("the kernel took %d bytes for a peer that reads nothing, want little", n)
	}
}

func TestEndOfContextEndsRead(t *testing.T) {
	url := serve(t, ws.Options{}, echo)
	c := dial(t, url, ws.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := c.Read(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}
