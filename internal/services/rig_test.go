package services_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"scaip/internal/event"
	"scaip/internal/log"
	"scaip/internal/log/memlog"
	"scaip/internal/services"
	"scaip/internal/store"
	"scaip/internal/store/memstore"
)

var topics = []log.Topic{"door.in", "dispatch.in", "rooms.in", "notes.in", "gateway.in", "door.out", "rooms.out", "notes.out", "gateway.out"}

// newLog returns a log with all topics.
func newLog(t testing.TB) *memlog.Log {
	t.Helper()
	l := memlog.New()
	for _, topic := range topics {
		if err := l.Create(t.Context(), topic, log.Retention{}); err != nil {
			t.Fatal(err)
		}
	}
	return l
}

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

// options are those of a service on l and s.
func options(m services.Machine, l log.Log, s store.Store) services.Options {
	return services.Options{Machine: m, Store: s, Log: l, Feeds: services.FeedsOf(delivery, m.Name()), Logger: quiet()}
}

// start runs r until the test, or the returned function, stops it.
func start(t testing.TB, r interface{ Run(context.Context) error }) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := r.Run(ctx); err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	stop = func() { cancel(); wg.Wait() }
	t.Cleanup(stop)
	return stop
}

func command(t testing.TB, id, actor string, b body) event.Envelope {
	t.Helper()
	e, err := event.NewCommand(id, time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), actor, "session-of-"+actor, b)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// wrap makes another service's event.
func wrap(t testing.TB, cause string, b body) event.Envelope {
	t.Helper()
	e, err := event.Wrap(command(t, cause, "ada", body{typ: "x.y"}), 0, b)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// put appends envelopes to a topic, as records of origin numbered from seq.
func put(t testing.TB, l log.Log, topic log.Topic, origin string, seq uint64, es ...event.Envelope) {
	t.Helper()
	for i, e := range es {
		raw, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := l.Append(context.Background(), topic, log.Record{Origin: origin, Seq: seq + uint64(i), Value: raw}); err != nil {
			t.Fatal(err)
		}
	}
}

// types returns the types of what a topic holds, in order.
func types(t testing.TB, l log.Log, topic log.Topic) (list []string) {
	t.Helper()
	for _, e := range events(t, l, topic) {
		list = append(list, e.Type)
	}
	return list
}

func events(t testing.TB, l log.Log, topic log.Topic) (list []event.Envelope) {
	t.Helper()
	for _, rec := range records(t, l, topic) {
		var e event.Envelope
		if err := json.Unmarshal(rec.Value, &e); err != nil {
			t.Fatal(err)
		}
		list = append(list, e)
	}
	return list
}

func records(t testing.TB, l log.Log, topic log.Topic) (list []log.Record) {
	t.Helper()
	ctx := context.Background()
	b, err := l.Bounds(ctx, topic)
	if err != nil {
		t.Fatal(err)
	}
	for b.First+int64(len(list)) < b.Next {
		for batch, err := range l.Read(ctx, topic, b.First+int64(len(list))) {
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, batch...)
			break
		}
	}
	return list
}

// same fails unless a rebuild gives the store that r has.
func same(t testing.TB, r *services.Runner) {
	t.Helper()
	c, err := r.Rebuild(context.Background(), memstore.New(), time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	if c.Differ > 0 {
		t.Errorf("the rebuilt store differs from the live one: %+v", c)
	}
}

func want[T any](t testing.TB, what string, got, wanted T) {
	t.Helper()
	g, _ := json.Marshal(got)
	w, _ := json.Marshal(wanted)
	if string(g) != string(w) {
		t.Errorf("%s: got %s, want %s", what, g, w)
	}
}

// get reads a row.
func get[V any](t testing.TB, s store.Store, table store.Table[V], key string) (v V) {
	t.Helper()
	err := s.View(func(r store.Reader) (err error) {
		v, _, err = table.Get(r, key)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestPipeline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLog(t)
		doors := services.NewRunner(options(door{}, l, memstore.New()))
		room := services.NewRunner(options(rooms{}, l, memstore.New()))
		note := services.NewRunner(options(notes{}, l, memstore.New()))
		router := services.NewRouter(services.RouterOptions{
			Table: delivery, Sources: []log.Topic{"dispatch.in", "door.out", "rooms.out", "notes.out"},
			Store: memstore.New(), Log: l, Logger: quiet(),
		})
		for _, r := range []interface{ Run(context.Context) error }{doors, room, note, router} {
			start(t, r)
		}
		put(t, l, "door.in", "gateway/1", 1, command(t, "c1", "ada", body{typ: "rooms.open", Room: "r"}))
		synctest.Wait()
		put(t, l, "door.in", "gateway/1", 2,
			command(t, "c2", "ada", body{typ: "notes.write", Room: "r", Text: "hello"}),
			command(t, "c3", "bob", body{typ: "notes.write", Room: "r"}),
			command(t, "c2", "ada", body{typ: "notes.write", Room: "r", Text: "hello"}))
		synctest.Wait()
		want(t, "gateway.in", sorted(types(t, l, "gateway.in")), []string{
			"door.refused", "notes.greeted", "notes.unchanged", "notes.written", "rooms.joined", "rooms.opened"})
		for _, r := range []*services.Runner{doors, room, note} {
			same(t, r)
			want(t, "parked", r.Stats().Parked, 0)
			want(t, "lag", r.Stats().Lag, map[string]int64{r.Stats().Service + ".in": 0})
		}
	})
}

func decode(t testing.TB, raw []byte) event.Envelope {
	t.Helper()
	var e event.Envelope
	if err := json.Unmarshal(raw, &e); err != nil {
		t.Fatal(err)
	}
	return e
}

func encode(t testing.TB, e event.Envelope) []byte {
	t.Helper()
	raw, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
