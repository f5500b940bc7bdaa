package natslog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"sort"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"scaip/internal/log"
)

// What Read yields at most at once.
const (
	yieldRecords = 1000
	yieldBytes   = 8 << 20
)

// A reader asks for so many messages at once, and asks again when it has them: so much waits in memory for a slow one.
// A request ends by itself after pullExpires. While nothing comes the server says every heartbeat that it is there; a
// reader that misses two begins anew. An idle reader so costs two messages a minute.
//
// The server keeps a buffer for each message that is under way, each as large as the largest it ever held: with 500, reading records of 10 kB, of
// which some have 100, took 100 MB more than with 200, and was no faster.
const (
	pullMessages = 200
	pullBytes    = 4 << 20
	pullExpires  = 10 * time.Minute
	heartbeat    = 30 * time.Second
	silence      = 75 * time.Second
	// A request that reaches the server while it deletes the consumer is lost without a word: if nothing has come of it after
	// this time, the reader asks whether the consumer is there.
	confirm = time.Second
	// The server forgets the consumer of a reader that neither asks nor left.
	inactive = time.Minute
)

// Retry waits after a failure that may pass.
const (
	retryFirst = 50 * time.Millisecond
	retryMost  = 2 * time.Second
)

// Read implements log.Log.
func (l *Log) Read(ctx context.Context, topic log.Topic, from int64) iter.Seq2[[]log.Record, error] {
	return func(yield func([]log.Record, error) bool) {
		r := &reader{log: l, topic: topic, next: from}
		defer r.stop()
		for {
			batch, err := r.batch(ctx)
			if err != nil {
				yield(nil, fmt.Errorf("read %s from %d: %w", topic, r.next, l.translate(err)))
				return
			}
			if !yield(batch, nil) {
				return
			}
		}
	}
}

// A reader is one Read. It has an ephemeral consumer at the server, which delivers what the reader asks for into a
// channel; nothing of it runs by itself. Whatever goes wrong, it makes a new consumer at the offset it needs next.
type reader struct {
	log     *Log
	topic   log.Topic
	next    int64     // offset of the record to yield next
	created time.Time // of the stream when the Read began: a stream made later is another topic

	consumer    string // name at the server; empty if there is none
	msgs        chan *nats.Msg
	sub         *nats.Subscription
	reconnected <-chan struct{} // closed when the connection was made anew since the consumer was made
	pending     int             // messages asked for and not here yet
	unconfirmed bool            // nothing has come since the latest request
	hole        int64           // offset that was missing once; if it is missing again, it is lost
	held        []log.Record    // here, but not durable yet
}

// batch waits for at least one record and returns what is at hand.
func (r *reader) batch(ctx context.Context) ([]log.Record, error) {
	wait := retryFirst
	idle := time.NewTimer(silence)
	defer idle.Stop()
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if len(r.held) > 0 {
			if batch, err := r.durable(ctx); err != nil || len(batch) > 0 {
				return batch, err
			}
		}
		if r.consumer == "" {
			if err := r.start(ctx); err != nil {
				if err = r.pause(ctx, err, wait); err != nil {
					return nil, err
				}
				wait = min(2*wait, retryMost)
				continue
			}
		}
		if r.unconfirmed {
			idle.Reset(confirm)
		} else {
			idle.Reset(silence)
		}
		select {
		case m := <-r.msgs:
			var err error
			r.unconfirmed = false
			if r.held, err = r.collect(m); err != nil {
				return nil, err
			}
		case <-idle.C:
			if !r.unconfirmed || !r.exists(ctx) {
				r.stop()
			}
			r.unconfirmed = false
		case <-r.reconnected:
			r.stop()
		case <-r.log.closed:
			return nil, log.ErrClosed
		case <-ctx.Done():
		}
	}
}

// patience is how long a record may be there without being durable before the reader sees to that itself: nobody does if its Append has failed.
const patience = 20 * time.Millisecond

