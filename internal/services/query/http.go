package query

import (
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"scaip/internal/event"
	"scaip/internal/media/replay"
	"scaip/internal/services"
	"scaip/internal/store"
)

// HTTP answers from the view. All fields but Replay are required.
type HTTP struct {
	Store   store.Store
	Gate    services.Gate
	Changed func() <-chan struct{} // closed at the next commit of query's runner
	Logger  *slog.Logger

	// Replay makes the files of calls. Without it the routes of recordings are left out.
	Replay *replay.Cache
}

// meWait is how long GET /api/me waits for a user who has just been made.
const meWait = 2 * time.Second

// Routes returns the routes of query.
func Routes(h HTTP) []services.Route {
	routes := []services.Route{
		{Pattern: "GET /api/me", Handler: h.session(h.me)},
		{Pattern: "GET /api/users", Handler: h.session(h.users)},
		{Pattern: "GET /api/groups", Handler: h.session(h.groups)},
		{Pattern: "GET /api/groups/{id}", Handler: h.session(h.group)},
		{Pattern: "GET /api/groups/{id}/calls", Handler: h.session(h.calls)},
		{Pattern: "GET /api/calls/{id}", Handler: h.session(h.call)},
		{Pattern: "GET /api/calls/{id}/events", Handler: h.session(h.events)},
	}
	if h.Replay != nil {
		routes = append(routes, Replays{Cache: h.Replay, Logger: h.Logger, Find: h.findSeen}.Routes()...)
	}
	return routes
}

// session makes a handler of f, which answers a session's request.
func (h HTTP) session(f func(services.Session, *http.Request) (any, error)) http.Handler {
	return h.answer(func(r *http.Request) (any, error) {
		s, err := h.Gate.Authenticate(r)
		if err != nil {
			return nil, err
		}
		var answer any
		err = h.Gate.Settle(r.Context(), func() (err error) {
			answer, err = f(s, r)
			return err
		})
		return answer, err
	})
}

// answer makes a handler of f, whose result is written as JSON.
func (h HTTP) answer(f func(*http.Request) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v, err := f(r)
		if err != nil {
			services.WriteError(w, h.Logger, err)
			return
		}
		services.WriteJSON(w, http.StatusOK, v)
	})
}

type meAnswer struct {
	User   User    `json:"user"`
	Groups []Group `json:"groups"`
	Cursor string  `json:"cursor"`
}

