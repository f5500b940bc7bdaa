package natslog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"scaip/internal/log"
)

// Headers of a message, as in docs/wire.md.
const (
	headerOrigin = "Scaip-Origin"
	headerSeq    = "Scaip-Seq"
	headerKey    = "Scaip-Key"
)

// What the server takes as one batch at most; bytes so that it needn't hold more in memory.
const (
	batchMessages = 1000
	batchSize     = 16 << 20
)

// Append implements log.Log. One batch of records is at most 1,000 records and 16 MiB; a larger Append is several, one after the other. When ctx ends meanwhile, the batch under way may or may not be appended.
func (l *Log) Append(ctx context.Context, topic log.Topic, records ...log.Record) (int64, error) {
	last, err := l.append(ctx, topic, records)
	if err != nil {
		return -1, fmt.Errorf("append to %s: %w", topic, l.translate(err))
	}
	return last, nil
}

func (l *Log) append(ctx context.Context, topic log.Topic, records []log.Record) (int64, error) {
	if err := l.begin(topic); err != nil {
		return -1, err
	}
	defer l.appends.Done()
	msgs := make([]*nats.Msg, len(records))
	for i, r := range records {
		if err := r.Check(); err != nil {
			return -1, fmt.Errorf("record %d: %w", i, err)
		}
		msgs[i] = message(topic, r)
		if int64(msgs[i].Size()) > l.nc.MaxPayload() {
			return -1, fmt.Errorf("record %d: %w: %d bytes, the server takes %d", i, log.ErrTooLarge, msgs[i].Size(), l.nc.MaxPayload())
		}
	}
	if len(msgs) == 0 {
		_, err := l.stream(ctx, topic)
		return -1, err
	}
	last := int64(-1)
	for len(msgs) > 0 {
		n, size := 0, 0
		for n < len(msgs) && n < batchMessages && (n == 0 || size+msgs[n].Size() <= batchSize) {
			size += msgs[n].Size()
			n++
		}
		seq, err := l.publish(ctx, msgs[:n])
		if err != nil {
			return -1, l.missing(ctx, topic, err)
		}
		if err := l.ensure(topic, int64(seq)); err != nil {
			return -1, err
		}
		last, msgs = int64(seq)-1, msgs[n:]
	}
	return last, nil
}

// ensure makes what is below next durable, if that is this side's to do.
func (l *Log) ensure(topic log.Topic, next int64) error {
	if l.ledger == nil {
		return nil
	}
	return l.ledger.extent(topic).ensure(next)
}

// begin registers an Append, so that Close waits for it. The caller calls l.appends.Done if it returns nil.
func (l *Log) begin(topic log.Topic) error {
	if !topic.Valid() {
		return log.ErrBadTopic
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closing {
		return log.ErrClosed
	}
	l.appends.Add(1)
	return nil
}

// message makes r's message. The server refuses it if the stream that it reaches is not the topic's.
func message(topic log.Topic, r log.Record) *nats.Msg {
	h := nats.Header{jetstream.ExpectedStreamHeader: {streamName(topic)}}
	if r.Origin != "" {
		h[headerOrigin] = []string{escape(r.Origin)}
	}
	if r.Seq != 0 {
		h[headerSeq] = []string{strconv.FormatUint(r.Seq, 10)}
	}
	if r.Key != "" {
		h[headerKey] = []string{escape(r.Key)}
	}
	return &nats.Msg{Subject: subjectOf(topic), Header: h, Data: r.Value}
}

// record is the way back from message. A Seq that is no number, which Append never writes, is 0.
func record(m *nats.Msg, seq uint64, at time.Time) log.Record {
	n, err := strconv.ParseUint(header(m, headerSeq), 10, 64)
	if err != nil {
		n = 0
	}
	return log.Record{Offset: int64(seq) - 1, Time: at.UTC(), Value: m.Data,
		Origin: unescape(header(m, headerOrigin)), Seq: n, Key: unescape(header(m, headerKey))}
}

// header is m.Header.Get without the canonical form of the key, which ours have anyway.
func header(m *nats.Msg, key string) string {
	if v := m.Header[key]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// publish appends one batch and returns the sequence of its last message.
func (l *Log) publish(ctx context.Context, msgs []*nats.Msg) (uint64, error) {
	ctx, cancel := l.limit(ctx)
	defer cancel()
	switch {
	case len(msgs) == 1:
		return l.publishOne(ctx, msgs[0])
	default:
		return l.publishFast(ctx, msgs)
	}
}

func (l *Log) publishOne(ctx context.Context, m *nats.Msg) (uint64, error) {
	resp, err := l.nc.RequestMsgWithContext(ctx, m)
	if err != nil {
		return 0, err
	}
	a, err := parseAnswer(resp)
	switch {
	case err != nil:
		return 0, err
	case a.Error != nil:
		return 0, a.Error
	case a.Sequence == 0:
		return 0, errors.New("bad answer")
	}
	return a.Sequence, nil
}

// answer is what the server says to a message.
type answer struct {
	Type     string              `json:"type"` // "ack", "err", "gap" while a fast batch goes on; otherwise empty
	Error    *jetstream.APIError `json:"error"`
	Sequence uint64              `json:"seq"`
	Count    int                 `json:"count"` // messages of the batch
}

func parseAnswer(m *nats.Msg) (a answer, err error) {
	if header(m, "Status") == "503" {
		return a, nats.ErrNoResponders
	}
	if err := json.Unmarshal(m.Data, &a); err != nil {
		return a, fmt.Errorf("parse answer: %w", err)
	}
	return a, nil
}

// missing finds out whether nobody answered because there is no such topic.
func (l *Log) missing(ctx context.Context, topic log.Topic, err error) error {
	if !errors.Is(err, nats.ErrNoResponders) {
		return err
	}
	if _, why := l.stream(ctx, topic); errors.Is(why, jetstream.ErrStreamNotFound) {
		return why
	}
	return err
}
