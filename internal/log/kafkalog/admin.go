package kafkalog

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"scaip/internal/log"
)

// settle is how long to wait between two looks at whether the cluster has done what it said.
const settle = 20 * time.Millisecond

// Create implements log.Admin. The Retention is not obeyed: the topic keeps everything.
func (l *Log) Create(ctx context.Context, topic log.Topic, r log.Retention) error {
	if err := l.create(ctx, topic); err != nil {
		return fmt.Errorf("create topic %q: %w", topic, translate(err))
	}
	return nil
}

func (l *Log) create(ctx context.Context, topic log.Topic) error {
	if err := l.usable(topic); err != nil {
		return err
	}
	ctx, cancel := l.limit(ctx)
	defer cancel()
	_, err := l.admin.CreateTopic(ctx, 1, l.options.Replicas, map[string]*string{
		"cleanup.policy":         kadm.StringPtr("delete"),
		"retention.ms":           kadm.StringPtr("-1"),
		"retention.bytes":        kadm.StringPtr("-1"),
		"max.message.bytes":      kadm.StringPtr(fmt.Sprint(topicBatch)),
		"message.timestamp.type": kadm.StringPtr("LogAppendTime"),
	}, string(topic))
	if err != nil && !errors.Is(err, kerr.TopicAlreadyExists) {
		return err
	}
	return l.until(ctx, func() (bool, error) {
		_, err := l.id(ctx, topic)
		if isUnknown(err) || kerr.IsRetriable(err) {
			return false, nil
		}
		return err == nil, err
	})
}

// Delete implements log.Admin.
func (l *Log) Delete(ctx context.Context, topic log.Topic) error {
	if err := l.delete(ctx, topic); err != nil {
		return fmt.Errorf("delete topic %q: %w", topic, translate(err))
	}
	return nil
}

func (l *Log) delete(ctx context.Context, topic log.Topic) error {
	if err := l.usable(topic); err != nil {
		return err
	}
	ctx, cancel := l.limit(ctx)
	defer cancel()
	if _, err := l.admin.DeleteTopic(ctx, string(topic)); err != nil && !isUnknown(err) {
		return err
	}
	if err := l.until(ctx, func() (bool, error) {
		_, err := l.id(ctx, topic)
		if isUnknown(err) {
			return true, nil
		}
		return false, err
	}); err != nil {
		return err
	}
	l.forget(topic, nil)
	l.mu.Lock()
	defer l.mu.Unlock()
	if c := l.deletions[topic]; c != nil {
		close(c)
		delete(l.deletions, topic)
	}
	return nil
}

// until asks done again and again until it says so, fails, or ctx ends. Brokers learn of a change one after the other.
func (l *Log) until(ctx context.Context, done func() (bool, error)) error {
	for {
		if ok, err := done(); ok || err != nil {
			return err
		}
		timer := time.NewTimer(settle)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
	}
}

// ask does one request or several that may be repeated, again after a broken connection until ctx or the Log's timeout ends.
func (l *Log) ask(ctx context.Context, do func(context.Context) error) error {
	ctx, cancel := l.limit(ctx)
	defer cancel()
	var last error
	err := l.until(ctx, func() (bool, error) {
		last = do(ctx)
		var network *net.OpError
		if errors.Is(last, io.EOF) || errors.As(last, &network) || kgo.IsRetryableBrokerErr(last) {
			return false, nil
		}
		return true, last
	})
	if ctx.Err() != nil && last != nil {
		return fmt.Errorf("%w: %w", ctx.Err(), last)
	}
	return err
}

// id returns the identity of the topic, which one made later under its name doesn't share.
func (l *Log) id(ctx context.Context, topic log.Topic) (kadm.TopicID, error) {
	var topics kadm.TopicDetails
	if err := l.ask(ctx, func(ctx context.Context) (err error) {
		topics, err = l.admin.ListTopics(ctx, string(topic))
		return err
	}); err != nil {
		return kadm.TopicID{}, err
	}
	t, ok := topics[string(topic)]
	switch {
	case !ok:
		return kadm.TopicID{}, kerr.UnknownTopicOrPartition
	case t.Err != nil:
		return kadm.TopicID{}, t.Err
	case len(t.Partitions) != 1:
		return kadm.TopicID{}, fmt.Errorf("the topic has %d partitions, want 1", len(t.Partitions))
	case t.Partitions[0].Err != nil:
		return kadm.TopicID{}, t.Partitions[0].Err
	}
	return t.ID, nil
}

// Trim implements log.Admin.
func (l *Log) Trim(ctx context.Context, topic log.Topic, before int64) error {
	if err := l.trim(ctx, topic, before); err != nil {
		return fmt.Errorf("trim %s: %w", topic, translate(err))
	}
	return nil
}

func (l *Log) trim(ctx context.Context, topic log.Topic, before int64) error {
	b, err := l.bounds(ctx, topic)
	if err != nil {
		return err
	}
	// A negative offset would mean the end, and one beyond the end is refused.
	before = min(before, b.Next)
	if before <= b.First {
		return nil
	}
	var o kadm.Offsets
	o.AddOffset(string(topic), 0, before, -1)
	return l.ask(ctx, func(ctx context.Context) error {
		answers, err := l.admin.DeleteRecords(ctx, o)
		if err != nil {
			return err
		}
		return answers.Error()
	})
}

