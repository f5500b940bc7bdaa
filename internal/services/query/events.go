package query

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"scaip/internal/services"
	"scaip/internal/store"
)

// CallEvent is what happened in a call at a moment of it.
type CallEvent struct {
	At   int64  `json:"at"`   // µs on the call's clock
	Type string `json:"type"` // as of the event, without "calls."

	User   string `json:"user,omitempty"`
	Seat   int    `json:"seat,omitempty"`   // joined
	Audio  *bool  `json:"audio,omitempty"`  // media_changed
	Video  *bool  `json:"video,omitempty"`  // media_changed
	Screen bool   `json:"screen,omitempty"` // media_changed
	Reason string `json:"reason,omitempty"` // left, ended, keeping_stopped
	Emoji  string `json:"emoji,omitempty"`  // reacted
	By     string `json:"by,omitempty"`     // left, hand_lowered, muted: the owner who did it
}

type eventsAnswer struct {
	Events []CallEvent `json:"events"`
}

// events answers what happened in a call, in order: all there is, at most maxJournal.
func (h HTTP) events(s services.Session, r *http.Request) (any, error) {
	a := eventsAnswer{Events: []CallEvent{}}
	err := h.Store.View(func(v store.Reader) error {
		c, err := seenCall(v, r.PathValue("id"), s.User)
		if err != nil {
			return err
		}
		for row, err := range tableJournal.Scan(v, store.Range{Prefix: c.ID + "/"}) {
			if err != nil {
				return err
			}
			e := CallEvent{}
			if err := json.Unmarshal(row.Value.Body, &e); err != nil {
				return fmt.Errorf("read journal: %w", err)
			}
			e.At = max(row.Value.At.Sub(c.Start).Microseconds(), 0)
			e.Type = strings.TrimPrefix(row.Value.Type, "calls.")
			a.Events = append(a.Events, e)
		}
		return nil
	})
	return a, err
}
