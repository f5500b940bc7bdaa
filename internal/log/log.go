// Package log is the vocabulary of the log: topics of records in a total order, appended to at the end, read from
// any offset, and kept.
//
// Its adapters are memlog (memory), natslog (NATS JetStream, embedded or remote) and kafkalog (Kafka). They behave
// alike, which logtest, the one acceptance suite, shows. The contract is in the comments of [Log] and [Admin].
package log

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"
)

// A Topic names a sequence of records: 1 to 200 characters of [a-z0-9._-], see [Topic.Valid].
type Topic string

// Valid reports whether t can name a topic: 1 to 200 characters of [a-z0-9._-], the first and last of [a-z0-9], no two
// dots in a row.
func (t Topic) Valid() bool {
	if len(t) == 0 || len(t) > 200 {
		return false
	}
	alnum := func(c byte) bool { return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' }
	for i := range len(t) {
		if c := t[i]; !alnum(c) && c != '.' && c != '_' && c != '-' {
			return false
		}
	}
	return alnum(t[0]) && alnum(t[len(t)-1]) && !strings.Contains(string(t), "..")
}

// A Record is one entry of a topic.
type Record struct {
	// Offset is the record's place in its topic, set by the log: ascending, from 0 in a new topic. Offsets may have
	// holes in a Kafka topic (its control records); nothing may rely on their density.
	Offset int64

	// Time is when the log took the record, set by the log, UTC, at least to the millisecond.
	Time time.Time

	// Origin names the writer that first appended this fact, for good: an outbox topic ("messaging.out",
	// "dispatch.in"), or one run of an edge ("gateway/<boot>"). A record forwarded to another topic keeps it. At most
	// [MaxName] bytes.
	Origin string

	// Seq is the fact's number at its Origin, dense from 1. (Origin, Seq) survives every hop and is how a reader knows
	// a repeat. 0 where Origin is empty.
	Seq uint64

	// Key is the record's key: an entity, a track. May be empty; at most [MaxName] bytes.
	Key string

	// Value is the content, at most [MaxValue] bytes. A reader must not change it.
	Value []byte
}

// MaxValue is the largest Value that every adapter takes, in bytes.
const MaxValue = 1 << 20

// MaxName is the largest Origin and the largest Key, in bytes.
const MaxName = 200

// Check returns ErrTooLarge, wrapped, if a part of r is larger than an adapter must take. Adapters call it on all records
// before they append the first.
func (r Record) Check() error {
	switch {
	case len(r.Value) > MaxValue:
		return fmt.Errorf("%w: value of %d bytes", ErrTooLarge, len(r.Value))
	case len(r.Key) > MaxName:
		return fmt.Errorf("%w: key of %d bytes", ErrTooLarge, len(r.Key))
	case len(r.Origin) > MaxName:
		return fmt.Errorf("%w: origin of %d bytes", ErrTooLarge, len(r.Origin))
	}
	return nil
}

// Errors that every adapter reports, wrapped.
var (
	ErrNoTopic   = errors.New("no such topic")
	ErrTooLarge  = errors.New("record too large")
	ErrFull      = errors.New("log is full")       // the topic's or the server's limit
	ErrTruncated = errors.New("offset is trimmed") // Read from below Bounds.First
	ErrClosed    = errors.New("log is closed")
	ErrBadTopic  = errors.New("bad topic name")
)

// Bounds are the offsets a topic holds: First ≤ offset < Next. It is empty when First == Next.
type Bounds struct{ First, Next int64 }

// Log is what services and edges need. All methods may be called from any goroutine.
type Log interface {
	// Append adds the records, in order, at the end of the topic. When it returns nil all of them are as durable as the
	// log promises (its adapter says) and the last one has the offset returned. When it returns an error, a prefix of
	// the records, possibly none or all, may have been appended; the caller finds out with Last. Records of concurrent
	// Appends may interleave. Appending no records returns (-1, nil). Offset and Time of the arguments are ignored.
	Append(ctx context.Context, topic Topic, records ...Record) (last int64, err error)

	// Read yields the records from offset from on, in order, in batches as large as are at hand (at most 1,000 records or
	// 8 MiB, at least one record), and then waits for more. It ends when the caller leaves the loop, or after yielding a
	// non-nil error once: ctx's, ErrNoTopic (also when the topic is deleted meanwhile), ErrTruncated, ErrClosed, or one of the
	// engine. from beyond the end waits until the topic has grown to there. A broken connection is repaired inside, without gap or
	// repeat. Nothing runs on after the loop is left.
	Read(ctx context.Context, topic Topic, from int64) iter.Seq2[[]Record, error]

	// Last returns the topic's last record; false if it holds none.
	Last(ctx context.Context, topic Topic) (Record, bool, error)

	// Bounds returns the offsets that the topic holds.
	Bounds(ctx context.Context, topic Topic) (Bounds, error)
}

// Retention says how a topic is kept. The zero value keeps everything. Kafka knows no such limits: kafkalog keeps everything.
type Retention struct {
	MaxBytes   int64 // the topic refuses records beyond (ErrFull); 0: the adapter's default
	MaxRecords int64 // the oldest records go when there are more; 0: unlimited. For inboxes.
}

// TopicInfo describes a topic.
type TopicInfo struct {
	Topic  Topic  `json:"topic"`
	Bounds Bounds `json:"bounds"`
	Bytes  int64  `json:"bytes"` // on disk; -1 if the adapter can't tell
}

// Admin is a Log whose topics can be made and removed.
type Admin interface {
	Log

	// Create makes a topic. That it exists already is no error; its Retention is then updated.
	Create(ctx context.Context, topic Topic, r Retention) error

	// Delete removes a topic for good, its records with it. That it does not exist is no error. Readers of it end with ErrNoTopic.
	Delete(ctx context.Context, topic Topic) error

	// Trim removes the records below offset before. Offsets of the others stay.
	Trim(ctx context.Context, topic Topic, before int64) error

	// Topics lists the topics whose names begin with prefix, by name.
	Topics(ctx context.Context, prefix string) ([]TopicInfo, error)

	// Seek returns the offset of the first record whose Time is not before t; Bounds.Next if there is none.
	Seek(ctx context.Context, topic Topic, t time.Time) (int64, error)

	// Close ends all readers with ErrClosed and frees the log's resources. It waits for Appends under way.
	Close() error
}
