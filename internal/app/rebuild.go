package app

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"scaip/internal/admin"
	"scaip/internal/event"
	"scaip/internal/services"
	"scaip/internal/store"
	"scaip/internal/store/memstore"
)

// rebuild answers POST /admin/rebuild/{service}?at=: it builds the service's store anew, in memory, from the event store, and says
// whether it equals the live one; with at, an RFC 3339 time, it shows the state of that moment instead.
func (a *App) rebuild(r *http.Request) (any, error) {
	name := r.PathValue("service")
	runner := a.system.runners[name]
	if runner == nil {
		return nil, event.Refuse(event.NotFound, fmt.Sprintf("There is no service %.40q with a state. They are %s.", name, strings.Join(names(), ", ")))
	}
	var at time.Time
	if v := r.URL.Query().Get("at"); v != "" {
		var err error
		if at, err = time.Parse(time.RFC3339, v); err != nil || at.IsZero() {
			return nil, event.Refuse(event.Invalid, "The moment is a time as in 2026-01-31T12:00:00Z.")
		}
	}
	into := memstore.New()
	defer into.Close()
	found, err := runner.Rebuild(r.Context(), into, at)
	if err != nil {
		return nil, fmt.Errorf("rebuild %s: %w", name, err)
	}
	out := admin.Rebuilt{Service: name}
	if at.IsZero() {
		out.Comparison = &found
		return out, nil
	}
	out.At = &at
	out.State, err = state(into)
	return out, err
}

// state is what a store holds but for what is secret and the runner's own.
func state(s store.Store) (map[string]map[string]json.RawMessage, error) {
	all := make(map[string]map[string]json.RawMessage)
	err := s.View(func(r store.Reader) error {
		for table, err := range r.Tables() {
			if err != nil {
				return err
			}
			if strings.HasPrefix(table, "sys/") || strings.HasPrefix(table, "secret/") {
				continue
			}
			rows := make(map[string]json.RawMessage)
			for kv, err := range r.Scan(table, store.Range{}) {
				if err != nil {
					return err
				}
				rows[kv.Key] = asJSON(kv.Value)
			}
			all[table] = rows
		}
		return nil
	})
	return all, err
}

// asJSON is the value itself if it is JSON, else a JSON string of it.
func asJSON(value []byte) json.RawMessage {
	if json.Valid(value) {
		return value
	}
	quoted, err := json.Marshal(string(value))
	if err != nil {
		panic("app: a string is JSON: " + err.Error())
	}
	return quoted
}

// parkedOf lists what a service has parked.
func (s *system) parkedOf(r *http.Request, name string) ([]services.Parked, error) {
	if name == "dispatch" {
		return s.router.Parked(r.Context())
	}
	return s.runners[name].Parked(r.Context())
}