// Topics implements log.Admin.
func (l *Log) Topics(ctx context.Context, prefix string) ([]log.TopicInfo, error) {
	var infos []log.TopicInfo
	if err := l.ask(ctx, func(ctx context.Context) (err error) {
		infos, err = l.topics(ctx, prefix)
		return err
	}); err != nil {
		return nil, fmt.Errorf("list topics: %w", translate(err))
	}
	return infos, nil
}

func (l *Log) topics(ctx context.Context, prefix string) ([]log.TopicInfo, error) {
	if err := l.usable("any"); err != nil {
		return nil, err
	}
	all, err := l.admin.ListTopics(ctx)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, t := range all {
		if t.Err == nil && len(t.Partitions) == 1 && log.Topic(t.Topic).Valid() && strings.HasPrefix(t.Topic, prefix) {
			names = append(names, t.Topic)
		}
	}
	if len(names) == 0 {
		return nil, nil
	}
	slices.Sort(names)
	starts, err := l.admin.ListStartOffsets(ctx, names...)
	if err != nil {
		return nil, err
	}
	ends, err := l.admin.ListCommittedOffsets(ctx, names...)
	if err != nil {
		return nil, err
	}
	var infos []log.TopicInfo
	for _, name := range names {
		first, err1 := offset(starts, name)
		next, err2 := offset(ends, name)
		if err := errors.Join(err1, err2); isUnknown(err) {
			continue // deleted meanwhile
		} else if err != nil {
			return nil, err
		}
		infos = append(infos, log.TopicInfo{Topic: log.Topic(name), Bounds: log.Bounds{First: first, Next: max(first, next)}, Bytes: -1})
	}
	return infos, nil
}

// Bounds implements log.Log.
func (l *Log) Bounds(ctx context.Context, topic log.Topic) (log.Bounds, error) {
	b, err := l.bounds(ctx, topic)
	if err != nil {
		return log.Bounds{}, fmt.Errorf("read bounds of %s: %w", topic, translate(err))
	}
	return b, nil
}

func (l *Log) bounds(ctx context.Context, topic log.Topic) (b log.Bounds, err error) {
	if err := l.usable(topic); err != nil {
		return b, err
	}
	err = l.ask(ctx, func(ctx context.Context) error {
		// The end is asked for first, so that a trim in between can't make it less than the start.
		ends, err := l.admin.ListCommittedOffsets(ctx, string(topic))
		if err != nil {
			return err
		}
		next, err := offset(ends, string(topic))
		if err != nil {
			return err
		}
		starts, err := l.admin.ListStartOffsets(ctx, string(topic))
		if err != nil {
			return err
		}
		first, err := offset(starts, string(topic))
		b = log.Bounds{First: first, Next: max(first, next)}
		return err
	})
	return b, err
}

// Last implements log.Log.
func (l *Log) Last(ctx context.Context, topic log.Topic) (log.Record, bool, error) {
	r, ok, err := l.last(ctx, topic)
	if err != nil {
		return log.Record{}, false, fmt.Errorf("read last of %s: %w", topic, translate(err))
	}
	return r, ok, nil
}

func (l *Log) last(ctx context.Context, topic log.Topic) (log.Record, bool, error) {
	b, err := l.bounds(ctx, topic)
	if err != nil {
		return log.Record{}, false, err
	}
	ctx, cancel := l.limit(ctx)
	defer cancel()
	// The offset before the end may be a mark of a transaction. Then it is the one before.
	for at := b.Next - 1; at >= b.First; at-- {
		m, err := l.one(ctx, topic, at)
		if err != nil {
			return log.Record{}, false, err
		}
		if !m.Attrs.IsControl() {
			return record(m), true, nil
		}
	}
	return log.Record{}, false, nil
}

// Seek implements log.Admin.
func (l *Log) Seek(ctx context.Context, topic log.Topic, t time.Time) (int64, error) {
	if err := l.usable(topic); err != nil {
		return 0, fmt.Errorf("seek in %s: %w", topic, err)
	}
	// Records have whole milliseconds. Below 0 are Kafka's words for the start and the end.
	milli := max(0, t.Add(time.Millisecond-1).UnixMilli())
	var at int64
	if err := l.ask(ctx, func(ctx context.Context) error {
		found, err := l.admin.ListOffsetsAfterMilli(ctx, milli, string(topic))
		if err != nil {
			return err
		}
		at, err = offset(found, string(topic))
		return err
	}); err != nil {
		return 0, fmt.Errorf("seek in %s: %w", topic, translate(err))
	}
	return at, nil
}

// offset takes the answer for the topic's partition.
func offset(listed kadm.ListedOffsets, topic string) (int64, error) {
	if o, ok := listed.Lookup(topic, 0); ok {
		return o.Offset, o.Err
	}
	if o, ok := listed.Lookup(topic, -1); ok {
		return 0, o.Err
	}
	return 0, kerr.UnknownTopicOrPartition
}
