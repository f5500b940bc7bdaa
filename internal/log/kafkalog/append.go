package kafkalog

import (
	"context"
	"fmt"
	"strconv"
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"

	"scaip/internal/log"
)

// Headers of a record, as in docs/wire.md.
const (
	headerOrigin = "scaip-origin"
	headerSeq    = "scaip-seq"
)

// A batch is at most this large, so that it surely becomes one of Kafka's, which takes it whole or not at all. The topics
// that Create makes take batches of topicBatch.
const (
	batchRecords = 1000
	batchBytes   = 3 << 19
	topicBatch   = 2 << 20
	perRecord    = 160 // what a record has at most besides its values: lengths, names of headers, a number
)

// producer appends to one topic. Its client sends only when it is flushed: what was buffered then is one batch.
type producer struct {
	mu     sync.Mutex // one batch at a time, so that a refused batch is not followed by the rest of its Append
	client *kgo.Client
}

// Append implements log.Log. At most 1,000 records and 1.5 MiB are one batch, which is appended whole or not at all; a larger
// Append is several, one after the other. A batch on its way is not given up when ctx ends: the cluster may have taken it,
// and what was known of the order would be lost. So Append then returns later, with the batch's own outcome. It takes
// as long as the cluster takes to answer, which is bounded only by Close.
func (l *Log) Append(ctx context.Context, topic log.Topic, records ...log.Record) (int64, error) {
	last, err := l.append(ctx, topic, records)
	if err != nil {
		return -1, fmt.Errorf("append to %s: %w", topic, translate(err))
	}
	return last, nil
}

func (l *Log) append(ctx context.Context, topic log.Topic, records []log.Record) (int64, error) {
	if err := l.begin(topic); err != nil {
		return -1, err
	}
	defer l.appends.Done()
	for i, r := range records {
		if err := r.Check(); err != nil {
			return -1, fmt.Errorf("record %d: %w", i, err)
		}
	}
	p, err := l.producer(ctx, topic)
	if err != nil || len(records) == 0 {
		return -1, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	last := int64(-1)
	for len(records) > 0 {
		if err := ctx.Err(); err != nil {
			return -1, err
		}
		n, size := 0, 0
		for n < len(records) && n < batchRecords && (n == 0 || size+sizeOf(records[n]) <= batchBytes) {
			size += sizeOf(records[n])
			n++
		}
		if last, err = p.produce(topic, records[:n]); err != nil {
			if isUnknown(err) {
				l.forget(topic, p)
			}
			return -1, err
		}
		records = records[n:]
	}
	return last, nil
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

// producer returns the topic's producer. It makes one if there is none yet, and the topic exists.
func (l *Log) producer(ctx context.Context, topic log.Topic) (*producer, error) {
	l.mu.Lock()
	p := l.producers[topic]
	l.mu.Unlock()
	if p != nil {
		return p, nil
	}
	if _, err := l.id(ctx, topic); err != nil {
		return nil, err
	}
	client, err := l.client(
		kgo.RequiredAcks(kgo.AllISRAcks()),
		kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.ManualFlushing(),
		kgo.ProducerBatchMaxBytes(topicBatch-64<<10),
		kgo.ProducerBatchCompression(kgo.NoCompression()), // media can't be compressed, and events are small
		kgo.RecordDeliveryTimeout(l.options.Timeout),
	)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	switch other := l.producers[topic]; {
	case other != nil:
		client.Close()
		return other, nil
	case l.producers == nil:
		client.Close()
		return nil, log.ErrClosed
	}
	p = &producer{client: client}
	l.producers[topic] = p
	return p, nil
}

// forget closes the topic's producer. If p isn't nil, only if it is p.
func (l *Log) forget(topic log.Topic, p *producer) {
	l.mu.Lock()
	now := l.producers[topic]
	if now == nil || p != nil && now != p {
		l.mu.Unlock()
		return
	}
	delete(l.producers, topic)
	l.mu.Unlock()
	now.client.Close()
}

// produce appends one batch and returns the offset of its last record. The caller holds p.mu.
func (p *producer) produce(topic log.Topic, records []log.Record) (last int64, err error) {
	ctx := context.Background() // see Append
	answers := make(chan error, len(records))
	sent := make([]*kgo.Record, len(records))
	for i, r := range records {
		sent[i] = message(topic, r)
		p.client.Produce(ctx, sent[i], func(_ *kgo.Record, err error) { answers <- err })
	}
	if err := p.client.Flush(ctx); err != nil {
		return -1, err
	}
	for range records {
		if e := <-answers; e != nil && err == nil {
			err = e
		}
	}
	return sent[len(sent)-1].Offset, err
}

func message(topic log.Topic, r log.Record) *kgo.Record {
	m := &kgo.Record{Topic: string(topic), Value: r.Value}
	if r.Key != "" {
		m.Key = []byte(r.Key)
	}
	if r.Origin != "" {
		m.Headers = append(m.Headers, kgo.RecordHeader{Key: headerOrigin, Value: []byte(r.Origin)})
	}
	if r.Seq != 0 {
		m.Headers = append(m.Headers, kgo.RecordHeader{Key: headerSeq, Value: strconv.AppendUint(nil, r.Seq, 10)})
	}
	return m
}

// record is the way back from message. A Seq that is no number, which Append never writes, is 0.
func record(m *kgo.Record) log.Record {
	r := log.Record{Offset: m.Offset, Time: m.Timestamp.UTC(), Key: string(m.Key), Value: m.Value}
	for _, h := range m.Headers {
		switch h.Key {
		case headerOrigin:
			r.Origin = string(h.Value)
		case headerSeq:
			n, err := strconv.ParseUint(string(h.Value), 10, 64)
			if err != nil {
				n = 0
			}
			r.Seq = n
		}
	}
	return r
}

func sizeOf(r log.Record) int {
	return len(r.Value) + len(r.Key) + len(r.Origin) + perRecord
}
