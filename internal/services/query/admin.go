package query

import (
	"fmt"
	"net/http"

	"scaip/internal/event"
	"scaip/internal/services"
	"scaip/internal/store"
)

// AdminRoutes returns the routes for the unix socket, which is the administrator's: they ask for no session and show everything.
// A list takes limit (1 to 1,000) and after, which is the last answer's next; next is empty at the end.
func AdminRoutes(h HTTP) []services.Route {
	routes := []services.Route{
		{Pattern: "GET /admin/users", Handler: h.list(allUsers)},
		{Pattern: "GET /admin/groups", Handler: h.list(allGroups)},
		{Pattern: "GET /admin/groups/{group}", Handler: h.answer(h.oneGroup)},
		{Pattern: "GET /admin/calls", Handler: h.list(allCalls)},
		{Pattern: "GET /admin/calls/{call}", Handler: h.answer(h.oneCall)},
	}
	if h.Replay != nil {
		routes = append(routes, Replays{Cache: h.Replay, Logger: h.Logger, Find: h.findAny}.AdminRoutes()...)
	}
	return routes
}

// A slice of a table is at most limit rows after a key; Reverse, from the end.
type slice struct {
	after   string
	limit   int
	reverse bool
}

// walk calls f with the rows of a slice, and returns the key after which there are more; "" at the end.
func walk[V any](r store.Reader, t store.Table[V], s slice, f func(store.Entry[V]) error) (next string, err error) {
	rng := store.Range{Reverse: s.reverse}
	switch {
	case s.after != "" && s.reverse:
		rng.To = s.after
	case s.after != "":
		rng.From = s.after + "\x00" // the first key beyond
	}
	n, last := 0, ""
	for row, err := range t.Scan(r, rng) {
		if err != nil {
			return "", err
		}
		if n == s.limit {
			return last, nil
		}
		if err := f(row); err != nil {
			return "", err
		}
		n, last = n+1, row.Key
	}
	return "", nil
}

func (h HTTP) list(f func(store.Reader, slice) (any, error)) http.Handler {
	return h.answer(func(r *http.Request) (a any, err error) {
		limit, err := services.Number(r, "limit", services.Bounds{Min: 1, Max: 1000, Default: 100})
		if err != nil {
			return nil, err
		}
		after := r.URL.Query().Get("after")
		if len(after) > 256 {
			return nil, event.Refuse(event.Invalid, `"after" is the last answer's "next".`)
		}
		err = h.Store.View(func(v store.Reader) error {
			a, err = f(v, slice{after: after, limit: int(limit)})
			return err
		})
		return a, err
	})
}

// allUsers lists users by login.
func allUsers(r store.Reader, s slice) (any, error) {
	a := struct {
		Users []User `json:"users"`
		Next  string `json:"next"`
	}{Users: []User{}}
	next, err := walk(r, tableLogins, s, func(row store.Entry[string]) error {
		u, err := userOf(r, row.Value)
		a.Users = append(a.Users, u)
		return err
	})
	a.Next = next
	return a, err
}

// allGroups lists groups by ID.
func allGroups(r store.Reader, s slice) (any, error) {
	a := struct {
		Groups []Group `json:"groups"`
		Next   string  `json:"next"`
	}{Groups: []Group{}}
	next, err := walk(r, tableGroups, s, func(row store.Entry[group]) error {
		g, _, err := groupOf(r, row.Key, "")
		a.Groups = append(a.Groups, g)
		return err
	})
	a.Next = next
	return a, err
}

// allCalls lists calls, newest first.
func allCalls(r store.Reader, s slice) (any, error) {
	a := struct {
		Calls []Call `json:"calls"`
		Next  string `json:"next"`
	}{Calls: []Call{}}
	s.reverse = true
	next, err := walk(r, tableByTime, s, func(row store.Entry[struct{}]) error {
		c, _, err := callOf(r, second(row.Key))
		a.Calls = append(a.Calls, c)
		return err
	})
	a.Next = next
	return a, err
}

// oneGroup takes the ID of a group, or its name if no other has it.
func (h HTTP) oneGroup(r *http.Request) (any, error) {
	var a groupAnswer
	err := h.Store.View(func(v store.Reader) error {
		id, err := groupNamed(v, r.PathValue("group"))
		if err != nil {
			return err
		}
		return a.read(v, id, "")
	})
	return a, err
}

func groupNamed(r store.Reader, name string) (id string, err error) {
	if event.ValidID(name) {
		if ok, err := tableGroups.Has(r, name); err != nil || ok {
			return name, err
		}
	}
	for row, err := range tableGroups.Scan(r, store.Range{}) {
		if err != nil {
			return "", err
		}
		if row.Value.Name != name {
			continue
		}
		if id != "" {
			return "", event.Refuse(event.Conflict, fmt.Sprintf("Several groups are called %q; give the ID of one: %s, %s.", name, id, row.Key))
		}
		id = row.Key
	}
	if id == "" {
		return "", event.Refuse(event.NotFound, "There is no such group.")
	}
	return id, nil
}

func (h HTTP) oneCall(r *http.Request) (any, error) {
	var a callAnswer
	err := h.Store.View(func(v store.Reader) (err error) {
		a.Call, err = anyCall(v, r.PathValue("call"))
		return err
	})
	return a, err
}
