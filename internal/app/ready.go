package app

import (
	"net/http"
	"sync"
	"time"

	"scaip/internal/services"
)

// readyFor is how long an answer to GET /readyz holds: anybody may ask, and finding out asks every topic for its end.
const readyFor = time.Second

// readiness remembers whether a service is stuck.
type readiness struct {
	mu    sync.Mutex
	until time.Time
	stuck string
}

// failing names a service that is stuck; "" if none is.
func (r *readiness) failing(s *system) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now := time.Now(); now.After(r.until) {
		r.stuck, r.until = stuck(s.stats()), now.Add(readyFor)
	}
	return r.stuck
}

func stuck(all []services.Stats) string {
	for _, st := range all {
		if st.Failing != "" {
			return st.Service
		}
	}
	return ""
}

func (a *App) serveReady(w http.ResponseWriter, _ *http.Request) {
	select {
	case <-a.stopped:
		plain(w, http.StatusServiceUnavailable, "stopping")
		return
	default:
	}
	if a.disk.admit() != nil {
		plain(w, http.StatusServiceUnavailable, "disk full")
		return
	}
	if name := a.readiness.failing(a.system); name != "" {
		plain(w, http.StatusServiceUnavailable, name+" is failing")
		return
	}
	plain(w, http.StatusOK, "ok")
}
