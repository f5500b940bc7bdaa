package natslog_test

import (
	"testing"
	"time"

	"scaip/internal/log"
	"scaip/internal/log/logtest"
	"scaip/internal/log/natslog"
)

// kinds are the two ways in which the daemon runs a server.
var kinds = map[string]time.Duration{"synced": 0, "paced": 250 * time.Millisecond}

func serve(t testing.TB, dir string, sync time.Duration) (*natslog.Server, *natslog.Log) {
	t.Helper()
	s, err := natslog.Serve(natslog.ServerOptions{Dir: dir, Name: "test", Sync: sync, MaxBytes: 1 << 30})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	l, err := s.Log()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return s, l
}

func TestLog(t *testing.T) {
	for name, sync := range kinds {
		t.Run(name, func(t *testing.T) {
			logtest.Run(t, func(t *testing.T) logtest.Subject {
				dir := t.TempDir()
				s, l := serve(t, dir, sync)
				return logtest.Subject{Log: l, Limits: true, Reopen: func(t *testing.T) log.Admin {
					s.Close()
					s, l = serve(t, dir, sync)
					return l
				}}
			})
		})
	}
}
