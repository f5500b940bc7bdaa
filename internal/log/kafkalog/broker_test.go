package kafkalog_test

import (
	"fmt"
	"testing"

	"scaip/internal/log"
	"scaip/internal/log/kafkalog"
	"scaip/internal/log/kafkalog/kafkatest"
	"scaip/internal/log/logtest"
	"scaip/internal/log/prefixlog"
)

// TestBroker runs the suite on Apache Kafka itself.
func TestBroker(t *testing.T) {
	broker := kafkatest.Start(t)
	n := 0
	logtest.Run(t, func(t *testing.T) logtest.Subject {
		n++
		prefix := fmt.Sprintf("suite%d", n)
		open := func(t *testing.T) log.Admin {
			l, err := kafkalog.Open(t.Context(), kafkalog.Options{Brokers: []string{broker}, Name: "test"})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { l.Close() })
			return prefixlog.New(l, prefix)
		}
		return logtest.Subject{Log: open(t), Reopen: open, Taken: len(prefix + ".")}
	})
}
