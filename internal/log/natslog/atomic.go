package natslog

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/synadia-io/orbit.go/jetstreamext"
)

// After unanswered, publishAtomic asks whether an answer is to be expected. grace is how long an answer that is on its way
// may take after that.
const (
	unanswered = 500 * time.Millisecond
	grace      = 100 * time.Millisecond
)

// publishAtomic appends one batch at once. A server that is killed while it takes the batch completes it when it starts
// again; one that meets its limit keeps a prefix, and doesn't answer.
func (l *Log) publishAtomic(ctx context.Context, msgs []*nats.Msg) (uint64, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	asked := make(chan struct{})
	timer := time.AfterFunc(unanswered, func() {
		defer close(asked)
		if err := l.ask(ctx, msgs[0].Subject); err != nil {
			cancel(err)
		}
	})
	// No wait for the first message's answer: the answer to the last one tells whether any is missing.
	ack, err := jetstreamext.PublishMsgBatch(ctx, l.js, msgs, jetstreamext.BatchFlowControl{AckTimeout: l.timeout})
	if !timer.Stop() {
		cancel(nil)
		<-asked
	}
	if err != nil {
		if cause := context.Cause(ctx); cause != nil && errors.Is(err, context.Canceled) {
			return 0, cause
		}
		return 0, err
	}
	return ack.Sequence, nil
}

// ask sends the stream a message that it refuses and keeps not. Streams take messages in order: when this one is answered,
// the batch before it either is answered too or never will be, of which ask returns the reason. nil if ctx ended.
func (l *Log) ask(ctx context.Context, subject string) error {
	h := nats.Header{jetstreamext.BatchIDHeader: {"ask"}, jetstreamext.BatchSeqHeader: {"2"}} // a batch begins with 1
	resp, err := l.nc.RequestMsgWithContext(ctx, &nats.Msg{Subject: subject, Header: h})
	if err != nil {
		return nil
	}
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		return nil
	}
	a, err := parseAnswer(resp)
	if err == nil && a.Error != nil && a.Error.ErrorCode != incomplete {
		return a.Error
	}
	return errors.New("the server gave the batch up")
}

// incomplete is the error code of a batch that doesn't begin with 1.
const incomplete = jetstream.ErrorCode(jetstreamext.JSErrCodeBatchPublishIncomplete)