// durable returns the records held that are durable, and waits until there is one. None: the topic was deleted meanwhile.
func (r *reader) durable(ctx context.Context) ([]log.Record, error) {
	held := r.held
	if r.log.ledger == nil {
		r.held = nil
		return held, nil
	}
	x := r.log.ledger.extent(r.topic)
	var late <-chan time.Time
	for {
		moved, gone := x.watch()
		next := x.next.Load()
		n := sort.Search(len(held), func(i int) bool { return held[i].Offset >= next })
		if n > 0 || gone {
			if r.held = held[n:]; gone {
				r.held = nil
				r.stop()
			}
			return held[:n], nil
		}
		if late == nil {
			timer := time.NewTimer(patience)
			defer timer.Stop()
			late = timer.C
		}
		select {
		case <-moved:
		case <-late:
			if err := x.ensure(held[len(held)-1].Offset + 1); err != nil {
				return nil, err
			}
		case <-r.log.closed:
			return nil, log.ErrClosed
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// start makes a consumer at r.next and asks it for messages.
func (r *reader) start(ctx context.Context) error {
	if err := r.log.usable(r.topic); err != nil {
		return err
	}
	r.reconnected = r.log.reconnection()
	stream, err := r.log.stream(ctx, r.topic)
	if err != nil {
		return err
	}
	info := stream.CachedInfo()
	if r.created.IsZero() {
		r.created = info.Created
	}
	if !r.created.Equal(info.Created) {
		return fmt.Errorf("%w: another of the same name", log.ErrNoTopic)
	}
	if r.next < bounds(info.State).First {
		return log.ErrTruncated
	}
	if info.State.Msgs > 0 {
		if err := r.log.ensure(r.topic, int64(info.State.LastSeq)); err != nil { // what another process left
			return err
		}
	}
	r.msgs = make(chan *nats.Msg, pullMessages+16) // what is asked for, and what the server says about it
	if r.sub, err = r.log.nc.ChanSubscribe(r.log.nc.NewInbox(), r.msgs); err != nil {
		return err
	}
	ctx, cancel := r.log.limit(ctx)
	defer cancel()
	c, err := stream.CreateConsumer(ctx, jetstream.ConsumerConfig{
		DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: uint64(r.next) + 1,
		AckPolicy: jetstream.AckNonePolicy, MemoryStorage: true, Replicas: 1, InactiveThreshold: inactive,
	})
	if err != nil {
		r.stop()
		return err
	}
	r.consumer = c.CachedInfo().Name
	return r.pull()
}

// pull asks for the next messages.
func (r *reader) pull() error {
	req, err := json.Marshal(map[string]any{"batch": pullMessages, "max_bytes": pullBytes,
		"expires": pullExpires.Nanoseconds(), "idle_heartbeat": heartbeat.Nanoseconds()})
	if err != nil {
		return err
	}
	r.pending, r.unconfirmed = pullMessages, true
	return r.log.nc.PublishRequest("$JS.API.CONSUMER.MSG.NEXT."+streamName(r.topic)+"."+r.consumer, r.sub.Subject, req)
}

// exists reports whether the server knows the consumer.
func (r *reader) exists(ctx context.Context) bool {
	ctx, cancel := r.log.limit(ctx)
	defer cancel()
	answer, err := r.log.nc.RequestWithContext(ctx, "$JS.API.CONSUMER.INFO."+streamName(r.topic)+"."+r.consumer, nil)
	if err != nil {
		return false
	}
	var info struct {
		Error *json.RawMessage `json:"error"`
	}
	return json.Unmarshal(answer.Data, &info) == nil && info.Error == nil
}

// collect takes m and what else is in the channel.
func (r *reader) collect(m *nats.Msg) ([]log.Record, error) {
	var batch []log.Record
	for size := 0; m != nil; {
		if m.Reply == "" {
			if !r.heard(m) {
				break
			}
		} else {
			rec, ok, err := r.take(m)
			if err != nil {
				if len(batch) > 0 {
					r.stop() // first what is good; the error comes again
					break
				}
				return nil, err
			}
			if ok {
				batch = append(batch, rec)
				size += len(rec.Value) + len(rec.Key) + len(rec.Origin)
			}
			if r.consumer == "" {
				break
			}
		}
		// A message more may be as large as they get.
		if len(batch) >= yieldRecords || size >= yieldBytes-maxPayload {
			break
		}
		select {
		case m = <-r.msgs:
		default:
			m = nil
		}
	}
	return batch, nil
}

// heard takes what the server says about the request. It returns false if the consumer is of no use any more.
func (r *reader) heard(m *nats.Msg) bool {
	status, text := header(m, "Status"), header(m, "Description")
	switch {
	case status == "100": // heartbeat
		return true
	case status == "408", status == "409" && (text == "Message Size Exceeds MaxBytes" || text == "Batch Completed"):
		// The request ended, before or with its last message: the rest won't come.
		n, err := strconv.Atoi(header(m, "Nats-Pending-Messages"))
		if err == nil && r.received(n) == nil {
			return true
		}
	}
	r.stop() // deleted, gone, the server shuts down, another one leads
	return false
}

// received counts n messages that were asked for as here, and asks for more if these were all.
func (r *reader) received(n int) error {
	if r.pending -= n; r.pending > 0 {
		return nil
	}
	return r.pull()
}

// take takes a message that the consumer delivered; false if it isn't one to yield.
func (r *reader) take(m *nats.Msg) (log.Record, bool, error) {
	meta, err := m.Metadata()
	if err != nil {
		return log.Record{}, false, fmt.Errorf("parse message: %w", err)
	}
	if r.received(1) != nil {
		r.stop() // the record is good all the same
	}
	offset := int64(meta.Sequence.Stream) - 1
	switch {
	case offset < r.next: // asked for beyond the end: the server begins at the end
		return log.Record{}, false, nil
	case offset > r.next && r.hole != r.next+1:
		// Trimmed meanwhile, which start finds out, or lost on the way: ask again.
		r.hole = r.next + 1
		r.stop()
		return log.Record{}, false, nil
	case offset > r.next:
		// Sequences have no holes by themselves: the server lost records in the middle (a damaged file). Stopping for
		// good would help nobody; whoever counts Seq notices.
		r.log.logger.Error("records are missing in the log", "topic", r.topic, "from", r.next, "to", offset-1)
	}
	r.next = offset + 1
	return record(m, meta.Sequence.Stream, meta.Timestamp), true, nil
}

// stop gives the consumer back, if the server can be told so.
func (r *reader) stop() {
	if r.sub != nil {
		_ = r.sub.Unsubscribe() // fails only if the connection is closed
		r.sub = nil
	}
	if r.consumer == "" {
		return
	}
	if r.log.nc.IsConnected() {
		// Not waited for: the server removes it anyway when it is not used.
		_ = r.log.nc.PublishRequest("$JS.API.CONSUMER.DELETE."+streamName(r.topic)+"."+r.consumer, r.log.nc.NewRespInbox(), nil)
	}
	r.consumer = ""
}

// pause waits before start is tried again after it failed with err. It returns the error that ends the Read, if any.
func (r *reader) pause(ctx context.Context, err error, wait time.Duration) error {
	r.stop()
	var api *jetstream.APIError
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, log.ErrNoTopic), errors.Is(err, log.ErrTruncated), errors.Is(err, log.ErrClosed), errors.Is(err, log.ErrBadTopic):
		return err
	case errors.As(err, &api) && api.Code != 503 && api.Code != 500: // the server answered, and not that it is starting
		return err
	}
	r.log.logger.Warn("reader waits for the log server", "topic", r.topic, "error", err)
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.reconnected:
	case <-r.log.closed:
		return log.ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}
