// Package memlog is the log in memory: for tests, and for whoever wants no disk. It keeps the contract of log.Admin and
// loses everything when the process ends.
//
// One mutex guards all topics. Readers wait on a channel a topic, which every change of the topic closes.
package memlog

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"sort"
	"strings"
	"sync"
	"time"

	"scaip/internal/log"
)

// A batch that Read yields is at most this large, as the contract says.
const (
	batchRecords = 1000
	batchBytes   = 8 << 20
)

// overhead is what a record counts against MaxBytes besides its name and value.
const overhead = 64

// Log is a log.Admin in memory. Use New.
type Log struct {
	mu     sync.Mutex
	topics map[log.Topic]*topic
	closed chan struct{}
}

// topic is one topic; Log.mu guards it.
type topic struct {
	records   []log.Record  // records[i].Offset == first+i
	first     int64         // the offset of records[0], or of the next record if there is none
	bytes     int64         // sum of size(record)
	retention log.Retention //
	changed   chan struct{} // closed and replaced at every change
	deleted   bool
}

var _ log.Admin = (*Log)(nil)

// New returns an empty log.
func New() *Log {
	return &Log{topics: map[log.Topic]*topic{}, closed: make(chan struct{})}
}

// Append implements log.Log. It appends all records or none.
func (l *Log) Append(ctx context.Context, name log.Topic, records ...log.Record) (int64, error) {
	if err := ctx.Err(); err != nil {
		return -1, fmt.Errorf("append to %s: %w", name, err)
	}
	added := int64(0)
	for i, r := range records {
		if err := r.Check(); err != nil {
			return -1, fmt.Errorf("append to %s: record %d: %w", name, i, err)
		}
		added += size(r)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	t, err := l.topic(name)
	if err != nil {
		return -1, fmt.Errorf("append to %s: %w", name, err)
	}
	if len(records) == 0 {
		return -1, nil
	}
	if most := t.retention.MaxBytes; most > 0 && t.bytes+added > most {
		return -1, fmt.Errorf("append to %s: %w", name, log.ErrFull)
	}
	now := time.Now().UTC()
	for _, r := range records {
		r.Offset, r.Time = t.next(), now
		r.Value = slices.Clone(r.Value)
		t.records = append(t.records, r)
	}
	t.bytes += added
	t.keep()
	t.change()
	return t.next() - 1, nil
}

// Read implements log.Log.
func (l *Log) Read(ctx context.Context, name log.Topic, from int64) iter.Seq2[[]log.Record, error] {
	return func(yield func([]log.Record, error) bool) {
		l.mu.Lock()
		t, err := l.topic(name)
		l.mu.Unlock()
		for err == nil {
			var batch []log.Record
			if batch, err = l.wait(ctx, t, from); err != nil {
				break
			}
			from = batch[len(batch)-1].Offset + 1
			if !yield(batch, nil) {
				return
			}
		}
		yield(nil, fmt.Errorf("read %s from %d: %w", name, from, err))
	}
}

// wait returns what t holds from offset from on, as soon as there is something.
func (l *Log) wait(ctx context.Context, t *topic, from int64) ([]log.Record, error) {
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		l.mu.Lock()
		batch, err := t.from(from)
		if l.isClosed() {
			batch, err = nil, log.ErrClosed
		}
		changed := t.changed
		l.mu.Unlock()
		if err != nil || len(batch) > 0 {
			return batch, err
		}
		select {
		case <-changed:
		case <-l.closed:
		case <-ctx.Done():
		}
	}
}

// Last implements log.Log.
func (l *Log) Last(ctx context.Context, name log.Topic) (log.Record, bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	t, err := l.topic(name)
	if err != nil {
		return log.Record{}, false, fmt.Errorf("read last of %s: %w", name, err)
	}
	if len(t.records) == 0 {
		return log.Record{}, false, nil
	}
	return t.records[len(t.records)-1], true, nil
}

// Bounds implements log.Log.
func (l *Log) Bounds(ctx context.Context, name log.Topic) (log.Bounds, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	t, err := l.topic(name)
	if err != nil {
		return log.Bounds{}, fmt.Errorf("read bounds of %s: %w", name, err)
	}
	return log.Bounds{First: t.first, Next: t.next()}, nil
}

