package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"scaip/internal/event"
	"scaip/internal/log"
	"scaip/internal/services"
)

// Bounds of what waits to be appended.
const (
	maxWaiting    = 1024    // commands; one beyond is refused
	maxBatch      = 256     // commands in one append
	maxBatchBytes = 4 << 20 // bytes in one append, one command more
	retryFirst    = 50 * time.Millisecond
	retryMost     = 2 * time.Second
)

// appender appends the commands of all connections to auth.in, as one writer: what waits goes into one append, so many connections
// share the price of a disk's flush.
//
// Its records have an Origin of their own and a dense Seq there. When an append fails, a part of it may be in the log all the same. The same commands
// are then appended again under a fresh Origin, so that no Seq ever stands for two commands; a service that gets a command twice knows it by its ID.
type appender struct {
	log    log.Log
	boot   string
	logger *slog.Logger
	in     chan pending

	// Of run's goroutine.
	runs   int // fresh origins so far
	origin string
	seq    uint64
}

// pending is a command that waits. refuse is called, from another goroutine, if it is certain that it will not get into the log.
type pending struct {
	key    string
	value  []byte
	refuse func(event.Refusal)
}

func newAppender(l log.Log, boot string, logger *slog.Logger) *appender {
	return &appender{log: l, boot: boot, origin: boot, logger: logger, in: make(chan pending, maxWaiting)}
}

// offer hands a command over. The error is a Refusal if there is no room.
func (a *appender) offer(e event.Envelope, refuse func(event.Refusal)) error {
	value, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("encode command: %w", err)
	}
	select {
	case a.in <- pending{e.Actor, value, refuse}:
		return nil
	default:
		return errBusy
	}
}

// wait is offer for the administrator, who waits for room rather than be turned away because of others.
func (a *appender) wait(ctx context.Context, e event.Envelope, refuse func(event.Refusal)) error {
	value, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("encode command: %w", err)
	}
	timer := time.NewTimer(adminWait)
	defer timer.Stop()
	select {
	case a.in <- pending{e.Actor, value, refuse}:
		return nil
	case <-timer.C:
		return errBusy
	case <-ctx.Done():
		return fmt.Errorf("hand over a command: %w", ctx.Err())
	}
}

// run appends until ctx ends. What waits then is dropped: the clients are disconnected and send it again.
func (a *appender) run(ctx context.Context) {
	for {
		select {
		case p := <-a.in:
			a.append(ctx, a.gather(p))
		case <-ctx.Done():
			return
		}
	}
}

// gather returns first and what waits behind it.
func (a *appender) gather(first pending) []pending {
	batch, size := []pending{first}, len(first.value)
	for len(batch) < maxBatch && size < maxBatchBytes {
		select {
		case p := <-a.in:
			batch, size = append(batch, p), size+len(p.value)
		default:
			return batch
		}
	}
	return batch
}

// append appends a batch, however often it takes; it gives up when ctx ends, or when the log says that it has taken nothing and has no room.
func (a *appender) append(ctx context.Context, batch []pending) {
	pause := retryFirst
	for {
		records := make([]log.Record, len(batch))
		for i, p := range batch {
			records[i] = log.Record{Origin: a.origin, Seq: a.seq + uint64(i) + 1, Key: p.key, Value: p.value}
		}
		_, err := a.log.Append(ctx, services.Inbox("auth"), records...)
		switch {
		case err == nil:
			a.seq += uint64(len(batch))
			return
		case ctx.Err() != nil:
			return
		case errors.Is(err, log.ErrFull), errors.Is(err, log.ErrTooLarge):
			a.logger.Error("gateway can't append commands", "err", err)
			for _, p := range batch {
				p.refuse(event.Refusal{Code: event.Unavailable, Text: "The server has no room left. Tell its administrator."})
			}
			return
		}
		a.runs++
		a.origin, a.seq = fmt.Sprintf("%s.%d", a.boot, a.runs), 0
		a.logger.Warn("gateway appends commands again", "origin", a.origin, "err", err)
		select {
		case <-time.After(pause):
			pause = min(2*pause, retryMost)
		case <-ctx.Done():
			return
		}
	}
}
