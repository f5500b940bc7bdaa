package app

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"scaip/internal/event"
	"scaip/internal/log"
	"scaip/internal/media"
	"scaip/internal/media/replay"
	"scaip/internal/media/seal"
	"scaip/internal/services"
	"scaip/internal/services/auth"
	"scaip/internal/services/calls"
	"scaip/internal/services/dispatch"
	"scaip/internal/services/edge"
	"scaip/internal/services/gateway"
	"scaip/internal/services/groups"
	"scaip/internal/services/messaging"
	"scaip/internal/services/query"
	"scaip/internal/services/users"
)

// names are the services that have a runner, in the order in which they are shown. dispatch, the tenth, has a router.
func names() []string {
	return []string{"gateway", "auth", "users", "groups", "messaging", "calls", "query", "audio", "video"}
}

// createTopics makes the inboxes and outboxes of all services. Outboxes are the event store: kept for good.
func createTopics(ctx context.Context, l log.Admin) error {
	for _, name := range append([]string{"dispatch"}, names()...) {
		if err := l.Create(ctx, services.Inbox(name), log.Retention{}); err != nil { // trimmed by what is consumed: see trimmer

			return fmt.Errorf("make inbox of %s: %w", name, err)
		}
		if name == "dispatch" {
			continue // it copies, it makes nothing
		}
		if err := l.Create(ctx, services.Outbox(name), log.Retention{}); err != nil {
			return fmt.Errorf("make outbox of %s: %w", name, err)
		}
	}
	return nil
}

// parts are what the services are made of.
type parts struct {
	config Config
	logs   *logs
	stores stores
	disk   *disk
	dir    *dataDir
	boot   string // an ID of this run
}

// A system is the ten services, wired to each other by nothing but the log.
type system struct {
	runners map[string]*services.Runner
	router  *services.Router
	auth    *auth.HTTP
	gateway *gateway.Gateway
	audio   *edge.Edge
	video   *edge.Edge
	replays *replay.Cache
	past    *query.Past
	sealer  *seal.Sealer
	keeping *keeping
	trimmer *services.Trimmer
	usage   *usage
	public  []services.Route
	local   []services.Route
}

func wire(p parts) (*system, error) {
	c := p.config
	use := &usage{quota: c.Quota, media: p.logs.media, disk: p.disk, query: p.stores["query"], logger: c.Logger, now: c.Now}
	s := &system{runners: make(map[string]*services.Runner), usage: use, keeping: newKeeping(p.logs.media, p.disk, use.spent)}
	s.gateway = gateway.New(gateway.Options{Boot: p.boot, Log: p.logs.events, Store: p.stores["gateway"], Logger: c.Logger, Now: c.Now,
		Admit: p.disk.admitCommand})
	newEdge := func(service string) *edge.Edge {
		return edge.New(edge.Options{Service: service, Boot: p.boot, Media: s.keeping, Store: p.stores[service],
			Logger: c.Logger, Now: c.Now, Loudest: c.Loudest})
	}
	s.audio, s.video = newEdge(media.Audio), newEdge(media.Video)

	machines := []services.Machine{auth.New(), users.New(), groups.New(), messaging.New(), calls.New(), query.New(), s.gateway, s.audio, s.video}
	for _, m := range machines {
		s.runners[m.Name()] = p.runner(m)
	}
	s.gateway.Attach(s.runners["gateway"])
	s.audio.Attach(s.runners["audio"])
	s.video.Attach(s.runners["video"])
	s.router = p.router()
	s.trimmer = s.newTrimmer(p)
	s.auth = auth.NewHTTP(auth.HTTPOptions{Runner: s.runners["auth"], Store: p.stores["auth"], Registration: c.Registration,
		Secure: c.secure(), Logger: c.Logger, Now: c.Now})
	if err := s.openRecordings(p); err != nil {
		return nil, err
	}
	s.route(p)
	return s, nil
}

func (p parts) runner(m services.Machine) *services.Runner {
	o := services.Options{Machine: m, Store: p.stores[m.Name()], Log: p.logs.events, Feeds: services.FeedsOf(dispatch.Table(), m.Name()), Logger: p.config.Logger}
	if engines()[m.Name()] == memory {
		o.Boot, o.From = p.boot, p.callsFrom
	}
	return services.NewRunner(o)
}

func (p parts) router() *services.Router {
	sources := []log.Topic{services.Inbox("dispatch")}
	for _, name := range names() {
		sources = append(sources, services.Outbox(name))
	}
	return services.NewRouter(services.RouterOptions{Table: dispatch.Table(), Sources: sources, Store: p.stores["dispatch"], Log: p.logs.events, Logger: p.config.Logger})
}

// source opens the frames of a call: of a sealed one its file, else its log.
func (s *system) source(l log.Admin) func(context.Context, string, time.Time) (media.Source, error) {
	return func(_ context.Context, call string, start time.Time) (media.Source, error) {
		_, state, _, err := s.sealer.Find(call)
		switch {
		case err != nil:
			return nil, err
		case state == seal.Sealed:
			return s.sealer.Source(call)
		case state == seal.Gone:
			return nil, event.Refuse(event.NotFound, "The recording of this call was not kept.")
		}
		return media.LogSource{Log: l, Call: call, Start: start}, nil
	}
}