// Create implements log.Admin.
func (l *Log) Create(ctx context.Context, name log.Topic, r log.Retention) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.usable(name); err != nil {
		return fmt.Errorf("create topic %q: %w", name, err)
	}
	t := l.topics[name]
	if t == nil {
		t = &topic{changed: make(chan struct{})}
		l.topics[name] = t
	}
	t.retention = r
	t.keep()
	return nil
}

// Delete implements log.Admin.
func (l *Log) Delete(ctx context.Context, name log.Topic) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.usable(name); err != nil {
		return fmt.Errorf("delete topic %q: %w", name, err)
	}
	if t := l.topics[name]; t != nil {
		delete(l.topics, name)
		t.deleted = true
		t.change()
	}
	return nil
}

// Trim implements log.Admin.
func (l *Log) Trim(ctx context.Context, name log.Topic, before int64) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	t, err := l.topic(name)
	if err != nil {
		return fmt.Errorf("trim %s: %w", name, err)
	}
	t.trim(before)
	return nil
}

// Topics implements log.Admin.
func (l *Log) Topics(ctx context.Context, prefix string) ([]log.TopicInfo, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.isClosed() {
		return nil, fmt.Errorf("list topics: %w", log.ErrClosed)
	}
	var infos []log.TopicInfo
	for name, t := range l.topics {
		if strings.HasPrefix(string(name), prefix) {
			infos = append(infos, log.TopicInfo{Topic: name, Bounds: log.Bounds{First: t.first, Next: t.next()}, Bytes: -1})
		}
	}
	slices.SortFunc(infos, func(a, b log.TopicInfo) int { return strings.Compare(string(a.Topic), string(b.Topic)) })
	return infos, nil
}

// Seek implements log.Admin.
func (l *Log) Seek(ctx context.Context, name log.Topic, at time.Time) (int64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	t, err := l.topic(name)
	if err != nil {
		return 0, fmt.Errorf("seek in %s: %w", name, err)
	}
	i := sort.Search(len(t.records), func(i int) bool { return !t.records[i].Time.Before(at) })
	return t.first + int64(i), nil
}

// Close implements log.Admin.
func (l *Log) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.isClosed() {
		close(l.closed)
	}
	return nil
}

// usable says whether anything can be done with a topic of this name. The caller holds l.mu, here and below.
func (l *Log) usable(name log.Topic) error {
	if !name.Valid() {
		return log.ErrBadTopic
	}
	if l.isClosed() {
		return log.ErrClosed
	}
	return nil
}

func (l *Log) isClosed() bool {
	select {
	case <-l.closed:
		return true
	default:
		return false
	}
}

func (l *Log) topic(name log.Topic) (*topic, error) {
	if err := l.usable(name); err != nil {
		return nil, err
	}
	if t := l.topics[name]; t != nil {
		return t, nil
	}
	return nil, log.ErrNoTopic
}

func (t *topic) next() int64 { return t.first + int64(len(t.records)) }

// change wakes the readers that wait.
func (t *topic) change() {
	close(t.changed)
	t.changed = make(chan struct{})
}

// from returns a copy of the records from offset from on, as many as a batch takes; none if there is none yet.
func (t *topic) from(from int64) ([]log.Record, error) {
	switch {
	case t.deleted:
		return nil, log.ErrNoTopic
	case from < t.first:
		return nil, log.ErrTruncated
	case from >= t.next():
		return nil, nil
	}
	rest := t.records[from-t.first:]
	n, bytes := 0, int64(0)
	for n < len(rest) && n < batchRecords {
		if bytes += size(rest[n]); bytes > batchBytes && n > 0 {
			break
		}
		n++
	}
	return slices.Clone(rest[:n]), nil
}

// trim drops the records below before.
func (t *topic) trim(before int64) {
	n := min(before, t.next()) - t.first
	if n <= 0 {
		return
	}
	for _, r := range t.records[:n] {
		t.bytes -= size(r)
	}
	clear(t.records[:n]) // lets the values go; readers have copies
	t.records = t.records[n:]
	t.first += n
}

// keep applies MaxRecords.
func (t *topic) keep() {
	if most := t.retention.MaxRecords; most > 0 {
		t.trim(t.next() - most)
	}
}

func size(r log.Record) int64 {
	return int64(len(r.Value)+len(r.Key)+len(r.Origin)) + overhead
}
