package memlog_test

import (
	"testing"

	"scaip/internal/log/logtest"
	"scaip/internal/log/memlog"
)

func TestLog(t *testing.T) {
	logtest.Run(t, func(t *testing.T) logtest.Subject {
		l := memlog.New()
		t.Cleanup(func() { l.Close() })
		return logtest.Subject{Log: l, Limits: true}
	})
}
