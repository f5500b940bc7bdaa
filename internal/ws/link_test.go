package ws_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"scaip/internal/ws"
)

// serveNoWait is serve with connections whose Write does not wait; c is to reach it.
func serveNoWait(t *testing.T, secure bool, handle func(*ws.Conn)) (url string, c *http.Client) {
	t.Helper()
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := ws.Accept(w, r, ws.Options{NoWait: true, NotSent: 16 << 10, WriteBuffer: 16 << 10, ReadBuffer: 16 << 10})
		if err != nil {
			t.Error(err)
			return
		}
		defer c.CloseNow()
		handle(c)
	}))
	srv.Listener = ws.NewListener(srv.Listener)
	if secure {
		srv.TLS = &tls.Config{NextProtos: []string{"http/1.1"}}
		srv.StartTLS()
	} else {
		srv.Start()
	}
	t.Cleanup(srv.Close)
	tr := srv.Client().Transport.(*http.Transport).Clone()
	tr.DialContext = (&net.Dialer{ControlContext: smallReceiveBuffer}).DialContext
	tr.ForceAttemptHTTP2 = false
	t.Cleanup(tr.CloseIdleConnections)
	return srv.URL, &http.Client{Transport: tr}
}

// TestNoWait: a peer who does not read makes nobody wait; what was written for him, with an answer to his ping between, comes whole and in order once he reads.
func TestNoWait(t *testing.T) {
	for _, secure := range []bool{false, true} {
		t.Run(map[bool]string{false: "plain", true: "TLS"}[secure], func(t *testing.T) {
			const messages = 300
			full, reads, done := make(chan int, 1), make(chan bool), make(chan error, 1)
			url, client := serveNoWait(t, secure, func(c *ws.Conn) {
				reading := make(chan struct{})
				go func() {
					defer close(reading)
					_, _, _ = c.Next(context.Background())
				}()
				n := 0
				write := func() bool {
					if err := c.Write(context.Background(), true, bytes.Repeat([]byte{byte(n)}, 1000+n*100)); err != nil {
						done <- err
						return false
					}
					n++
					return true
				}
				for !c.Waits() && write() {
				}
				full <- n
				<-reads
				for n < messages && write() {
					if err := c.Drain(); err != nil || c.Waits() {
						done <- err
						return
					}
				}
				done <- c.Close(ws.Policy, "over")
				<-reading
			})
			c, err := ws.Dial(t.Context(), url, nil, ws.Options{Client: client, ReadLimit: 1 << 20})
			if err != nil {
				t.Fatal(err)
			}
			defer c.CloseNow()
			if n := <-full; n == 0 || n == messages {
				t.Fatalf("%d messages were written before one had to wait", n)
			}
			pinged := make(chan error, 1)
			go func() {
				ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
				defer cancel()
				pinged <- c.Ping(ctx)
			}()
			close(reads)
			for i := range messages {
				binary, data, err := c.Next(t.Context())
				if err != nil || !binary || !bytes.Equal(data, bytes.Repeat([]byte{byte(i)}, 1000+i*100)) {
					t.Fatalf("message %d is %d bytes of %v: %v", i, len(data), data[:min(len(data), 1)], err)
				}
			}
			_, _, err = c.Next(t.Context())
			if code, reason, _ := ws.CloseError(err); code != ws.Policy || reason != "over" {
				t.Errorf("it ended with %v", err)
			}
			if err := <-done; err != nil {
				t.Error(err)
			}
			if err := <-pinged; err != nil {
				t.Errorf("ping: %v", err)
			}
		})
	}
}

// TestNoWaitIsBounded: for a peer who never reads, little is kept.
func TestNoWaitIsBounded(t *testing.T) {
	wrote := make(chan int, 1)
	url, client := serveNoWait(t, false, func(c *ws.Conn) {
		n := 0
		for msg := make([]byte, 8<<10); c.Write(context.Background(), true, msg) == nil; n += len(msg) {
		}
		wrote <- n
		if err := c.Drain(); err == nil {
			t.Error("what was broken is drained")
		}
	})
	c, err := ws.Dial(t.Context(), url, nil, ws.Options{Client: client})
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	if n := <-wrote; n < 1<<19 || n > 2<<20 {
		t.Errorf("%d bytes were taken for a peer that reads nothing, want about a MiB", n)
	}
}

// TestCloseEndsDrain: nobody waits for a connection that is closed.
func TestCloseEndsDrain(t *testing.T) {
	done := make(chan struct{})
	url, client := serveNoWait(t, false, func(c *ws.Conn) {
		defer close(done)
		for msg := make([]byte, 8<<10); !c.Waits(); {
			if err := c.Write(context.Background(), true, msg); err != nil {
				t.Error(err)
				return
			}
		}
		time.AfterFunc(20*time.Millisecond, c.CloseNow)
		if err := c.Drain(); err == nil {
			t.Error("all was written to a peer that reads nothing")
		}
	})
	c, err := ws.Dial(t.Context(), url, nil, ws.Options{Client: client})
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	<-done
}