// me waits for a user whose registration is still on its way here.
func (h HTTP) me(s services.Session, r *http.Request) (any, error) {
	patience := time.NewTimer(meWait)
	defer patience.Stop()
	for {
		changed := h.Changed() // before looking, so that no change is missed
		a, ok, err := h.readMe(s.User)
		if err != nil || ok {
			return a, err
		}
		select {
		case <-changed:
		case <-patience.C:
			return nil, event.Refuse(event.Unavailable, "Your account is still being made. Try again in a moment.")
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
}

// readMe takes answer and cursor from one state of the store; false if the user is not there yet.
func (h HTTP) readMe(id string) (a meAnswer, ok bool, err error) {
	err = h.Store.View(func(r store.Reader) error {
		if ok, err = tableUsers.Has(r, id); err != nil || !ok {
			return err
		}
		if a.User, err = userOf(r, id); err != nil {
			return err
		}
		if a.Groups, err = groupsOf(r, id); err != nil {
			return err
		}
		a.Cursor, err = cursor(r)
		return err
	})
	return a, ok, err
}

// cursor tells the gateway up to where the view has come: "q:" and, in base64url, a JSON object of the highest Seq applied of each outbox.
func cursor(r store.Reader) (string, error) {
	marks, err := services.Applied(r)
	if err != nil {
		return "", err
	}
	for origin := range marks {
		if service, ok := strings.CutSuffix(origin, ".out"); !ok || strings.Contains(service, "/") {
			delete(marks, origin)
		}
	}
	raw, err := json.Marshal(marks)
	return "q:" + base64.RawURLEncoding.EncodeToString(raw), err
}

func (h HTTP) users(_ services.Session, r *http.Request) (any, error) {
	limit, err := services.Number(r, "limit", services.Bounds{Min: 1, Max: 50, Default: 20})
	if err != nil {
		return nil, err
	}
	var a struct {
		Users []User `json:"users"`
	}
	err = h.Store.View(func(v store.Reader) (err error) {
		a.Users, err = search(v, r.URL.Query().Get("search"), int(limit))
		return err
	})
	return a, err
}

func (h HTTP) groups(s services.Session, _ *http.Request) (any, error) {
	var a struct {
		Groups []Group `json:"groups"`
	}
	err := h.Store.View(func(r store.Reader) (err error) {
		a.Groups, err = groupsOf(r, s.User)
		return err
	})
	return a, err
}

type groupAnswer struct {
	Group   Group    `json:"group"`
	Members []Member `json:"members"`
	Call    *Call    `json:"call"`
}

func (h HTTP) group(s services.Session, r *http.Request) (any, error) {
	var a groupAnswer
	err := h.Store.View(func(v store.Reader) error {
		if err := inGroup(v, r.PathValue("id"), s.User); err != nil {
			return err
		}
		return a.read(v, r.PathValue("id"), s.User)
	})
	return a, err
}

// read fills a with the group as user sees it.
func (a *groupAnswer) read(r store.Reader, id, user string) error {
	g, ok, err := groupOf(r, id, user)
	if err != nil {
		return err
	}
	if !ok {
		return noGroup()
	}
	a.Group = g
	if a.Members, err = membersOf(r, id); err != nil || g.Call == "" {
		return err
	}
	c, ok, err := callOf(r, g.Call)
	if ok {
		a.Call = &c
	}
	return err
}

type callsAnswer struct {
	Calls []Call `json:"calls"`
}

func (h HTTP) calls(s services.Session, r *http.Request) (any, error) {
	limit, err := services.Number(r, "limit", services.Bounds{Min: 1, Max: 100, Default: 50})
	if err != nil {
		return nil, err
	}
	var a callsAnswer
	err = h.Store.View(func(v store.Reader) (err error) {
		if err := inGroup(v, r.PathValue("id"), s.User); err != nil {
			return err
		}
		a.Calls, err = callsOf(v, r.PathValue("id"), int(limit))
		return err
	})
	return a, err
}

type callAnswer struct {
	Call Call `json:"call"`
}

func (h HTTP) call(s services.Session, r *http.Request) (any, error) {
	var a callAnswer
	err := h.Store.View(func(v store.Reader) (err error) {
		a.Call, err = seenCall(v, r.PathValue("id"), s.User)
		return err
	})
	return a, err
}

// inGroup refuses whoever is not in the group as if it were not there.
func inGroup(r store.Reader, id, user string) error {
	if !event.ValidID(id) {
		return noGroup()
	}
	in, err := tableMembers.Has(r, pair(id, user))
	if err == nil && !in {
		err = noGroup()
	}
	return err
}

// seenCall returns a call that user may see: one of a group that he is in.
func seenCall(r store.Reader, id, user string) (Call, error) {
	c, err := anyCall(r, id)
	if err != nil {
		return Call{}, err
	}
	in, err := tableMembers.Has(r, pair(c.Group, user))
	if err == nil && !in {
		err = noCall()
	}
	if err != nil {
		return Call{}, err
	}
	return c, nil
}

// anyCall returns a call, or a Refusal.
func anyCall(r store.Reader, id string) (Call, error) {
	if !event.ValidID(id) {
		return Call{}, noCall()
	}
	c, ok, err := callOf(r, id)
	if err == nil && !ok {
		err = noCall()
	}
	return c, err
}

func noGroup() error {
	return event.Refuse(event.NotFound, "There is no such group, or you are not in it.")
}

func noCall() error { return event.Refuse(event.NotFound, "There is no such call.") }
