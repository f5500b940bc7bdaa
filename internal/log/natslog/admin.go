package natslog

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"scaip/internal/log"
)

// Create implements log.Admin. MaxBytes is taken from what the server has at once: log.ErrFull if it hasn't that much.
func (l *Log) Create(ctx context.Context, topic log.Topic, r log.Retention) error {
	if err := l.create(ctx, topic, r); err != nil {
		return fmt.Errorf("create topic %q: %w", topic, l.translate(err))
	}
	return nil
}

func (l *Log) create(ctx context.Context, topic log.Topic, r log.Retention) error {
	if err := l.usable(topic); err != nil {
		return err
	}
	ctx, cancel := l.limit(ctx)
	defer cancel()
	cfg := l.config(topic, r)
	began := time.Now().Round(0)
	made, err := l.js.CreateStream(ctx, cfg)
	for wait := time.Millisecond; isCode(err, codeCreateFailed) && wait < time.Second; wait *= 2 {
		// A stream of that name was deleted a moment ago and its files are still going away.
		select {
		case <-time.After(wait):
			made, err = l.js.CreateStream(ctx, cfg)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if err == nil && l.ledger != nil && !made.CachedInfo().Created.Before(began) {
		return l.ledger.found(topic)
	}
	if !errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
		return err
	}
	// It is there, and kept in another way.
	if _, err := l.stream(ctx, topic); err != nil {
		return err
	}
	_, err = l.js.UpdateStream(ctx, cfg)
	return err
}

// dedupe is for how long the server remembers the IDs of messages, of which ours have none: the least there is. At a start it reads again all that was
// appended within that time (by default two minutes).
const dedupe = 100 * time.Millisecond

// config describes the stream of a topic. No age limit: a clock that jumps would delete what must last.
func (l *Log) config(topic log.Topic, r log.Retention) jetstream.StreamConfig {
	cfg := jetstream.StreamConfig{
		Name: streamName(topic), Subjects: []string{subjectOf(topic)}, Replicas: l.replicas,
		Storage: jetstream.FileStorage, Retention: jetstream.LimitsPolicy, Discard: jetstream.DiscardNew,
		MaxBytes: -1, MaxMsgs: -1, MaxMsgsPerSubject: -1, MaxMsgSize: -1, MaxConsumers: -1,
		Duplicates: dedupe,
		DenyDelete: true, AllowDirect: l.replicas == 1, AllowAtomicPublish: true, AllowBatchPublish: true,
	}
	if r.MaxBytes > 0 {
		cfg.MaxBytes = r.MaxBytes
	}
	if r.MaxRecords > 0 {
		// The limit a subject, of which there is one, lets the oldest go whatever Discard says about MaxBytes.
		cfg.MaxMsgsPerSubject = r.MaxRecords
	}
	return cfg
}

// Delete implements log.Admin.
func (l *Log) Delete(ctx context.Context, topic log.Topic) error {
	if err := l.delete(ctx, topic); err != nil {
		return fmt.Errorf("delete topic %q: %w", topic, l.translate(err))
	}
	return nil
}

func (l *Log) delete(ctx context.Context, topic log.Topic) error {
	if err := l.usable(topic); err != nil {
		return err
	}
	ctx, cancel := l.limit(ctx)
	defer cancel()
	if _, err := l.stream(ctx, topic); errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil
	} else if err != nil {
		return err
	}
	err := l.js.DeleteStream(ctx, streamName(topic))
	if l.ledger != nil {
		l.ledger.forget(topic)
	}
	if !errors.Is(err, jetstream.ErrStreamNotFound) {
		return err
	}
	return nil
}

// Trim implements log.Admin.
func (l *Log) Trim(ctx context.Context, topic log.Topic, before int64) error {
	if err := l.trim(ctx, topic, before); err != nil {
		return fmt.Errorf("trim %s: %w", topic, l.translate(err))
	}
	return nil
}

