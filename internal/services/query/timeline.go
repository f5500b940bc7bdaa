package query

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"sync"
	"time"

	"scaip/internal/event"
	"scaip/internal/log"
	"scaip/internal/media"
	"scaip/internal/media/replay"
	"scaip/internal/services"
	"scaip/internal/store"
)

// Timelines serves what happened in a call, on its clock: GET /api/calls/{id}/timeline. All fields are required.
//
// Of a call with a file it is at hand. Otherwise all sound of the call is read: one such reading at a time, and its answer holds for some seconds.
type Timelines struct {
	View HTTP

	// Open opens the frames of a call that began at start.
	Open func(ctx context.Context, call string, start time.Time) (media.Source, error)

	once  sync.Mutex // one reading at a time
	mu    sync.Mutex
	fresh map[string]told
}

// told is an answer, and when it was made.
type told struct {
	raw json.RawMessage
	at  time.Time
}

// Bounds of what is held.
const (
	toldFor = 10 * time.Second
	maxTold = 16
)

// Routes are the HTTP routes.
func (t *Timelines) Routes() []services.Route {
	return []services.Route{{Pattern: "GET /api/calls/{id}/timeline", Handler: t.View.session(t.serve)}}
}

func (t *Timelines) serve(s services.Session, r *http.Request) (any, error) {
	id := r.PathValue("id")
	var c Call
	o := replay.Options{Call: id}
	err := t.View.Store.View(func(v store.Reader) (err error) {
		if c, err = seenCall(v, id, s.User); err != nil {
			return err
		}
		if !c.Kept {
			return event.Refuse(event.NotFound, "There is no recording of this call.")
		}
		o.Start = c.Start
		if o.Title, err = titleOf(v, c); err != nil {
			return err
		}
		o.About, err = aboutOf(v, c)
		return err
	})
	if err != nil {
		return nil, err
	}
	raw, err := t.tell(r.Context(), o)
	if errors.Is(err, log.ErrNoTopic) { // it has just been sealed
		raw, err = t.tell(r.Context(), o)
	}
	return raw, err
}

// tell returns the story of a call.
func (t *Timelines) tell(ctx context.Context, o replay.Options) (json.RawMessage, error) {
	src, err := t.Open(ctx, o.Call, o.Start)
	if err != nil {
		return nil, err
	}
	defer src.Close()
	if _, ok := src.(replay.Storied); ok {
		return replay.Tell(ctx, src, o)
	}
	t.once.Lock()
	defer t.once.Unlock()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if raw, ok := t.kept(o.Call); ok {
		return raw, nil
	}
	raw, err := replay.Tell(ctx, src, o)
	if err != nil {
		return nil, err
	}
	t.keep(o.Call, raw)
	return raw, nil
}

func (t *Timelines) kept(call string) (json.RawMessage, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	f, ok := t.fresh[call]
	return f.raw, ok && time.Since(f.at) < toldFor
}

func (t *Timelines) keep(call string, raw json.RawMessage) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	for k, f := range t.fresh {
		if now.Sub(f.at) >= toldFor {
			delete(t.fresh, k)
		}
	}
	if t.fresh == nil {
		t.fresh = map[string]told{}
	}
	if len(t.fresh) < maxTold {
		t.fresh[call] = told{raw, now}
	}
}
