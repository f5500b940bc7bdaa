package services_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"scaip/internal/event"
	"scaip/internal/log"
	"scaip/internal/services"
	"scaip/internal/store"
	"scaip/internal/store/memstore"
)

var (
	simSeeds = flag.Int("sim.seeds", 300, "number of crash simulations")
	simSeed  = flag.Uint64("sim.seed", 0, "run only the crash simulation of this seed")
	simLog   = flag.Bool("sim.log", false, "show what the services log in a crash simulation")
)

// TestSim runs the crash simulation: clients, a forwarding service, the router, two services with replicas of each other, and a gateway, over
// a log and stores that fail before and after taking effect. The process crashes again and again; then topics lose their tails, or a store is
// gone. Afterwards every acknowledged command must have taken effect once, numbers be dense, and rebuilt stores equal the live ones.
//
//	go test -run Sim ./internal/services -sim.seeds=5000
//	go test -run Sim ./internal/services -sim.seed=17 -sim.log
func TestSim(t *testing.T) {
	if *simSeed != 0 {
		simulate(t, *simSeed)
		return
	}
	for seed := range uint64(*simSeeds) {
		simulate(t, seed+1) // ends the test if it fails
	}
}

func simulate(t *testing.T, seed uint64) {
	defer func() {
		p := recover()
		if t.Failed() {
			t.Errorf("this was seed %d: try it alone with -run Sim -sim.seed=%d -sim.log", seed, seed)
		}
		if p != nil { // synctest panics if everything is stuck
			panic(fmt.Sprintf("seed %d: %v", seed, p))
		}
	}()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, seed)
		var clients sync.WaitGroup
		for i := range 2 + w.dice.below("world", 3) {
			c := &client{w: w, name: fmt.Sprintf("user%d", i)}
			clients.Go(func() { c.run(4 + w.dice.below(c.name, 12)) })
		}
		for range 1 + w.dice.below("world", 4) {
			stop := w.boot(5 + w.dice.below("world", 60))
			w.await("nothing", w.dice.millis("world", 5, 1500))
			stop()
			w.damage()
		}
		stop := w.boot(0)
		defer stop()
		done := make(chan struct{})
		go func() { clients.Wait(); close(done) }()
		select {
		case <-done:
		case <-time.After(10 * time.Minute):
			w.fail("seed %d: commands are never answered", seed)
			w.giveUp(done)
			return
		}
		w.settle()
		if w.check(); t.Failed() || *simLog {
			w.dump()
		}
	})
}

// world is the simulated installation and what is known of it from outside.
type world struct {
	t      *testing.T
	dice   *dice
	disk   *disk
	logger *slog.Logger
	boots  int
	wiped  map[string]bool
	bare   bool // a store was lost and no life has come far enough to rebuild it
	thin   bool // tails were lost and no life has come far enough to fill them again

	runners []*services.Runner // of the present life
	router  *services.Router

	mu       sync.Mutex // guards what follows
	gate     *gateway   // nil while nobody can come in
	door     *services.Runner
	answers  map[string]event.Envelope // by command, the first
	members  map[string]bool           // room/user, of which the gateway has heard
	rooms    []string
	expected map[string][]string // kind of effect → commands acknowledged
	changed  chan struct{}       // closed at the next news
	over     bool                // a failure ended it: everything is answered
}

func newWorld(t *testing.T, seed uint64) *world {
	var story bytes.Buffer
	t.Cleanup(func() {
		if t.Failed() || *simLog {
			t.Logf("what the services said:\n%s", story.String())
		}
	})
	return &world{
		t: t, dice: newDice(seed), disk: newDisk(), logger: slog.New(slog.NewTextHandler(&story, nil)), wiped: map[string]bool{},
		answers: map[string]event.Envelope{}, members: map[string]bool{}, expected: map[string][]string{}, changed: make(chan struct{}),
	}
}

func (w *world) fail(format string, args ...any) { w.t.Errorf(format, args...) }

// boot starts a life, in the order that Runner.Ready asks for. stop is the crash.
func (w *world) boot(rate int) (stop func()) {
	w.boots++
	l := &life{disk: w.disk, dice: w.dice, rate: rate}
	boot := fmt.Sprint(w.boots)
	opts := func(m services.Machine, s store.Store) services.Options {
		o := options(m, l, s)
		o.Logger = w.logger.With("boot", boot)
		return o
	}
	doors := services.NewRunner(opts(door{}, l.store("door")))
	g := &gateway{w: w, boot: boot, log: l, life: l, one: make(chan struct{}, 1), latest: map[string]uint64{}}
	edge := opts(g, &flakyStore{l, "gateway", memstore.New()})
	edge.Boot = boot
	w.runners = []*services.Runner{
		doors, services.NewRunner(opts(rooms{}, l.store("rooms"))), services.NewRunner(opts(notes{}, l.store("notes"))), services.NewRunner(edge),
	}
	w.router = services.NewRouter(services.RouterOptions{
		Table: delivery, Sources: []log.Topic{"dispatch.in", "door.out", "rooms.out", "notes.out"},
		Store: l.store("dispatch"), Log: l, Logger: w.logger.With("boot", boot),
	})
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { w.bringUp(ctx, &wg, g) })
	return func() {
		l.dead.Store(true)
		w.mu.Lock()
		w.gate, w.door = nil, nil
		w.mu.Unlock()
		cancel()
		wg.Wait()
	}
}

