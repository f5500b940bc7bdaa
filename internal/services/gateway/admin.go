package gateway

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"scaip/internal/event"
	"scaip/internal/services"
	"scaip/internal/store"
)

const (
	adminWait    = 10 * time.Second      // for the first answering event
	adminQuiet   = 50 * time.Millisecond // without another one: that was all
	adminUser    = 2 * time.Second       // for a user who has just been made
	adminAnswers = 256                   // events that one command causes, at most
)

// AdminRoutes are what the administrator at the unix socket may ask.
//
//	POST /admin/command {"as","id","type","body"}   200 {"events":[…]}, or the refusal with its status
//
// as is a login or an ID of a user; empty: the administrator himself. id is optional. The events are those whose cause is the command.
func (g *Gateway) AdminRoutes() []services.Route {
	return []services.Route{{Pattern: "POST /admin/command", Handler: http.HandlerFunc(g.serveCommand)}}
}

func (g *Gateway) serveCommand(w http.ResponseWriter, r *http.Request) {
	events, err := g.command(w, r)
	if err != nil {
		services.WriteError(w, g.o.Logger, err)
		return
	}
	services.WriteJSON(w, http.StatusOK, struct {
		Events []event.Envelope `json:"events"`
	}{events})
}

// command takes a command in, and waits for what comes of it.
func (g *Gateway) command(w http.ResponseWriter, r *http.Request) ([]event.Envelope, error) {
	var in struct {
		As   string          `json:"as"`
		ID   string          `json:"id"`
		Type string          `json:"type"`
		Body json.RawMessage `json:"body"`
	}
	if err := services.ReadJSON(w, r, &in); err != nil {
		return nil, err
	}
	if in.ID == "" {
		in.ID = randomID()
	}
	if err := event.CheckID("command", in.ID); err != nil {
		return nil, err
	}
	body, err := g.checks.canonical(in.Type, in.Body)
	if err != nil {
		return nil, err
	}
	if err := g.o.Admit(in.Type); err != nil {
		return nil, err
	}
	actor, err := g.actor(r, in.As)
	if err != nil {
		return nil, err
	}
	e := event.Envelope{ID: in.ID, Type: in.Type, At: g.o.Now().UTC(), Actor: actor, Session: event.LocalSession, Body: body}
	g.fill(r.Context())
	answers, done, err := g.await(command{actor, in.ID})
	if err != nil {
		return nil, err
	}
	defer done()
	refused := make(chan event.Refusal, 1)
	if err := g.in.wait(r.Context(), e, func(ref event.Refusal) { refused <- ref }); err != nil {
		return nil, err
	}
	return collect(r, answers, refused)
}

// collect gathers the answers to a command.
func collect(r *http.Request, answers <-chan event.Envelope, refused <-chan event.Refusal) ([]event.Envelope, error) {
	var events []event.Envelope
	timer := time.NewTimer(adminWait)
	defer timer.Stop()
	for {
		select {
		case e := <-answers:
			if e.Type == event.Service(e.Type)+".refused" {
				b, err := event.As[event.Refused](e)
				if err != nil {
					return nil, err
				}
				return nil, b.Refusal
			}
			events = append(events, forClient(e))
			timer.Reset(adminQuiet)
		case ref := <-refused:
			return nil, ref
		case <-timer.C:
			if len(events) == 0 {
				return nil, event.Refuse(event.Unavailable, "No answer within ten seconds. The command may still take effect.")
			}
			return events, nil
		case <-r.Context().Done():
			return nil, fmt.Errorf("wait for answers: %w", r.Context().Err())
		}
	}
}

// await has the events that a command causes sent to the channel, until done is called.
func (g *Gateway) await(c command) (answers <-chan event.Envelope, done func(), err error) {
	ch := make(chan event.Envelope, adminAnswers)
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.open {
		return nil, nil, errNotOpen
	}
	if g.waiters[c] != nil {
		return nil, nil, event.Refuse(event.Conflict, "A command of this ID is under way.")
	}
	g.waiters[c] = ch
	return ch, func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		delete(g.waiters, c)
	}, nil
}

// actor returns the ID of the user whose login or ID is as; event.System for "". It waits a little for a user who has just been made.
func (g *Gateway) actor(r *http.Request, as string) (string, error) {
	if as == "" {
		return event.System, nil
	}
	timer := time.NewTimer(adminUser)
	defer timer.Stop()
	for {
		changed := g.runner.Changed() // before looking, so that no change is missed
		id, ok, err := g.findUser(as)
		if err != nil || ok {
			return id, err
		}
		select {
		case <-changed:
		case <-timer.C:
			return "", event.Refuse(event.NotFound, fmt.Sprintf("There is no user %q.", as))
		case <-r.Context().Done():
			return "", fmt.Errorf("wait for user: %w", r.Context().Err())
		}
	}
}

// findUser goes by the ID first: nobody chooses his ID, but somebody may choose another's ID as his login.
func (g *Gateway) findUser(s string) (id string, ok bool, err error) {
	if len(s) > 64 || s == "" {
		return "", false, nil
	}
	err = g.o.Store.View(func(r store.Reader) error {
		if ok, err = users.Has(r, s); err != nil || ok {
			id = s
			return err
		}
		id, ok, err = userIDs.Get(r, s)
		return err
	})
	return id, ok, err
}
