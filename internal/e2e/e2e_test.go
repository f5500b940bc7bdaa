// Package e2e tests the whole daemon, the real binary, from outside: bots, kills, downloads.
package e2e

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"scaip/internal/bench"
	"scaip/internal/client"
	"scaip/internal/event"
	"scaip/internal/media/matroska"
)

// binary is the daemon, built once.
var binary string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "scaip-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	binary = filepath.Join(dir, "scaipd")
	build := exec.Command("go", "build", "-o", binary, "scaip/cmd/scaipd")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build daemon: %v\n%s", err, out)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// start starts a daemon that ends with the test.
func start(t *testing.T) *bench.Daemon {
	t.Helper()
	d, err := bench.StartDaemon(t.Context(), binary, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Stop(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// somebody makes a user with a session.
func somebody(t *testing.T, d *bench.Daemon, login string) (*client.Client, string) {
	t.Helper()
	id, err := d.Admin.AddUser(t.Context(), login, "correct horse "+login, strings.ToUpper(login[:1])+login[1:], "")
	if err != nil {
		t.Fatal(err)
	}
	token, _, err := d.Admin.Session(t.Context(), login, "1h")
	if err != nil {
		t.Fatal(err)
	}
	c := &client.Client{URL: d.URL, Token: token}
	if _, err := c.Me(t.Context()); err != nil { // waits until he has arrived everywhere
		t.Fatal(err)
	}
	return c, id
}

// connect runs a socket until the test ends.
func connect(t *testing.T, c *client.Client) *client.Socket {
	t.Helper()
	s := c.NewSocket(client.SocketOptions{})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("socket: %v", err)
		}
	})
	return s
}

// send sends a command and decodes the answer as B.
func send[B event.Body](t *testing.T, s *client.Socket, cmd event.Body) B {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	e, err := s.Send(ctx, cmd)
	if err != nil {
		t.Fatal(err)
	}
	b, err := event.As[B](e)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// startCall makes a group of the maker and the others and starts its call, when all services know of it.
func startCall(t *testing.T, maker *client.Socket, others ...string) (group, call string) {
	t.Helper()
	group = send[event.GroupsCreated](t, maker, event.GroupsCreate{Name: "Team", Members: others}).Group
	for {
		e, err := maker.Send(t.Context(), event.CallsStart{Group: group, Title: "Stand-up"})
		if r, ok := event.AsRefusal(err); ok && r.Code == event.NotFound {
			continue // calls has not heard of the group yet
		}
		if err != nil {
			t.Fatal(err)
		}
		started, err := event.As[event.CallsStarted](e)
		if err != nil {
			t.Fatal(err)
		}
		return group, started.Call
	}
}

func readClip(t *testing.T, name string) *matroska.Clip {
	t.Helper()
	f, err := os.Open(filepath.Join("../../testdata/media", name))
	if err != nil {
		t.Fatal(err)
	}
	c, err := matroska.Read(f)
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	return c
}

// download has the call's file made and fetches it.
func download(t *testing.T, c *client.Client, call string, o client.ReplayOptions) string {
	t.Helper()
	s, err := c.PrepareReplay(t.Context(), call, o, nil)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "call.mkv")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(c.Download(t.Context(), s, f), f.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

// decodes has ffmpeg decode all of a file.
func decodes(t *testing.T, path string) {
	t.Helper()
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Log("NOT CHECKED: ffmpeg is not installed, so no foreign program has decoded the download")
		return
	}
	out, err := exec.Command("ffmpeg", "-v", "error", "-i", path, "-map", "0", "-f", "null", "-").CombinedOutput()
	if err != nil || len(out) > 0 {
		t.Errorf("ffmpeg: %v\n%s", err, out)
	}
}
