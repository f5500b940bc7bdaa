package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"scaip/internal/event"
	"scaip/internal/log"
	"scaip/internal/log/memlog"
)

// faulty is a log whose appends fail at random, before or after they take effect, whole or in part.
type faulty struct {
	log.Log
	mu   sync.Mutex
	rnd  *rand.Rand
	full bool // nothing fits
	odds int  // one in odds fails
}

func (f *faulty) Append(ctx context.Context, t log.Topic, records ...log.Record) (int64, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.full {
		return -1, fmt.Errorf("append: %w", log.ErrFull)
	}
	if f.rnd.IntN(f.odds) > 0 {
		return f.Log.Append(ctx, t, records...)
	}
	if _, err := f.Log.Append(ctx, t, records[:f.rnd.IntN(len(records)+1)]...); err != nil {
		return -1, err
	}
	return -1, errors.New("connection lost")
}

func TestAppenderLosesNothingAndNumbersDensely(t *testing.T) {
	origins := 0
	for _, seed := range seeds(20) {
		synctest.Test(t, func(t *testing.T) {
			l := memlog.New()
			defer l.Close()
			if err := l.Create(t.Context(), "auth.in", log.Retention{}); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			f := &faulty{Log: l, rnd: rand.New(rand.NewPCG(seed, 3)), odds: 2}
			a := newAppender(f, "gateway/b", slog.New(slog.NewTextHandler(io.Discard, nil)))
			var wg sync.WaitGroup
			wg.Go(func() { a.run(ctx) })
			for i := range 500 {
				err := a.offer(event.Envelope{ID: fmt.Sprint(i), Actor: "ada"}, func(event.Refusal) { t.Error("refused") })
				if err != nil {
					t.Error(err)
				}
				if i%7 == 0 {
					synctest.Wait()
				}
			}
			for range 100 { // more than the pauses between failures can add up to
				<-time.After(retryMost)
				synctest.Wait()
			}
			cancel()
			wg.Wait()
			seq := map[string]uint64{}
			got := map[string]bool{}
			for batch, err := range l.Read(t.Context(), "auth.in", 0) {
				if err != nil {
					t.Fatal(err)
				}
				for _, r := range batch {
					if r.Seq != seq[r.Origin]+1 {
						t.Fatalf("seed %d: %s goes from %d to %d", seed, r.Origin, seq[r.Origin], r.Seq)
					}
					seq[r.Origin] = r.Seq
					var e event.Envelope
					if err := json.Unmarshal(r.Value, &e); err != nil {
						t.Fatal(err)
					}
					got[e.ID] = true
				}
				if b, _ := l.Bounds(t.Context(), "auth.in"); batch[len(batch)-1].Offset == b.Next-1 {
					break
				}
			}
			if len(got) != 500 {
				t.Errorf("seed %d: %d commands of 500, %d origins", seed, len(got), len(seq))
			}
			origins += len(seq)
		})
	}
	if *seedFlag == 0 && origins < 40 {
		t.Errorf("%d origins in 20 runs: hardly an append failed", origins)
	}
}

func TestAppenderRefusesWhenThereIsNoRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := memlog.New()
		defer l.Close()
		f := &faulty{Log: l, full: true}
		a := newAppender(f, "gateway/b", slog.New(slog.NewTextHandler(io.Discard, nil)))
		refused := 0
		for range maxWaiting {
			if err := a.offer(event.Envelope{}, func(event.Refusal) { refused++ }); err != nil {
				t.Fatal(err)
			}
		}
		if ref, _ := event.AsRefusal(a.offer(event.Envelope{}, nil)); ref.Code != event.Unavailable {
			t.Errorf("the queue takes more than %d: %v", maxWaiting, ref)
		}
		ctx, cancel := context.WithCancel(t.Context())
		go a.run(ctx)
		synctest.Wait()
		cancel()
		synctest.Wait()
		if refused != maxWaiting {
			t.Errorf("%d of %d refused", refused, maxWaiting)
		}
	})
}