// openRecordings opens what keeps calls that are over, and what makes files of them for download.
func (s *system) openRecordings(p parts) (err error) {
	c := p.config
	s.sealer, err = seal.Open(seal.Options{Dir: p.dir.join("calls"), Log: p.logs.media, Ledger: p.stores[sealLedger],
		Fates: query.Fates(p.stores["query"]), Changed: s.runners["query"].Changed, Describe: query.Describe(p.stores["query"]),
		Forget: func(call string) { s.replays.Forget(call) }, Admit: p.disk.admit, Logger: c.Logger, Now: c.Now})
	if err != nil {
		return err
	}
	s.usage.sealer = s.sealer
	s.replays, err = replay.OpenCache(replay.CacheOptions{Dir: p.dir.join("replays"), Log: p.logs.media, Sealed: s.sealed, Admit: p.disk.admit,
		Logger: c.Logger, Now: c.Now})
	return err
}

// sealed tells the replays of a sealed call.
func (s *system) sealed(call string) (replay.SealedFile, error) {
	f, state, done, err := s.sealer.Find(call)
	out := replay.SealedFile{Pending: state == seal.Sealing, Done: done}
	if state == seal.Sealed && !f.Empty {
		out.Path, out.Bytes, out.SHA256 = f.Path, f.Bytes, f.SHA256
	}
	return out, err
}

// route gathers what the services serve.
func (s *system) route(p parts) {
	gate := func(service string) services.Gate {
		return services.NewGate(p.stores[service], s.runners[service].Changed, p.config.Now)
	}
	view := query.HTTP{Store: p.stores["query"], Gate: gate("query"), Changed: s.runners["query"].Changed, Logger: p.config.Logger, Replay: s.replays}
	s.past = query.NewPast(query.PastOptions{Store: p.stores["query"], Gate: gate("query"), Open: s.source(p.logs.media), Logger: p.config.Logger, Now: p.config.Now})
	clips := &query.Clips{View: view, Past: s.past, Now: p.config.Now}
	timelines := &query.Timelines{View: view, Open: s.source(p.logs.media)}
	s.public = slices.Concat(
		s.auth.Routes(),
		messaging.Routes(messaging.HTTP{Store: p.stores["messaging"], Gate: gate("messaging"), Logger: p.config.Logger}),
		query.Routes(view),
		s.gateway.Routes(),
		s.audio.Routes(),
		s.video.Routes(),
		s.past.Routes(),
		timelines.Routes(),
		clips.Routes(),
		s.usage.routes(gate("query")),
	)
	s.local = slices.Concat(s.auth.AdminRoutes(), s.gateway.AdminRoutes(), query.AdminRoutes(view))
}

// A stage is a part of the daemon that starts when the stages before it are ready.
type stage struct {
	runs  map[string]func(context.Context) error
	ready []<-chan struct{}
}

// core is what has no clients, in the order in which it starts. After a crash commands must not overtake the events that their senders have
// seen: so first the services with a lasting store put what they have made into their outboxes, then dispatch delivers it, and then the
// others build their stores from it.
func (s *system) core() []stage {
	type runs = map[string]func(context.Context) error
	lasting := stage{runs: runs{"replays": s.replays.Run, "memory": s.tidy, "sealing": s.sealer.Run, "quota": s.usage.run,
		"keeping": func(ctx context.Context) error { return s.keeping.run(ctx, s.runners["calls"], s.gateway.Full) }}}
	volatile := stage{runs: runs{"trimming": s.trimmer.Run}}
	for _, name := range names() {
		st := &lasting
		if engines()[name] == memory {
			st = &volatile
		}
		st.runs[name] = s.runners[name].Run
		st.ready = append(st.ready, s.runners[name].Ready())
	}
	router := stage{runs: runs{"dispatch": s.router.Run}, ready: []<-chan struct{}{s.router.Ready()}}
	return []stage{lasting, router, volatile}
}

// startEdges starts what has: they close their sockets when the group stops.
func (s *system) startEdges(g *group) {
	g.start("gateway's sockets", s.gateway.Run)
	g.start("audio's sockets", s.audio.Run)
	g.start("video's sockets", s.video.Run)
	g.start("sockets of the past", s.past.Run)
}

// opened are closed when all edges take clients.
func (s *system) opened() []<-chan struct{} {
	return []<-chan struct{}{s.gateway.Opened(), s.audio.Opened(), s.video.Opened(), s.past.Opened()}
}

// stats are those of all ten services, in their order.
func (s *system) stats() []services.Stats {
	var all []services.Stats
	for _, name := range names() {
		all = append(all, s.runners[name].Stats())
	}
	st := s.router.Stats()
	st.Service = cmp.Or(st.Service, "dispatch")
	return slices.Insert(all, 2, st) // where it stands in the ring: after auth
}

// drain waits until everything that is in the log has been processed and relayed, or patience ends. What is left then is
// processed after the next start.
func (s *system) drain(patience time.Duration) {
	end := time.NewTimer(patience)
	defer end.Stop()
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for !s.idle() {
		select {
		case <-end.C:
			return
		case <-look.C:
		}
	}
}

func (s *system) idle() bool {
	for _, st := range s.stats() {
		if st.Failing != "" { // it would wait for nothing
			continue
		}
		if st.Made != st.Relayed {
			return false
		}
		for _, lag := range st.Lag {
			if lag > 0 {
				return false
			}
		}
	}
	return true
}
