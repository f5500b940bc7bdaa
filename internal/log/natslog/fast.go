package natslog

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/nats-io/nats.go"
)

// A mailbox is a subscription for the answers to one batch at a time. A subscription a batch would cost the server as much as some records do.
type mailbox struct {
	inbox   string
	sub     *nats.Subscription
	answers chan *nats.Msg
	used    int
}

// mailbox returns a free one, or a new one.
func (l *Log) mailbox() (*mailbox, error) {
	l.mu.Lock()
	if n := len(l.mailboxes); n > 0 {
		m := l.mailboxes[n-1]
		l.mailboxes = l.mailboxes[:n-1]
		l.mu.Unlock()
		return m, nil
	}
	l.mu.Unlock()
	// At most one answer a message, and few about the batch.
	m := &mailbox{inbox: l.nc.NewInbox(), answers: make(chan *nats.Msg, batchMessages+16)}
	var err error
	m.sub, err = l.nc.ChanSubscribe(m.inbox+".>", m.answers)
	return m, err
}

// release makes m free again. One whose batch has failed is not used again: an answer may still be on its way.
func (l *Log) release(m *mailbox, err error) {
	if err != nil {
		_ = m.sub.Unsubscribe() // fails only if the connection is closed
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.mailboxes = append(l.mailboxes, m)
}

// publishFast appends one batch by the server's fast ingest (NATS ADR-50): all messages at once, numbered in their reply
// subjects, <inbox>.<batch>.<flow>.<gap mode>.<number>.<operation>.$FI, and one answer to the last. With gap mode "fail" the server
// ends the batch at the first message that it refuses or misses, so that what it holds is a prefix.
//
// orbit.go's FastPublisher does the same but waits for the first message's answer, and for ten seconds if there is no stream.
func (l *Log) publishFast(ctx context.Context, msgs []*nats.Msg) (seq uint64, err error) {
	box, err := l.mailbox()
	if err != nil {
		return 0, err
	}
	defer func() { l.release(box, err) }()
	broken := l.reconnection()
	box.used++
	batch := box.inbox[strings.LastIndexByte(box.inbox, '.')+1:] + "-" + strconv.Itoa(box.used) // nobody else's on this stream
	prefix := box.inbox + "." + batch + "." + strconv.Itoa(batchMessages) + ".fail."            // an answer a so many: none before the end
	for i, m := range msgs {
		op := ".1.$FI" // append
		switch i {
		case 0:
			op = ".0.$FI" // start
		case len(msgs) - 1:
			op = ".2.$FI" // commit
		}
		m.Reply = prefix + strconv.Itoa(i+1) + op
		if err := l.nc.PublishMsg(m); err != nil {
			return 0, err
		}
	}
	return collect(ctx, box.answers, len(msgs), broken)
}

// collect waits for the answer to a batch of n messages, and returns the sequence of the last.
func collect(ctx context.Context, answers <-chan *nats.Msg, n int, broken <-chan struct{}) (uint64, error) {
	var refused error
	for {
		select {
		case m := <-answers:
			a, err := parseAnswer(m)
			switch {
			case err != nil:
				return 0, err
			case a.Type == "ack":
			case a.Type == "gap":
				refused = errors.New("records were lost on the way to the server")
			case a.Error != nil && a.Type == "err": // the answer about the batch follows
				refused = a.Error
			case a.Error != nil:
				return 0, a.Error
			case a.Count == n:
				return a.Sequence, nil
			case refused != nil:
				return 0, refused
			default:
				return 0, fmt.Errorf("%d of %d records appended", a.Count, n)
			}
		case <-broken:
			return 0, errors.New("the connection broke")
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
}
