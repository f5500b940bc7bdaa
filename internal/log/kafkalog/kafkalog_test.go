package kafkalog_test

import (
	"net"
	"strconv"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"

	"scaip/internal/log"
	"scaip/internal/log/kafkalog"
	"scaip/internal/log/logtest"
)

// cluster runs a Kafka cluster in this process, with its files in dir.
func cluster(t *testing.T, dir string, brokers int, opts ...kfake.Opt) *kfake.Cluster {
	t.Helper()
	c, err := kfake.NewCluster(append([]kfake.Opt{kfake.NumBrokers(brokers), kfake.DataDir(dir)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// ports returns where c listens, for a cluster that takes its place.
func ports(t *testing.T, c *kfake.Cluster) []int {
	t.Helper()
	var ports []int
	for _, a := range c.ListenAddrs() {
		_, port, err := net.SplitHostPort(a)
		if err != nil {
			t.Fatal(err)
		}
		n, err := strconv.Atoi(port)
		if err != nil {
			t.Fatal(err)
		}
		ports = append(ports, n)
	}
	return ports
}

func connect(t *testing.T, c *kfake.Cluster) *kafkalog.Log {
	t.Helper()
	l, err := kafkalog.Open(t.Context(), kafkalog.Options{Brokers: c.ListenAddrs(), Name: "test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func TestLog(t *testing.T) {
	logtest.Run(t, func(t *testing.T) logtest.Subject {
		dir := t.TempDir()
		c := cluster(t, dir, 3)
		const conn = "github.com/twmb/franz-go/pkg/kfake.(*clientConn)."
		return logtest.Subject{Log: connect(t, c), Foreign: []string{conn + "read", conn + "read.func1", conn + "write"}, Reopen: func(t *testing.T) log.Admin {
			at := ports(t, c)
			c.Close()
			c = cluster(t, dir, len(at), kfake.Ports(at...))
			return connect(t, c)
		}}
	})
}
