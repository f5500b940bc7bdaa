package app

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"scaip/internal/admin"
	"scaip/internal/event"
	"scaip/internal/services"
	"scaip/internal/services/dispatch"
	"scaip/internal/services/edge"
)

// adminRoutes are those of the unix socket that no service owns.
func (a *App) adminRoutes() []services.Route {
	return []services.Route{
		{Pattern: "GET /admin/status", Handler: a.answer(a.status)},
		{Pattern: "GET /admin/doctor", Handler: a.answer(a.doctor)},
		{Pattern: "GET /admin/routes", Handler: a.answer(a.routing)},
		{Pattern: "GET /admin/log", Handler: a.answer(a.topics)},
		{Pattern: "GET /admin/log/{topic}", Handler: http.HandlerFunc(a.serveRecords)},
		{Pattern: "POST /admin/rebuild/{service}", Handler: a.answer(a.rebuild)},
	}
}

// settled makes a route that changes something answer when the change has reached every service, so that who asks next finds it; at the
// latest after settleTime.
func (a *App) settled(r services.Route) services.Route {
	if !strings.HasPrefix(r.Pattern, "POST ") || strings.HasSuffix(r.Pattern, "/replay") {
		return r
	}
	return services.Route{Pattern: r.Pattern, Handler: http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		r.Handler.ServeHTTP(&settling{ResponseWriter: w, settle: func() { a.system.drain(settleTime) }}, req)
	})}
}

const settleTime = time.Second

// settling is an answer that waits before it begins, unless it is a refusal.
type settling struct {
	http.ResponseWriter
	settle func()
}

func (s *settling) WriteHeader(status int) {
	if status < 300 {
		s.settle()
	}
	s.ResponseWriter.WriteHeader(status)
}

func (s *settling) Unwrap() http.ResponseWriter { return s.ResponseWriter }

// answer serves what f returns as JSON.
func (a *App) answer(f func(*http.Request) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v, err := f(r)
		if err != nil {
			services.WriteError(w, a.c.Logger, err)
			return
		}
		services.WriteJSON(w, http.StatusOK, v)
	})
}

// status is a picture of the daemon.
func (a *App) status(r *http.Request) (any, error) {
	topics, err := a.listTopics(r.Context(), "")
	if err != nil {
		return nil, err
	}
	kept, err := a.system.usage.report(r.Context())
	if err != nil {
		return nil, err
	}
	uptime := a.c.Now().Sub(a.started)
	return admin.Status{
		Version: a.c.Version, PID: os.Getpid(), Started: a.started.UTC(), Uptime: uptime.Seconds(), Ready: true,
		Address: a.URL(), DataDir: a.c.DataDir,
		Services: a.system.stats(), Topics: topics,
		Gateway: a.system.gateway.Stats(), Media: []edge.Stats{a.system.audio.Stats(), a.system.video.Stats()},
		Memory:     memoryUsed(),
		Disk:       admin.Disk{Free: a.disk.free.Load(), MinFree: a.disk.mark, Full: a.disk.full.Load()},
		Recordings: kept,
	}, nil
}

// memoryUsed reads what the kernel and the runtime count.
func memoryUsed() admin.Memory {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return admin.Memory{Resident: resident(), Heap: int64(m.HeapAlloc), Goroutines: runtime.NumGoroutine()}
}

// resident reads the resident size in bytes; 0 where there is no /proc.
func resident() int64 {
	raw, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(raw))
	if len(fields) < 2 {
		return 0
	}
	pages, err := strconv.ParseInt(fields[1], 10, 64)
	if err != nil {
		return 0
	}
	return pages * int64(os.Getpagesize())
}

func (a *App) routing(*http.Request) (any, error) { return Routes(), nil }

// Routes are the two tables of the system: where types go, and who may ask for what.
func Routes() (out admin.Routes) {
	for _, d := range dispatch.Table() {
		out.Deliveries = append(out.Deliveries, admin.Delivery{Type: d.Type, Access: event.CommandAccess()[d.Type], Targets: d.Targets})
	}
	table := event.RouteAccess()
	for _, pattern := range slices.Sorted(maps.Keys(table)) {
		out.HTTP = append(out.HTTP, admin.HTTPRoute{Pattern: pattern, Access: table[pattern]})
	}
	return out
}

// listTopics lists the topics of both logs, by log and name.
func (a *App) listTopics(ctx context.Context, prefix string) ([]admin.Topic, error) {
	all := []admin.Topic{}
	infos, err := a.logs.events.Topics(ctx, prefix)
	if err != nil {
		return nil, fmt.Errorf("list topics of the event log: %w", err)
	}
	for _, i := range infos {
		all = append(all, admin.Topic{Log: "events", TopicInfo: i})
	}
	if infos, err = a.logs.media.Topics(ctx, prefix); err != nil {
		return nil, fmt.Errorf("list topics of the media log: %w", err)
	}
	for _, i := range infos {
		if !isMedia(i.Topic) { // where both logs are one cluster
			continue
		}
		all = append(all, admin.Topic{Log: "media", TopicInfo: i})
	}
	return slices.CompactFunc(all, func(x, y admin.Topic) bool { return x.Topic == y.Topic }), nil
}

func (a *App) topics(r *http.Request) (any, error) {
	topics, err := a.listTopics(r.Context(), r.URL.Query().Get("prefix"))
	return admin.Topics{Topics: topics}, err
}
