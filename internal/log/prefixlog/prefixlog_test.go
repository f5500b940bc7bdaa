package prefixlog_test

import (
	"errors"
	"testing"

	"scaip/internal/log"
	"scaip/internal/log/logtest"
	"scaip/internal/log/memlog"
	"scaip/internal/log/prefixlog"
)

func TestLog(t *testing.T) {
	logtest.Run(t, func(t *testing.T) logtest.Subject {
		l := prefixlog.New(memlog.New(), "office")
		t.Cleanup(func() { l.Close() })
		return logtest.Subject{Log: l, Limits: true, Taken: len("office.")}
	})
}

// TestNeighboursDoNotMeet: two users of one cluster have topics of the same name, and see each their own.
func TestNeighboursDoNotMeet(t *testing.T) {
	cluster := memlog.New()
	defer cluster.Close()
	ctx := t.Context()
	office, lab := prefixlog.New(cluster, "office"), prefixlog.New(cluster, "office-lab")
	for _, l := range []log.Admin{office, lab} {
		if err := l.Create(ctx, "auth.in", log.Retention{}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := office.Append(ctx, "auth.in", log.Record{Value: []byte("1")}); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := lab.Last(ctx, "auth.in"); err != nil || ok {
		t.Errorf("the lab sees the office's record: %v, %v", ok, err)
	}
	for name, l := range map[string]log.Admin{"office": office, "lab": lab} {
		infos, err := l.Topics(ctx, "auth.")
		if err != nil || len(infos) != 1 || infos[0].Topic != "auth.in" {
			t.Errorf("%s lists %+v, %v", name, infos, err)
		}
	}
	if infos, err := cluster.Topics(ctx, ""); err != nil || len(infos) != 2 || infos[1].Topic != "office.auth.in" {
		t.Errorf("the cluster has %+v, %v", infos, err)
	}
	if _, err := office.Append(ctx, "UPPER", log.Record{}); !errors.Is(err, log.ErrBadTopic) {
		t.Errorf("a bad name: %v", err)
	}
}
