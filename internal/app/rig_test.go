package app

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"scaip/internal/admin"
	"scaip/internal/client"
	"scaip/internal/event"
)

// A daemon is an App that runs in the test, with all its parts.
type daemon struct {
	t     *testing.T
	app   *App
	url   string
	admin *client.Admin
	ahead *atomic.Int64 // ns by which its clock is ahead
	stop  func()
}

// config is that of a daemon on a directory of the test's.
func config(t *testing.T) Config {
	return Config{DataDir: t.TempDir(), Listen: "127.0.0.1:0", MinFree: 1 << 20, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))}
}

// run starts a daemon and waits until it is ready. It stops with the test at the latest.
func run(t *testing.T, c Config) *daemon {
	t.Helper()
	d := &daemon{t: t, ahead: &atomic.Int64{}}
	c.Now = func() time.Time { return time.Now().Add(time.Duration(d.ahead.Load())) }
	a, err := Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()
	d.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	t.Cleanup(d.stop)
	select {
	case <-a.Ready():
	case err := <-ended:
		ended <- nil
		t.Fatalf("the daemon ended: %v", err)
	}
	path, release, err := admin.SocketPath(c.DataDir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(release)
	d.app, d.url, d.admin = a, a.URL(), client.NewAdmin(path)
	return d
}

// user makes an account and a session of it.
func (d *daemon) user(login, role string) (id, token string) {
	d.t.Helper()
	id, err := d.admin.AddUser(d.t.Context(), login, "correct horse", login, role)
	if err != nil {
		d.t.Fatal(err)
	}
	return id, d.session(login)
}

func (d *daemon) session(login string) string {
	d.t.Helper()
	token, _, err := d.admin.Session(d.t.Context(), login, "1h")
	if err != nil {
		d.t.Fatal(err)
	}
	return token
}

// command gives a command at the socket and returns the first event of the answer.
func (d *daemon) command(as string, body event.Body) event.Envelope {
	d.t.Helper()
	events, err := d.admin.Command(d.t.Context(), as, body)
	if err != nil {
		d.t.Fatalf("%s: %v", body.EventType(), err)
	}
	return events[0]
}

// A call is a request and what it must be answered with.
type request struct {
	method, path, token string
	body                any // nil: none
	header              http.Header
}

// do makes a request and returns status and body.
func (d *daemon) do(r request) (int, string, http.Header) {
	d.t.Helper()
	var body io.Reader
	if r.body != nil {
		raw, err := json.Marshal(r.body)
		if err != nil {
			d.t.Fatal(err)
		}
		body = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(d.t.Context(), r.method, "http://"+d.app.outside.Addr().String()+r.path, body)
	if err != nil {
		d.t.Fatal(err)
	}
	for k, v := range r.header {
		req.Header[k] = v
	}
	if h := r.header.Get("Host"); h != "" {
		req.Host = h
	}
	if r.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if r.token != "" {
		req.Header.Set("Authorization", "Bearer "+r.token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		d.t.Fatalf("%s %s: %v", r.method, r.path, err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		d.t.Fatalf("%s %s: %v", r.method, r.path, err)
	}
	return resp.StatusCode, string(raw), resp.Header
}
