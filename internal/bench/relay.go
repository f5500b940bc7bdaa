package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"scaip/internal/media"
	"scaip/internal/ws"
)

// Relay is the floor of a call: it listens on loopback, prints its URL as a line to out, and copies every message of a media socket to
// all other sockets of its kind, until in ends. It checks nothing, keeps nothing, drops nothing.
func Relay(in io.Reader, out io.Writer) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("relay: %w", err)
	}
	r := &relay{began: time.Now(), conns: map[string]map[*ws.Conn]bool{media.Audio: {}, media.Video: {}}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /media/{kind}/{call}", r.serve)
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go func() {
		_, _ = io.Copy(io.Discard, in) // until whoever started it is gone
		srv.Close()
	}()
	fmt.Fprintln(out, "http://"+l.Addr().String())
	if err := srv.Serve(l); err != http.ErrServerClosed {
		return fmt.Errorf("relay: %w", err)
	}
	return nil
}

type relay struct {
	began time.Time

	mu    sync.RWMutex
	seats int
	conns map[string]map[*ws.Conn]bool // by kind
}

func (r *relay) serve(w http.ResponseWriter, req *http.Request) {
	kind := req.PathValue("kind")
	conn, err := ws.Accept(w, req, ws.Options{ReadLimit: media.MaxMessage, WriteBuffer: 64 << 10})
	if err != nil {
		return
	}
	defer conn.CloseNow()
	ctx := context.Background()
	r.mu.Lock()
	r.seats++ // one each socket: nobody compares the kinds here
	seat := r.seats
	r.mu.Unlock()
	hello := map[string]any{"hello": map[string]any{"kind": kind, "seat": seat, "track": seat * 4, "now": r.now()}}
	if raw, err := json.Marshal(hello); err != nil || conn.Write(ctx, false, raw) != nil {
		return
	}
	r.mu.Lock()
	if r.conns[kind] != nil {
		r.conns[kind][conn] = true
	}
	r.mu.Unlock()
	defer func() {
		r.mu.Lock()
		delete(r.conns[kind], conn)
		r.mu.Unlock()
	}()
	for {
		binary, data, err := conn.Next(ctx)
		if err != nil {
			return
		}
		if !binary {
			r.pong(conn, data)
			continue
		}
		r.mu.RLock()
		for other := range r.conns[kind] {
			if other != conn {
				_ = other.Write(ctx, true, data) // its own reader notices that it is gone
			}
		}
		r.mu.RUnlock()
	}
}

func (r *relay) now() int64 { return time.Since(r.began).Microseconds() }

// pong answers a ping, so that the bots' clocks agree.
func (r *relay) pong(conn *ws.Conn, data []byte) {
	var in struct {
		Ping *struct {
			T float64 `json:"t"`
		} `json:"ping"`
	}
	if json.Unmarshal(data, &in) == nil && in.Ping != nil {
		_ = conn.Write(context.Background(), false, fmt.Appendf(nil, `{"pong":{"t":%.0f,"now":%d}}`, in.Ping.T, r.now()))
	}
}

// relayProcess is a relay in a process of its own.
type relayProcess struct {
	cmd *exec.Cmd
	in  io.Closer
	url string
}

func startRelay(command []string) (*relayProcess, error) {
	p := &relayProcess{cmd: exec.Command(command[0], command[1:]...)}
	p.cmd.Stderr = os.Stderr
	in, err := p.cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start relay: %w", err)
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start relay: %w", err)
	}
	p.in = in
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start relay: %w", err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		p.stop()
		return nil, fmt.Errorf("start relay: it says nothing: %w", err)
	}
	p.url = strings.TrimSpace(line)
	return p, nil
}

// stop ends the process: its input ends.
func (p *relayProcess) stop() {
	_ = p.in.Close()
	_ = p.cmd.Wait()
}
