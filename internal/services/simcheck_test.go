package services_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"scaip/internal/log"
	"scaip/internal/services"
	"scaip/internal/store"
	"scaip/internal/store/memstore"
)

// settle waits until nothing is under way any more.
func (w *world) settle() {
	for range 1000 {
		w.await("nothing", 20*time.Millisecond)
		busy := false
		for _, s := range append([]services.Stats{w.router.Stats()}, w.runnerStats()...) {
			busy = busy || !s.Ready || s.Failing != "" || s.Service != "gateway" && s.Relayed != s.Made
			for _, lag := range s.Lag {
				busy = busy || lag != 0
			}
		}
		if !busy {
			return
		}
	}
	w.fail("it never comes to rest: %+v %+v", w.router.Stats(), w.runnerStats())
}

func (w *world) runnerStats() (list []services.Stats) {
	for _, r := range w.runners {
		list = append(list, r.Stats())
	}
	return list
}

// check holds the end against what must be.
func (w *world) check() {
	t := w.t
	for _, topic := range []log.Topic{"dispatch.in", "door.out", "rooms.out", "notes.out"} {
		for i, rec := range records(t, w.disk.topics[topic], topic) {
			if rec.Origin != string(topic) || rec.Seq != uint64(i)+1 {
				t.Errorf("%s: record %d is %s %d", topic, i, rec.Origin, rec.Seq)
			}
		}
	}
	for _, r := range w.runners {
		c, err := r.Rebuild(context.Background(), memstore.New(), time.Time{})
		if err != nil || c.Differ > 0 {
			t.Errorf("%s: rebuilt store differs: %+v, %v", r.Stats().Service, c, err)
		}
	}
	notes, rooms, doors := w.disk.stores["notes"], w.disk.stores["rooms"], w.disk.stores["door"]
	want(t, "notes", keys(t, notes, string(noteRows)), sorted(w.expected["written"]))
	want(t, "secrets", keys(t, doors, string(secrets)), sorted(w.expected["entered"]))
	want(t, "entered", total(t, doors, enteredRows), len(w.expected["entered"]))
	want(t, "heard entered", total(t, rooms, enteredRows), len(w.expected["entered"]))
	members := keys(t, rooms, string(memberRows))
	want(t, "members known to notes", keys(t, notes, string(memberRows)), members)
	want(t, "greeted", keys(t, notes, string(greetings)), members)
	want(t, "greetings", total(t, notes, greetings), len(members))
	fifths := 0
	for _, e := range events(t, w.disk.topics["notes.out"], "notes.out") {
		if b, _ := bodyOf(e); e.Type == "notes.written" && b.Number%5 == 0 {
			fifths++
		}
	}
	want(t, "praises", total(t, rooms, praises), fifths)
	want(t, "praises known to notes", total(t, notes, praises), fifths)
	w.checkParked()
}

func (w *world) checkParked() {
	var got []string
	for _, r := range w.runners {
		list, err := r.Parked(context.Background())
		if err != nil {
			w.t.Error(err)
		}
		for _, p := range list {
			if p.Type == "rooms.spoil" && strings.Contains(p.Reason, "spoilt") {
				got = append(got, decode(w.t, p.Value).ID)
			} else {
				w.t.Errorf("parked: %s %s %d: %s", p.Type, p.Origin, p.Seq, p.Reason)
			}
		}
	}
	if list, err := w.router.Parked(context.Background()); err != nil || len(list) > 0 {
		w.t.Errorf("parked by the router: %v, %v", list, err)
	}
	if !w.wiped["rooms"] { // the store that knew is gone
		want(w.t, "parked", sorted(got), sorted(w.expected["spoilt"]))
	}
}

func sorted(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return append([]string{}, list...)
}

func keys(t testing.TB, s store.Store, table string) []string {
	list := []string{}
	err := s.View(func(r store.Reader) error {
		for kv, err := range r.Scan(table, store.Range{}) {
			if err != nil {
				return err
			}
			list = append(list, kv.Key)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	return list
}

func total(t testing.TB, s store.Store, table store.Table[int]) (sum int) {
	err := s.View(func(r store.Reader) error {
		for row, err := range table.Scan(r, store.Range{}) {
			if err != nil {
				return err
			}
			sum += row.Value
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	return sum
}

// dump shows what the topics hold.
func (w *world) dump() {
	for _, topic := range topics {
		for _, rec := range records(w.t, w.disk.topics[topic], topic) {
			e := decode(w.t, rec.Value)
			at := w.disk.times[topic][rec.Offset].Format("05.000")
			w.t.Logf("%s %s %d: %s %d %s %s of %s for %s %s", at, topic, rec.Offset, rec.Origin, rec.Seq, e.Type, e.ID, e.Actor, e.Cause, e.Body)
		}
	}
}
