package kafkalog_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"scaip/internal/log"
	"scaip/internal/log/kafkalog"
)

// A trial appends and reads while something goes wrong, and checks that each record comes once and in order.
type trial struct {
	t    *testing.T
	c    *kfake.Cluster
	l    *kafkalog.Log
	ctx  context.Context
	seq  uint64
	got  chan uint64
	done chan error
}

func newTrial(t *testing.T, c *kfake.Cluster) *trial {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 40*time.Second)
	tr := &trial{t: t, c: c, l: connect(t, c), ctx: ctx, got: make(chan uint64, 10000), done: make(chan error, 1)}
	if err := tr.l.Create(ctx, "a.in", log.Retention{}); err != nil {
		t.Fatal(err)
	}
	go func() {
		var end error
		for batch, err := range tr.l.Read(ctx, "a.in", 0) {
			end = err
			for _, r := range batch {
				tr.got <- r.Seq
			}
		}
		tr.done <- end
	}()
	t.Cleanup(func() {
		cancel()
		<-tr.done
	})
	return tr
}

// append appends n records at once.
func (tr *trial) append(n int) {
	tr.t.Helper()
	records := make([]log.Record, n)
	for i := range records {
		tr.seq++
		records[i] = log.Record{Origin: "o", Seq: tr.seq, Value: []byte("value")}
	}
	if _, err := tr.l.Append(tr.ctx, "a.in", records...); err != nil {
		tr.t.Fatal(err)
	}
}

// check waits until the reader has got all that was appended, and looks at the topic itself.
func (tr *trial) check(seen uint64) uint64 {
	tr.t.Helper()
	for want := seen + 1; want <= tr.seq; want++ {
		select {
		case got := <-tr.got:
			if got != want {
				tr.t.Fatalf("reader got seq %d, want %d", got, want)
			}
		case <-tr.ctx.Done():
			tr.t.Fatalf("reader got nothing after seq %d", want-1)
		}
	}
	b, err := tr.l.Bounds(tr.ctx, "a.in")
	if err != nil || b.Next != int64(tr.seq) {
		tr.t.Fatalf("bounds: got %v, %v, want %d records", b, err, tr.seq)
	}
	return tr.seq
}

func TestRetriableErrors(t *testing.T) {
	t.Parallel()
	for _, f := range []struct {
		key  kmsg.Key
		errs []*kerr.Error
	}{
		// The last two are said although the records were appended: they must not be appended again.
		{kmsg.Produce, []*kerr.Error{kerr.NotLeaderForPartition, kerr.LeaderNotAvailable, kerr.NotEnoughReplicas, kerr.RequestTimedOut, kerr.NotEnoughReplicasAfterAppend}},
		{kmsg.Fetch, []*kerr.Error{kerr.NotLeaderForPartition, kerr.UnknownLeaderEpoch, kerr.KafkaStorageError}},
		{kmsg.Metadata, []*kerr.Error{kerr.LeaderNotAvailable}},
		{kmsg.ListOffsets, []*kerr.Error{kerr.NotLeaderForPartition}},
	} {
		for _, e := range f.errs {
			t.Run(fmt.Sprint(f.key.Name(), " ", e.Message), func(t *testing.T) {
				c := cluster(t, t.TempDir(), 3)
				tr := newTrial(t, c)
				tr.append(3)
				seen := tr.check(0)
				faults := c.Fault(kfake.Fault{Keys: []kmsg.Key{f.key}, Topic: "a.in", Err: e, Count: 2})
				defer faults.Remove()
				for range 4 {
					tr.append(5)
				}
				tr.check(seen)
			})
		}
	}
}

func TestBrokenConnections(t *testing.T) {
	t.Parallel()
	for _, key := range []kmsg.Key{kmsg.Produce, kmsg.Fetch} {
		t.Run(key.Name(), func(t *testing.T) {
			c := cluster(t, t.TempDir(), 3)
			tr := newTrial(t, c)
			tr.append(1)
			for range 3 {
				c.ControlKey(int16(key), func(kmsg.Request) (kmsg.Response, error, bool) {
					return nil, errors.New("the connection breaks"), true
				})
				tr.append(10)
			}
			tr.check(0)
		})
	}
}

func TestMovedPartition(t *testing.T) {
	t.Parallel()
	c := cluster(t, t.TempDir(), 3)
	tr := newTrial(t, c)
	seen := uint64(0)
	for node := range int32(6) {
		tr.append(4)
		if err := c.MoveTopicPartition("a.in", 0, node%3); err != nil {
			t.Fatal(err)
		}
		tr.append(4)
		seen = tr.check(seen)
	}
}

func TestRestartedBrokers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c := cluster(t, dir, 3)
	at := ports(t, c)
	tr := newTrial(t, c)
	seen := uint64(0)
	for round := range 3 {
		tr.append(20)
		if round != 1 {
			seen = tr.check(seen)
		}
		c.Close()
		appended := make(chan struct{})
		go func() { // begins without any broker
			defer close(appended)
			tr.append(5)
		}()
		c = cluster(t, dir, 3, kfake.Ports(at...))
		select {
		case <-appended:
		case <-tr.ctx.Done():
			t.Fatal("the append did not end")
		}
	}
	tr.check(seen)
}

// What the cluster refuses for good must not be followed by the rest of the Append.
func TestRefusedBatchLeavesPrefix(t *testing.T) {
	t.Parallel()
	c := cluster(t, t.TempDir(), 1)
	tr := newTrial(t, c)
	tr.append(1)
	requests := map[kmsg.Request]bool{}
	c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: "a.in", Err: kerr.MessageTooLarge, Count: 1, When: func(r kmsg.Request) bool {
		requests[r] = true
		return len(requests) == 2
	}})
	records := make([]log.Record, 4000)
	for i := range records {
		records[i] = log.Record{Origin: "o", Seq: tr.seq + uint64(i) + 1}
	}
	if _, err := tr.l.Append(tr.ctx, "a.in", records...); !errors.Is(err, log.ErrTooLarge) {
		t.Fatalf("got %v, want %v", err, log.ErrTooLarge)
	}
	last, ok, err := tr.l.Last(tr.ctx, "a.in")
	if err != nil || !ok || last.Seq != uint64(last.Offset)+1 || last.Seq != 1001 {
		t.Fatalf("last: got seq %d at %d, %v, %v, want the first batch", last.Seq, last.Offset, ok, err)
	}
	tr.seq = last.Seq
	tr.append(3) // the writer goes on where the log ends
	tr.check(0)
}

func TestTopicDeletedByAnother(t *testing.T) {
	t.Parallel()
	c := cluster(t, t.TempDir(), 3)
	tr := newTrial(t, c)
	tr.append(3)
	tr.check(0)
	if err := c.DeleteTopic("a.in"); err != nil {
		t.Fatal(err)
	}
	if _, err := tr.l.Append(tr.ctx, "a.in", log.Record{}); !errors.Is(err, log.ErrNoTopic) {
		t.Errorf("append: got %v, want %v", err, log.ErrNoTopic)
	}
	select {
	case err := <-tr.done:
		if !errors.Is(err, log.ErrNoTopic) {
			t.Errorf("read: got %v, want %v", err, log.ErrNoTopic)
		}
		tr.done <- err
	case <-tr.ctx.Done():
		t.Error("the reader did not notice")
	}
}

func TestOpenWithoutBroker(t *testing.T) {
	t.Parallel()
	if l, err := kafkalog.Open(t.Context(), kafkalog.Options{Brokers: []string{"127.0.0.1:1"}, Timeout: time.Second}); err == nil {
		l.Close()
		t.Error("got no error")
	}
}