func (l *Log) trim(ctx context.Context, topic log.Topic, before int64) error {
	if err := l.usable(topic); err != nil {
		return err
	}
	ctx, cancel := l.limit(ctx)
	defer cancel()
	stream, err := l.stream(ctx, topic)
	if err != nil {
		return err
	}
	// A purge beyond the end would move the end, and one without a sequence would remove everything.
	b := bounds(stream.CachedInfo().State)
	before = min(before, b.Next)
	if before <= b.First {
		return nil
	}
	purge := func() error { return stream.Purge(ctx, jetstream.WithPurgeSequence(uint64(before)+1)) }
	if l.ledger == nil {
		return purge()
	}
	return l.ledger.extent(topic).trim(purge)
}

// Topics implements log.Admin.
func (l *Log) Topics(ctx context.Context, prefix string) ([]log.TopicInfo, error) {
	if err := l.usable("any"); err != nil {
		return nil, fmt.Errorf("list topics: %w", err)
	}
	ctx, cancel := l.limit(ctx)
	defer cancel()
	var infos []log.TopicInfo
	list := l.js.ListStreams(ctx, jetstream.WithStreamListSubject(subjectPrefix+">"))
	for s := range list.Info() {
		if t, ours := topicOf(s.Config.Name, s.Config.Subjects); ours && strings.HasPrefix(string(t), prefix) {
			infos = append(infos, log.TopicInfo{Topic: t, Bounds: bounds(s.State), Bytes: int64(s.State.Bytes)})
		}
	}
	if err := list.Err(); err != nil {
		return nil, fmt.Errorf("list topics: %w", l.translate(err))
	}
	slices.SortFunc(infos, func(a, b log.TopicInfo) int { return strings.Compare(string(a.Topic), string(b.Topic)) })
	return infos, nil
}

// Bounds implements log.Log.
func (l *Log) Bounds(ctx context.Context, topic log.Topic) (log.Bounds, error) {
	if err := l.usable(topic); err != nil {
		return log.Bounds{}, fmt.Errorf("read bounds of %s: %w", topic, err)
	}
	stream, err := l.stream(ctx, topic)
	if err != nil {
		return log.Bounds{}, fmt.Errorf("read bounds of %s: %w", topic, l.translate(err))
	}
	return bounds(stream.CachedInfo().State), nil
}

// Last implements log.Log.
func (l *Log) Last(ctx context.Context, topic log.Topic) (log.Record, bool, error) {
	r, ok, err := l.get(ctx, topic, getRequest{LastFor: subjectOf(topic)})
	if err != nil {
		return log.Record{}, false, fmt.Errorf("read last of %s: %w", topic, l.translate(err))
	}
	if ok {
		if err := l.ensure(topic, r.Offset+1); err != nil {
			return log.Record{}, false, fmt.Errorf("read last of %s: %w", topic, err)
		}
	}
	return r, ok, nil
}

// Seek implements log.Admin.
func (l *Log) Seek(ctx context.Context, topic log.Topic, t time.Time) (int64, error) {
	t = t.UTC()
	r, ok, err := l.get(ctx, topic, getRequest{StartTime: &t, NextFor: subjectOf(topic)})
	if err != nil {
		return 0, fmt.Errorf("seek in %s: %w", topic, l.translate(err))
	}
	if ok {
		return r.Offset, nil
	}
	b, err := l.Bounds(ctx, topic)
	return b.Next, err
}

// stream asks the server for the topic's stream; an error if the stream of that name isn't the topic's.
func (l *Log) stream(ctx context.Context, topic log.Topic) (jetstream.Stream, error) {
	ctx, cancel := l.limit(ctx)
	defer cancel()
	s, err := l.js.Stream(ctx, streamName(topic))
	if err != nil {
		return nil, err
	}
	cfg := s.CachedInfo().Config
	if t, ok := topicOf(cfg.Name, cfg.Subjects); !ok || t != topic {
		return nil, fmt.Errorf("stream %s is not this topic's: its subjects are %q", cfg.Name, cfg.Subjects)
	}
	return s, nil
}

func bounds(s jetstream.StreamState) log.Bounds {
	if s.Msgs == 0 {
		return log.Bounds{First: int64(s.LastSeq), Next: int64(s.LastSeq)}
	}
	return log.Bounds{First: int64(s.FirstSeq) - 1, Next: int64(s.LastSeq)}
}
