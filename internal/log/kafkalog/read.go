package kafkalog

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"scaip/internal/log"
)

// What Read yields at most at once, and what one fetch brings: less, as one may exceed it by a batch.
const (
	yieldRecords = 1000
	yieldBytes   = 8 << 20
	fetchBytes   = 4 << 20
)

// An idle reader asks the broker every fetchWait, which answers at once when a record comes. Every lookAgain it looks whether
// the topic is still the same, which no broker says by itself.
const (
	fetchWait = 5 * time.Second
	lookAgain = 5 * time.Second
)

// retry is how long a reader waits after a failure that may pass.
const retry = 250 * time.Millisecond

// Read implements log.Log.
func (l *Log) Read(ctx context.Context, topic log.Topic, from int64) iter.Seq2[[]log.Record, error] {
	return func(yield func([]log.Record, error) bool) {
		r := &reader{log: l, topic: topic, next: from, deleted: l.deletion(topic)}
		defer r.stop()
		for {
			batch, err := r.batch(ctx)
			if err != nil {
				yield(nil, fmt.Errorf("read %s from %d: %w", topic, r.next, translate(err)))
				return
			}
			for len(batch) > 0 {
				n := portion(batch)
				if !yield(batch[:n:n], nil) {
					return
				}
				batch = batch[n:]
			}
		}
	}
}

// portion returns how many of the records can be yielded at once.
func portion(records []log.Record) int {
	size := 0
	for n, r := range records {
		if size += len(r.Value) + len(r.Key) + len(r.Origin); n > 0 && size > yieldBytes {
			return n
		}
	}
	return len(records)
}

// A reader is one Read. Its client repairs what it can; for the rest it makes a new one at the offset it needs next.
type reader struct {
	log     *Log
	topic   log.Topic
	next    int64
	id      kadm.TopicID // of the topic when the Read began
	deleted <-chan struct{}
	client  *kgo.Client // nil: to be made
}

func (r *reader) stop() {
	if r.client != nil {
		r.client.Close()
		r.client = nil
	}
}

// batch waits for at least one record and returns what is at hand.
func (r *reader) batch(ctx context.Context) ([]log.Record, error) {
	for {
		if r.client == nil {
			if err := r.start(ctx); err != nil {
				if !passing(err) || ctx.Err() != nil {
					return nil, errors.Join(ctx.Err(), err)
				}
				r.log.options.Logger.Warn("reader waits for Kafka", "topic", r.topic, "error", err)
				if err := r.wait(ctx, retry); err != nil {
					return nil, err
				}
				continue
			}
		}
		records, err := r.poll(ctx)
		if len(records) > 0 {
			return records, nil
		}
		switch {
		case r.ended(ctx) != nil:
			return nil, r.ended(ctx)
		case errors.Is(err, context.DeadlineExceeded): // idle for lookAgain
			if err := r.look(ctx); err != nil && !passing(err) {
				return nil, err
			}
		case err != nil:
			r.log.options.Logger.Warn("reader begins anew", "topic", r.topic, "error", err)
			r.stop()
			if err := r.wait(ctx, retry/10); err != nil {
				return nil, err
			}
		}
	}
}

// ended returns why the Read ends: its context, the topic or the log has.
func (r *reader) ended(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-r.log.closed:
		return log.ErrClosed
	case <-r.deleted:
		return log.ErrNoTopic
	default:
		return nil
	}
}

// wait waits for d, or returns why the Read ends.
func (r *reader) wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	case <-r.log.closed:
	case <-r.deleted:
	}
	return r.ended(ctx)
}

// look checks that the topic is the one that it was.
func (r *reader) look(ctx context.Context) error {
	if err := r.log.usable(r.topic); err != nil {
		return err
	}
	id, err := r.log.id(ctx, r.topic)
	if err != nil {
		return err
	}
	if r.id == (kadm.TopicID{}) {
		r.id = id
	}
	if r.id != id {
		return fmt.Errorf("%w: another of the same name", log.ErrNoTopic)
	}
	return nil
}

// start makes a client that fetches from r.next on; or from the end, if that is before r.next: what comes in between is
// skipped then.
func (r *reader) start(ctx context.Context) error {
	if err := r.look(ctx); err != nil {
		return err
	}
	b, err := r.log.bounds(ctx, r.topic)
	if err != nil {
		return err
	}
	if r.next < b.First {
		return log.ErrTruncated
	}
	r.client, err = r.log.fetcher(r.topic, min(r.next, b.Next))
	return err
}

// poll returns the next records, or an error if the client is of no use any more.
func (r *reader) poll(ctx context.Context) ([]log.Record, error) {
	ctx, cancel := context.WithTimeout(ctx, lookAgain)
	defer cancel()
	polled := make(chan struct{})
	defer close(polled)
	watched := make(chan struct{})
	go func() { // ends with this call
		defer close(watched)
		select {
		case <-r.log.closed:
		case <-r.deleted:
		case <-polled:
		}
		cancel()
	}()
	fetches := r.client.PollRecords(ctx, yieldRecords)
	var records []log.Record
	fetches.EachRecord(func(m *kgo.Record) {
		if m.Offset >= r.next {
			r.next = m.Offset + 1
			records = append(records, record(m))
		}
	})
	for _, e := range fetches.Errors() {
		return records, e.Err
	}
	return records, nil
}

// fetcher makes a client that reads the topic from an offset on.
func (l *Log) fetcher(topic log.Topic, from int64, opts ...kgo.Opt) (*kgo.Client, error) {
	return l.client(append(opts,
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{string(topic): {0: kgo.NewOffset().At(from)}}),
		kgo.ConsumeResetOffset(kgo.NoResetOffset()), // a trimmed offset is an error, not another offset
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.FetchMaxBytes(fetchBytes),
		kgo.FetchMaxPartitionBytes(fetchBytes),
		kgo.FetchMaxWait(fetchWait),
	)...)
}

// one reads the record at an offset that there is.
func (l *Log) one(ctx context.Context, topic log.Topic, at int64) (*kgo.Record, error) {
	client, err := l.fetcher(topic, at, kgo.KeepControlRecords())
	if err != nil {
		return nil, err
	}
	defer client.Close()
	for {
		fetches := client.PollRecords(ctx, 1)
		for _, e := range fetches.Errors() {
			return nil, e.Err
		}
		if records := fetches.Records(); len(records) > 0 {
			return records[0], nil
		}
	}
}

// passing says whether a failure may pass: the cluster can't be reached or is busy with itself.
func passing(err error) bool {
	for _, e := range []error{log.ErrNoTopic, log.ErrTruncated, log.ErrClosed, log.ErrBadTopic} {
		if errors.Is(err, e) {
			return false
		}
	}
	if isUnknown(err) {
		return false
	}
	var k *kerr.Error
	return !errors.As(err, &k) || k.Retriable
}
