package natslog

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/nats-io/nats.go"
)

// publishFast appends one batch by the server's fast ingest (NATS ADR-50): all messages at once, numbered in their reply
// subjects, <inbox>.<flow>.<gap mode>.<number>.<operation>.$FI, and one answer to the last. With gap mode "fail" the server
// ends the batch at the first message that it refuses or misses, so that what it holds is a prefix.
//
// orbit's FastPublisher does the same but waits for the first message's answer, and for ten seconds if there is no stream.
func (l *Log) publishFast(ctx context.Context, msgs []*nats.Msg) (uint64, error) {
	inbox := l.nc.NewInbox()
	answers := make(chan *nats.Msg, len(msgs)+16) // at most one a message, and few about the batch
	sub, err := l.nc.ChanSubscribe(inbox+".>", answers)
	if err != nil {
		return 0, err
	}
	defer sub.Unsubscribe()
	broken := l.reconnection()
	flow := strconv.Itoa(batchMessages) // an answer a so many: none before the end
	for i, m := range msgs {
		op := "1" // append
		switch i {
		case 0:
			op = "0" // start
		case len(msgs) - 1:
			op = "2" // commit
		}
		m.Reply = inbox + "." + flow + ".fail." + strconv.Itoa(i+1) + "." + op + ".$FI"
		if err := l.nc.PublishMsg(m); err != nil {
			return 0, err
		}
	}
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
			case a.Count == len(msgs):
				return a.Sequence, nil
			case refused != nil:
				return 0, refused
			default:
				return 0, fmt.Errorf("%d of %d records appended", a.Count, len(msgs))
			}
		case <-broken:
			return 0, errors.New("the connection broke")
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
}
