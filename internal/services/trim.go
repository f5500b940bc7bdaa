package services

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"scaip/internal/log"
)

// A Trimmer removes from inboxes what has durably taken effect, and nothing else: a service that is far behind, or was down for long, finds all
// that was delivered to it. An inbox that nobody works off grows, up to the limit of the log; scaipd doctor shows it.
type Trimmer struct {
	o      TrimmerOptions
	copied int64    // of o.Copied: what is below this offset has taken effect in the services too
	mark   *waymark // the one that is waited for; nil: none
}

// TrimmerOptions say what a Trimmer trims.
type TrimmerOptions struct {
	Log interface {
		Bounds(ctx context.Context, topic log.Topic) (log.Bounds, error)
		Trim(ctx context.Context, topic log.Topic, before int64) error
	}
	Inboxes []Consumed // of the services
	Copied  Consumed   // dispatch.in, whose records are copied to the inboxes
	Every   time.Duration
	Logger  *slog.Logger
}

// Consumed is an inbox and how far it is consumed.
type Consumed struct {
	Topic log.Topic
	Next  func() int64 // offset of the first record that has not durably taken effect yet; negative if it is not known
	Keep  int64        // how many records stay all the same
}

// trimAtLeast is how many records a trim removes at least: it may write a block of the topic anew.
const trimAtLeast = 10_000

// A waymark is a moment: what was copied from dispatch.in then is below upto, and it is all in the inboxes below ends.
type waymark struct {
	upto int64
	ends map[log.Topic]int64
}

// NewTrimmer returns a trimmer. Nothing happens until Run.
func NewTrimmer(o TrimmerOptions) *Trimmer { return &Trimmer{o: o} }

// Run trims every now and then until ctx ends; it then returns nil.
func (t *Trimmer) Run(ctx context.Context) error {
	tick := time.NewTicker(t.o.Every)
	defer tick.Stop()
	trouble := &trouble{name: "trim", logger: t.o.Logger.With("at", "trim inboxes")}
	for {
		select {
		case <-tick.C:
			trouble.report(t.round(ctx))
		case <-ctx.Done():
			return nil
		}
	}
}

// round trims each inbox once.
func (t *Trimmer) round(ctx context.Context) error {
	for _, in := range t.o.Inboxes {
		if err := t.trim(ctx, in, in.Next()); err != nil {
			return err
		}
	}
	if err := t.pass(ctx); err != nil {
		return err
	}
	return t.trim(ctx, t.o.Copied, t.copied)
}

// trim removes what is below next but for what is kept, if that is worth it.
func (t *Trimmer) trim(ctx context.Context, in Consumed, next int64) error {
	before := next - in.Keep
	if before < trimAtLeast {
		return nil
	}
	b, err := t.o.Log.Bounds(ctx, in.Topic)
	if err != nil {
		return fmt.Errorf("trim %s: %w", in.Topic, err)
	}
	if before = min(before, b.Next); before-b.First < trimAtLeast {
		return nil
	}
	return t.o.Log.Trim(ctx, in.Topic, before)
}

// pass moves copied on when the services have taken in what had been copied at the waymark. An inbox that loses its tail is filled from
// dispatch.in again, so a record has to stay there until it has taken effect at its end.
func (t *Trimmer) pass(ctx context.Context) error {
	if t.mark != nil {
		for _, in := range t.o.Inboxes {
			if in.Next() < t.mark.ends[in.Topic] {
				return nil
			}
		}
		t.copied = t.mark.upto
	}
	next := &waymark{upto: t.o.Copied.Next(), ends: map[log.Topic]int64{}} // before the ends are asked for
	for _, in := range t.o.Inboxes {
		b, err := t.o.Log.Bounds(ctx, in.Topic)
		if err != nil {
			return fmt.Errorf("find the end of %s: %w", in.Topic, err)
		}
		next.ends[in.Topic] = b.Next
	}
	t.mark = next
	return nil
}