func (w *world) bringUp(ctx context.Context, wg *sync.WaitGroup, g *gateway) {
	ready := func(c <-chan struct{}) bool {
		select {
		case <-c:
			return ctx.Err() == nil
		case <-ctx.Done():
			return false
		}
	}
	for _, r := range w.runners[:3] {
		wg.Go(func() { _ = r.Run(ctx) })
	}
	for _, r := range w.runners[:3] {
		if !ready(r.Ready()) {
			return
		}
	}
	wg.Go(func() { _ = w.router.Run(ctx) })
	if !ready(w.router.Ready()) {
		return
	}
	wg.Go(func() { _ = w.runners[3].Run(ctx) })
	if !ready(w.runners[3].Ready()) {
		return
	}
	for _, e := range events(w.t, w.disk.topic("gateway.in"), "gateway.in") {
		w.heard(e) // as clients do that resume from where they were
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if !g.life.dead.Load() {
		w.gate, w.door = g, w.runners[0]
		w.bare, w.thin = false, false
	}
}

// damage is what a crash does to the disk: topics lose their tails, or a store is lost.
func (w *world) damage() {
	switch n := w.dice.below("world", 6); {
	case w.bare: // the event store alone holds what the lost store held: more losses can't be made good
	case n == 0: // nothing
	case n == 1:
		name := []string{"rooms", "notes"}[w.dice.below("world", 2)]
		if !w.thin && !w.half(name) {
			w.wipe(name)
			w.bare = true
		}
	case n == 2:
		w.wipe("dispatch")
		w.loseTails()
	default:
		w.loseTails()
	}
}

func (w *world) wipe(name string) {
	w.logger.Info("STORE LOST", "store", name)
	w.disk.stores[name] = memstore.New()
	w.wiped[name] = true
}

func (w *world) loseTails() {
	w.thin = true
	for _, topic := range topics {
		b, _ := w.disk.topics[topic].Bounds(context.Background(), topic)
		n := 0
		switch held := int(b.Next); {
		case held == 0:
		case w.dice.one("world", 3):
			n = min(held, 1+w.dice.below("world", 4))
		case w.dice.one("world", 15):
			n = 1 + w.dice.below("world", held)
		}
		if n == 0 {
			continue
		}
		w.logger.Info("TAIL LOST", "topic", topic, "records", n, "next", int(b.Next)-n)
		if err := w.disk.lose(topic, n); err != nil {
			w.fail("lose tail of %s: %v", topic, err)
		}
	}
}

// half reports whether only a part of the events of a command has left a service. A store lost at such a moment can't be made good: the
// command is known to be answered, and the rest of its events is gone.
func (w *world) half(name string) bool {
	topic := services.Outbox(name)
	rec, ok, err := w.disk.topics[topic].Last(context.Background(), topic)
	if err != nil || !ok || w.disk.stores[name] == nil {
		return false
	}
	last := decode(w.t, rec.Value)
	split := false
	err = w.disk.stores[name].View(func(r store.Reader) error {
		raw, ok, err := r.Get("sys/outbox", fmt.Sprintf("%s/%016x", topic, rec.Seq+1))
		split = ok && decode(w.t, raw).Cause == last.Cause
		return err
	})
	return err != nil || split
}

// heard takes an event that the gateway has heard of.
func (w *world) heard(e event.Envelope) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, ok := w.answers[e.Cause]; !ok && e.Cause != "" {
		w.answers[e.Cause] = e
	}
	if e.Type == "rooms.joined" {
		b, err := bodyOf(e)
		if err != nil {
			w.fail("decode: %v", err)
		}
		w.members[b.Room+"/"+b.User] = true
	}
	close(w.changed)
	w.changed = make(chan struct{})
}

// await waits for the answer to a command, for at most d.
func (w *world) await(id string, d time.Duration) (event.Envelope, bool) {
	patience := time.NewTimer(d)
	defer patience.Stop()
	for {
		w.mu.Lock()
		e, ok := w.answers[id]
		changed, over := w.changed, w.over
		w.mu.Unlock()
		if ok || over {
			return e, true
		}
		select {
		case <-changed:
		case <-patience.C:
			return e, false
		}
	}
}

// giveUp lets the clients run out: every command counts as answered.
func (w *world) giveUp(done <-chan struct{}) {
	w.mu.Lock()
	w.over = true
	close(w.changed)
	w.changed = make(chan struct{})
	w.mu.Unlock()
	<-done
}

func (w *world) anyRoom(who string) string {
	w.mu.Lock()
	rooms := w.rooms
	w.mu.Unlock()
	if len(rooms) == 0 {
		return ""
	}
	return rooms[w.dice.below(who, len(rooms))]
}

func (w *world) addRoom(room string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.rooms = append(w.rooms, room)
}

func (w *world) expect(kind, id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.expected[kind] = append(w.expected[kind], id)
}
