package kafkalog_test

import (
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

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

// A cluster that wants TLS and a password lets in who has it, by each mechanism, and nobody else.
func TestLogin(t *testing.T) {
	web := httptest.NewTLSServer(nil) // for its certificate of 127.0.0.1
	defer web.Close()
	trust := web.Client().Transport.(*http.Transport).TLSClientConfig
	methods := map[string]string{kafkalog.Plain: "PLAIN", kafkalog.ScramSHA256: "SCRAM-SHA-256", kafkalog.ScramSHA512: "SCRAM-SHA-512"}
	opts := []kfake.Opt{kfake.TLS(&tls.Config{Certificates: web.TLS.Certificates}), kfake.EnableSASL()}
	for _, method := range methods {
		opts = append(opts, kfake.Superuser(method, method, "right"))
	}
	c := cluster(t, t.TempDir(), 1, opts...)
	open := func(o kafkalog.Options) error {
		o.Brokers, o.Timeout = c.ListenAddrs(), 2*time.Second
		l, err := kafkalog.Open(t.Context(), o)
		if err != nil {
			return err
		}
		defer l.Close()
		if err := l.Create(t.Context(), "a.in", log.Retention{}); err != nil {
			return err
		}
		_, err = l.Append(t.Context(), "a.in", log.Record{Value: []byte("x")})
		return err
	}
	for mechanism, user := range methods {
		o := kafkalog.Options{TLS: trust, Mechanism: mechanism, User: user, Password: "right"}
		if err := open(o); err != nil {
			t.Errorf("%s: %v", mechanism, err)
		}
		o.Password = "wrong"
		if err := open(o); err == nil || strings.Contains(err.Error(), "wrong") {
			t.Errorf("%s with a wrong password: %v", mechanism, err)
		}
	}
	for name, o := range map[string]kafkalog.Options{
		"no login":             {TLS: trust},
		"no TLS":               {Mechanism: kafkalog.ScramSHA512, User: "SCRAM-SHA-512", Password: "right"},
		"an unknown mechanism": {TLS: trust, Mechanism: "magic", User: "PLAIN", Password: "right"},
	} {
		if err := open(o); err == nil {
			t.Errorf("%s: let in", name)
		}
	}
}
