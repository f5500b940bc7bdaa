package services

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"scaip/internal/event"
)

func TestSettleWaitsForWhatIsOnItsWay(t *testing.T) {
	missing := event.Refuse(event.NotFound, "There is no such group.")
	for name, tt := range map[string]struct {
		arrives time.Duration // when the store has it; 0: never
		want    error
	}{
		"never":         {0, missing},
		"a little late": {20 * time.Millisecond, nil},
		"too late":      {2 * settleWait, missing},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				changed, start := make(chan struct{}), time.Now()
				if tt.arrives > 0 {
					time.AfterFunc(tt.arrives, func() { close(changed) })
				}
				g := Gate{Changed: func() <-chan struct{} { return changed }}
				got := g.Settle(t.Context(), func() error {
					if tt.arrives > 0 && time.Since(start) >= tt.arrives {
						return nil
					}
					return missing
				})
				if !errors.Is(got, tt.want) {
					t.Errorf("got %v, want %v", got, tt.want)
				}
				if waited := time.Since(start); waited > settleWait {
					t.Errorf("waited %v, want at most %v", waited, settleWait)
				}
			})
		})
	}
}

func TestSettlePassesOtherRefusalsOn(t *testing.T) {
	looks := 0
	g := Gate{Changed: func() <-chan struct{} { return nil }}
	err := g.Settle(t.Context(), func() error { looks++; return event.Refuse(event.Denied, "No.") })
	if r, ok := event.AsRefusal(err); !ok || r.Code != event.Denied || looks != 1 {
		t.Errorf("got %v after %d looks, want the refusal after one", err, looks)
	}
}
