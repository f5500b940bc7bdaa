package natslog_test

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"scaip/internal/log"
	"scaip/internal/log/logtest"
	"scaip/internal/log/natslog"
	"scaip/internal/log/prefixlog"
)

// A cluster is three servers that each keep every topic.
type cluster struct {
	t       *testing.T
	options [3]*server.Options
	servers [3]*server.Server
}

func startCluster(t *testing.T) *cluster {
	t.Helper()
	c := &cluster{t: t}
	var routes []*url.URL
	for i := range c.options {
		c.options[i] = &server.Options{ServerName: fmt.Sprintf("n%d", i), Host: "127.0.0.1", Port: -1, JetStream: true, StoreDir: t.TempDir(),
			NoSigs: true, NoLog: true, MaxPayload: 2 << 20, SyncAlways: true,
			Cluster: server.ClusterOpts{Name: "c", Host: "127.0.0.1", Port: freePort(t)}}
		routes = append(routes, &url.URL{Scheme: "nats", Host: fmt.Sprintf("127.0.0.1:%d", c.options[i].Cluster.Port)})
	}
	for i := range c.servers {
		c.options[i].Routes = routes
		c.start(i)
	}
	return c
}

// start runs the server i, at the port it had before.
func (c *cluster) start(i int) {
	c.t.Helper()
	s, err := server.NewServer(c.options[i])
	if err != nil {
		c.t.Fatal(err)
	}
	s.Start()
	if !s.ReadyForConnections(30 * time.Second) {
		c.t.Fatal("server does not start")
	}
	c.options[i].Port = s.Addr().(*net.TCPAddr).Port
	c.servers[i] = s
	c.t.Cleanup(func() { stop(s) })
}

// open connects to the cluster, as soon as it has agreed on who leads.
func (c *cluster) open(t *testing.T) *natslog.Log {
	t.Helper()
	urls := make([]string, len(c.servers))
	for i, s := range c.servers {
		urls[i] = s.ClientURL()
	}
	var err error
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		var l *natslog.Log
		if l, err = natslog.Open(t.Context(), strings.Join(urls, ","), natslog.Options{Replicas: 3, Timeout: 5 * time.Second}); err == nil {
			t.Cleanup(func() { l.Close() })
			return l
		}
	}
	t.Fatal(err)
	return nil
}

func TestCluster(t *testing.T) {
	c := startCluster(t)
	n := 0
	logtest.Run(t, func(t *testing.T) logtest.Subject {
		n++
		prefix := fmt.Sprintf("suite%d", n)
		open := func(t *testing.T) log.Admin { return prefixlog.New(c.open(t), prefix) }
		return logtest.Subject{Log: open(t), Reopen: open, Limits: true, Taken: len(prefix + ".")}
	})
}

// Each server of a cluster dies in turn and comes back: what was appended is there once and in order, and a reader that was there all the time got it.
func TestClusterLosesAServer(t *testing.T) {
	c := startCluster(t)
	l := c.open(t)
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	defer cancel()
	if err := l.Create(ctx, "a.in", log.Retention{}); err != nil {
		t.Fatal(err)
	}
	const rounds, size = 3, 20
	got := make(chan uint64, rounds*size)
	go func() {
		for batch, err := range l.Read(ctx, "a.in", 0) {
			if err != nil {
				if ctx.Err() == nil {
					t.Error(err)
				}
				return
			}
			for _, r := range batch {
				got <- r.Seq
			}
		}
	}()
	seq := uint64(0)
	for i := range rounds {
		stop(c.servers[i])
		for range size {
			seq++
			appendSoon(t, l, log.Record{Origin: "o", Seq: seq})
		}
		c.start(i)
	}
	for want := uint64(1); want <= seq; want++ {
		select {
		case n := <-got:
			if n != want {
				t.Fatalf("got seq %d, want %d", n, want)
			}
		case <-ctx.Done():
			t.Fatalf("nothing after seq %d", want-1)
		}
	}
}

// Last is what was appended last, whichever server is asked: the outbox relays go on behind it.
func TestClusterKnowsTheLast(t *testing.T) {
	c := startCluster(t)
	writer := c.open(t)
	if err := writer.Create(t.Context(), "a.in", log.Retention{}); err != nil {
		t.Fatal(err)
	}
	var readers []*natslog.Log
	for _, s := range c.servers {
		l, err := natslog.Open(t.Context(), s.ClientURL(), natslog.Options{Replicas: len(c.servers)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		readers = append(readers, l)
	}
	for seq := uint64(1); seq <= 300; seq++ {
		if _, err := writer.Append(t.Context(), "a.in", log.Record{Origin: "o", Seq: seq}); err != nil {
			t.Fatal(err)
		}
		for i, l := range readers {
			if last, ok, err := l.Last(t.Context(), "a.in"); err != nil || !ok || last.Seq != seq {
				t.Fatalf("asked at server %d after appending %d, the last is %d, %v, %v", i, seq, last.Seq, ok, err)
			}
		}
	}
}

// freePort returns a port on which nobody listens.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}
