// Package machinetest drives one [services.Machine] on a store in memory, for the tests of the domain services.
//
// A Rig does what the runner does, and checks what a Machine promises: Decide gives the same twice, every event it makes is
// valid, Apply touches only the tables of the event's origin, and a store rebuilt from the events equals the live one, however
// the origins' events mix.
package machinetest

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"scaip/internal/event"
	"scaip/internal/services"
	"scaip/internal/store"
	"scaip/internal/store/memstore"
)

// TB is what a Rig needs of a test: *testing.T, *testing.F and *rapid.T have it.
type TB interface {
	Helper()
	Fatalf(format string, args ...any)
}

// A Rig is one Machine with its store and everything it has heard and said.
type Rig struct {
	Machine services.Machine
	Store   store.Store
	Now     time.Time        // the At of the next command
	Heard   []event.Envelope // events of other services, in order
	Said    []event.Envelope // own events, in order

	t     TB
	count int
}

// New returns a Rig whose clock stands at a fixed time.
func New(t TB, m services.Machine) *Rig {
	return &Rig{Machine: m, Store: memstore.New(), Now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), t: t}
}

// Do decides a command of actor and applies what follows. The error is the Refusal.
func (r *Rig) Do(actor string, body event.Body) ([]event.Envelope, error) {
	r.t.Helper()
	return r.DoAs(actor, "session-of-"+actor, body)
}

// DoAs is Do in a session of the caller's choice.
func (r *Rig) DoAs(actor, session string, body event.Body) ([]event.Envelope, error) {
	r.t.Helper()
	r.count++
	cmd, err := event.NewCommand(fmt.Sprintf("cmd-%d", r.count), r.Now, actor, session, body)
	if err != nil {
		r.t.Fatalf("make command: %v", err)
	}
	return r.Decide(cmd)
}

// Must is Do of a command that is expected to be taken.
func (r *Rig) Must(actor string, body event.Body) []event.Envelope {
	r.t.Helper()
	got, err := r.Do(actor, body)
	if err != nil {
		r.t.Fatalf("%s of %s: %v", body.EventType(), actor, err)
	}
	return got
}

// Hear brings an event of another service, which happened at Now, and decides it.
func (r *Rig) Hear(body event.Body) []event.Envelope {
	r.t.Helper()
	r.count++
	e, err := event.NewCommand(fmt.Sprintf("heard-%d", r.count), r.Now, event.System, "", body)
	if err != nil {
		r.t.Fatalf("make event: %v", err)
	}
	r.apply(r.Store, e)
	r.Heard = append(r.Heard, e)
	got, err := r.Decide(e)
	if err != nil {
		r.t.Fatalf("decide %s: %v", e.Type, err)
	}
	return got
}

// Tick does what the runner's ticker does at Now, until nothing is due.
func (r *Rig) Tick() []event.Envelope {
	r.t.Helper()
	var all []event.Envelope
	for range 1000 {
		var body event.Body
		var due bool
		err := r.Store.View(func(v store.Reader) (err error) {
			body, due, err = r.Machine.(services.Ticker).Tick(v, r.Now)
			return err
		})
		if err != nil {
			r.t.Fatalf("tick: %v", err)
		}
		if !due {
			return all
		}
		r.count++
		cmd, err := event.NewCommand(fmt.Sprintf("tick-%d", r.count), r.Now, event.System, "", body)
		if err != nil {
			r.t.Fatalf("make tick: %v", err)
		}
		got, err := r.Decide(cmd)
		if err != nil || len(got) == 0 {
			r.t.Fatalf("tick was due, but gave %d events, %v", len(got), err)
		}
		all = append(all, got...)
	}
	r.t.Fatalf("ticks never come to an end")
	return nil
}

// Decide decides e twice, compares, and applies the events that follow.
func (r *Rig) Decide(e event.Envelope) ([]event.Envelope, error) {
	r.t.Helper()
	got, err := r.decideOnce(e)
	again, err2 := r.decideOnce(e)
	if fmt.Sprint(err) != fmt.Sprint(err2) || dumpOf(r.t, got) != dumpOf(r.t, again) {
		r.t.Fatalf("decide %s twice: first %s, %v; then %s, %v", e.Type, dumpOf(r.t, got), err, dumpOf(r.t, again), err2)
	}
	if err != nil {
		if ref, ok := event.AsRefusal(err); !ok || len(ref.Text) < 10 {
			r.t.Fatalf("decide %s %s: %v, which is no sentence for a user", e.Type, e.Body, err)
		}
		return nil, err
	}
	for _, out := range got {
		r.check(out)
		r.apply(r.Store, out)
		r.Said = append(r.Said, out)
	}
	return got, nil
}

