package natslog_test

import (
	"context"
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"scaip/internal/log"
	"scaip/internal/log/logtest"
	"scaip/internal/log/natslog"
)

// listen runs a server as others run theirs. Port -1 is any.
func listen(t *testing.T, dir string, port int) *server.Server {
	t.Helper()
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: port, JetStream: true, StoreDir: dir, NoSigs: true, NoLog: true, MaxPayload: 2 << 20})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	if !s.ReadyForConnections(30 * time.Second) {
		t.Fatal("server does not start")
	}
	t.Cleanup(func() { stop(s) })
	return s
}

func stop(s *server.Server) {
	s.Shutdown()
	s.WaitForShutdown()
}

func connect(t *testing.T, s *server.Server, o natslog.Options) *natslog.Log {
	t.Helper()
	l, err := natslog.Open(t.Context(), s.ClientURL(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func TestRemote(t *testing.T) {
	logtest.Run(t, func(t *testing.T) logtest.Subject {
		s := listen(t, t.TempDir(), -1)
		return logtest.Subject{Log: connect(t, s, natslog.Options{}), Limits: true, Reopen: func(t *testing.T) log.Admin {
			return connect(t, s, natslog.Options{})
		}}
	})
}

func TestOpenWithoutServer(t *testing.T) {
	if l, err := natslog.Open(t.Context(), "nats://127.0.0.1:1", natslog.Options{}); err == nil {
		l.Close()
		t.Error("got no error")
	}
}

// A reader outlives its server: it gets each record once, whatever happens to the connection.
func TestReaderSurvivesServerRestarts(t *testing.T) {
	dir := t.TempDir()
	s := listen(t, dir, -1)
	port := s.Addr().(*net.TCPAddr).Port
	l := connect(t, s, natslog.Options{Timeout: 2 * time.Second})
	if err := l.Create(t.Context(), "a.in", log.Retention{}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	const rounds, size = 4, 25
	got, ended := make(chan uint64, rounds*size), make(chan error, 1)
	go func() {
		for batch, err := range l.Read(ctx, "a.in", 0) {
			if err != nil {
				ended <- err
				return
			}
			for _, r := range batch {
				got <- r.Seq
			}
		}
	}()
	seq := uint64(0)
	for round := range rounds {
		for range size {
			seq++
			appendSoon(t, l, log.Record{Origin: "o", Seq: seq})
		}
		// Half of the times the reader has seen all before the server goes.
		if round%2 == 0 {
			for len(got) < int(seq) && ctx.Err() == nil {
				<-time.After(time.Millisecond)
			}
		}
		stop(s)
		s = listen(t, dir, port)
	}
	for want := uint64(1); want <= seq; want++ {
		select {
		case n := <-got:
			if n != want {
				t.Fatalf("got seq %d, want %d", n, want)
			}
		case err := <-ended:
			t.Fatalf("after seq %d: %v", want-1, err)
		case <-ctx.Done():
			t.Fatalf("nothing after seq %d", want-1)
		}
	}
}

// appendSoon appends r, again and again while the server is away. It asks for the last record first, as an append that
// failed may have been one.
func appendSoon(t *testing.T, l log.Log, r log.Record) {
	t.Helper()
	var err error
	for range 100 {
		var last log.Record
		if last, _, err = l.Last(t.Context(), "a.in"); err == nil {
			if last.Seq == r.Seq {
				return
			}
			if _, err = l.Append(t.Context(), "a.in", r); err == nil {
				return
			}
		}
		<-time.After(100 * time.Millisecond) // until the connection is back
	}
	t.Fatal(fmt.Errorf("append %d: %w", r.Seq, err))
}