func (r *Rig) decideOnce(e event.Envelope) (out []event.Envelope, err error) {
	err = r.Store.View(func(v store.Reader) error {
		bodies, err := r.Machine.Decide(v, e)
		if err != nil {
			return err
		}
		for n, b := range bodies {
			w, err := event.Wrap(e, n, b)
			if err != nil {
				return err
			}
			out = append(out, w)
		}
		return nil
	})
	return out, err
}

// check fails the test if e is no valid event of the Machine.
func (r *Rig) check(e event.Envelope) {
	r.t.Helper()
	if event.Service(e.Type) != r.Machine.Name() {
		r.t.Fatalf("%s made %s", r.Machine.Name(), e.Type)
	}
	if _, command := event.CommandAccess()[e.Type]; command {
		r.t.Fatalf("%s made the command %s", r.Machine.Name(), e.Type)
	}
	var fields map[string]any
	if err := json.Unmarshal(e.Body, &fields); err != nil {
		r.t.Fatalf("%s has the body %s: %v", e.Type, e.Body, err)
	}
	for _, name := range []string{"user", "group", "call", "message", "owner", "author", "maker"} {
		if id, ok := fields[name].(string); ok && id != "" && !event.ValidID(id) {
			r.t.Fatalf("%s has the %s %q", e.Type, name, id)
		}
	}
}

func (r *Rig) apply(s store.Store, e event.Envelope) {
	r.t.Helper()
	err := s.Update(func(tx store.Tx) error {
		return r.Machine.Apply(fence{tx, event.Service(e.Type) + "/"}, e)
	})
	if err != nil {
		r.t.Fatalf("apply %s %s: %v", e.Type, e.Body, err)
	}
}

// Rebuild builds the store anew from the events. The events of one service stay in order; pick(n) chooses which of n services
// goes on. The test fails if the new store differs from the live one.
func (r *Rig) Rebuild(pick func(n int) int) {
	r.t.Helper()
	var queues [][]event.Envelope
	place := map[string]int{}
	for _, e := range append(append([]event.Envelope{}, r.Heard...), r.Said...) {
		s := event.Service(e.Type)
		i, ok := place[s]
		if !ok {
			i = len(queues)
			place[s] = i
			queues = append(queues, nil)
		}
		queues[i] = append(queues[i], e)
	}
	fresh := memstore.New()
	for len(queues) > 0 {
		i := pick(len(queues))
		r.apply(fresh, queues[i][0])
		if queues[i] = queues[i][1:]; len(queues[i]) == 0 {
			queues = append(queues[:i], queues[i+1:]...)
		}
	}
	if live, built := Dump(r.t, r.Store), Dump(r.t, fresh); live != built {
		r.t.Fatalf("rebuilt store differs.\nlive:\n%s\nrebuilt:\n%s", live, built)
	}
}

// Dump writes all of a store, one entry a line.
func Dump(t TB, s store.Store) string {
	t.Helper()
	var b strings.Builder
	err := s.View(func(r store.Reader) error {
		for table, err := range r.Tables() {
			if err != nil {
				return err
			}
			for kv, err := range r.Scan(table, store.Range{}) {
				if err != nil {
					return err
				}
				fmt.Fprintf(&b, "%s %q %s\n", table, kv.Key, kv.Value)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatalf("dump store: %v", err)
	}
	return b.String()
}

func dumpOf(t TB, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatalf("encode: %v", err)
	}
	return string(raw)
}

// Types lists the types of events.
func Types(events []event.Envelope) []string {
	types := []string{}
	for _, e := range events {
		types = append(types, e.Type)
	}
	return types
}

// CodeOf is the code of a Refusal, "" of no error.
func CodeOf(err error) event.Code {
	if err == nil {
		return ""
	}
	r, _ := event.AsRefusal(err)
	return r.Code
}
