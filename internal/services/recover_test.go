package services_test

import (
	"fmt"
	"strings"
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

// shortened returns a copy of l in which a topic has lost its last n records.
func shortened(t *testing.T, l log.Log, topic log.Topic, n int) *memlog.Log {
	t.Helper()
	out := newLog(t)
	for _, name := range topics {
		recs := records(t, l, name)
		if name == topic {
			recs = recs[:len(recs)-n]
		}
		if _, err := out.Append(t.Context(), name, recs...); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// twice runs a service, and then once more on what damage has left of log and store.
func twice(t *testing.T, m services.Machine, first func(log.Log), damage func(*memlog.Log, *memstore.Store) (*memlog.Log, *memstore.Store)) (*memlog.Log, *services.Runner) {
	t.Helper()
	l, s := newLog(t), memstore.New()
	stop := start(t, services.NewRunner(options(m, l, s)))
	first(l)
	synctest.Wait()
	stop()
	l, s = damage(l, s)
	r := services.NewRunner(options(m, l, s))
	start(t, r)
	<-r.Ready()
	synctest.Wait()
	return l, r
}

func TestOutboxTopicThatLostItsTailIsFilledAgain(t *testing.T) {
	for lost := range 5 {
		t.Run(fmt.Sprint(lost), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				first := func(l log.Log) {
					for i := range 2 {
						put(t, l, "rooms.in", "dispatch.in", uint64(i+1), command(t, fmt.Sprint(i), "ada", body{typ: "rooms.open", Room: fmt.Sprint(i)}))
					}
				}
				l, r := twice(t, rooms{}, first, func(l *memlog.Log, s *memstore.Store) (*memlog.Log, *memstore.Store) {
					return shortened(t, l, "rooms.out", lost), s
				})
				want(t, "rooms.out", types(t, l, "rooms.out"), []string{"rooms.opened", "rooms.joined", "rooms.opened", "rooms.joined"})
				want(t, "last", records(t, l, "rooms.out")[3].Seq, 4)
				same(t, r)
			})
		})
	}
}

func TestInboxThatLostItsTailIsReadAgain(t *testing.T) {
	open := func(t *testing.T, i int) event.Envelope {
		return command(t, fmt.Sprint(i), "ada", body{typ: "rooms.open", Room: fmt.Sprint(i)})
	}
	for name, grown := range map[string]int{"shorter than was read": 1, "as long as was read": 2, "longer than was read": 3} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				first := func(l log.Log) { put(t, l, "rooms.in", "dispatch.in", 1, open(t, 1), open(t, 2), open(t, 3)) }
				l, r := twice(t, rooms{}, first, func(l *memlog.Log, s *memstore.Store) (*memlog.Log, *memstore.Store) {
					l = shortened(t, l, "rooms.in", 2)
					for i := range grown {
						put(t, l, "rooms.in", "dispatch.in", uint64(i+4), open(t, i+4))
					}
					return l, s
				})
				want(t, "events", len(records(t, l, "rooms.out")), 2*(3+grown))
				same(t, r)
			})
		})
	}
}

func TestTrimmedInboxIsReadFromItsFirstRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, s := newLog(t), memstore.New()
		first := command(t, "1", "ada", body{typ: "rooms.open", Room: "a"})
		put(t, l, "rooms.in", "dispatch.in", 1, first, first, command(t, "2", "ada", body{typ: "rooms.open", Room: "b"}))
		if err := l.Trim(t.Context(), "rooms.in", 2); err != nil {
			t.Fatal(err)
		}
		start(t, services.NewRunner(options(rooms{}, l, s)))
		synctest.Wait()
		want(t, "events", len(records(t, l, "rooms.out")), 2)
	})
}

func TestLostStoreIsRebuilt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		open := command(t, "1", "ada", body{typ: "rooms.open", Room: "a"})
		joined := wrap(t, "x", body{typ: "rooms.joined", Room: "b", User: "bob", Number: 1})
		late := wrap(t, "y", body{typ: "rooms.joined", Room: "c", User: "cem", Number: 1})
		write := command(t, "2", "bob", body{typ: "notes.write", Room: "b"})
		first := func(l log.Log) {
			put(t, l, "rooms.out", "rooms.out", 1, joined)
			put(t, l, "notes.in", "rooms.out", 1, joined)
			put(t, l, "notes.in", "dispatch.in", 1, write, open) // open is parked
		}
		l, r := twice(t, notes{}, first, func(l *memlog.Log, s *memstore.Store) (*memlog.Log, *memstore.Store) {
			put(t, l, "rooms.out", "rooms.out", 2, late) // has not come through the inbox
			put(t, l, "notes.in", "dispatch.in", 3, command(t, "3", "bob", body{typ: "notes.write", Room: "b"}))
			return l, memstore.New()
		})
		want(t, "before it comes through the inbox", types(t, l, "notes.out"), []string{"notes.greeted", "notes.written", "notes.written"})
		put(t, l, "notes.in", "rooms.out", 2, late)
		put(t, l, "notes.in", "rooms.out", 2, late)
		put(t, l, "notes.in", "dispatch.in", 4, write)
		synctest.Wait()
		want(t, "after", types(t, l, "notes.out"), []string{"notes.greeted", "notes.written", "notes.written", "notes.greeted", "notes.unchanged"})
		want(t, "last", records(t, l, "notes.out")[4].Seq, 5)
		same(t, r)
	})
}

func TestLostStoreAndThenLostTail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first := func(l log.Log) {
			put(t, l, "rooms.in", "dispatch.in", 1, command(t, "1", "ada", body{typ: "rooms.open", Room: "a"}))
		}
		var rebuilt *memstore.Store
		twice(t, rooms{}, first, func(l *memlog.Log, s *memstore.Store) (*memlog.Log, *memstore.Store) {
			rebuilt = memstore.New()
			stop := start(t, services.NewRunner(options(rooms{}, l, rebuilt)))
			synctest.Wait()
			stop()
			return shortened(t, l, "rooms.out", 2), rebuilt
		})
		want(t, "members", get(t, rebuilt, memberRows, "a/ada"), 1)
	})
}

func TestOlderStoreCatchesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, old := newLog(t), memstore.New()
		stop := start(t, services.NewRunner(options(rooms{}, l, old)))
		put(t, l, "rooms.in", "dispatch.in", 1, command(t, "1", "ada", body{typ: "rooms.open", Room: "a"}))
		synctest.Wait()
		stop()
		backup := memstore.New()
		copyStore(t, old, backup)
		stop = start(t, services.NewRunner(options(rooms{}, l, old)))
		put(t, l, "rooms.in", "dispatch.in", 2, command(t, "2", "ada", body{typ: "rooms.open", Room: "b"}))
		synctest.Wait()
		stop()
		r := services.NewRunner(options(rooms{}, l, backup))
		start(t, r)
		put(t, l, "rooms.in", "dispatch.in", 3, command(t, "3", "ada", body{typ: "rooms.open", Room: "c"}))
		synctest.Wait()
		want(t, "members", keys(t, backup, string(memberRows)), []string{"a/ada", "b/ada", "c/ada"})
		want(t, "events", len(records(t, l, "rooms.out")), 6)
		same(t, r)
	})
}

func copyStore(t *testing.T, from, to store.Store) {
	t.Helper()
	err := from.View(func(r store.Reader) error {
		return to.Update(func(tx store.Tx) error {
			for table, err := range r.Tables() {
				if err != nil {
					return err
				}
				for kv, err := range r.Scan(table, store.Range{}) {
					if err != nil {
						return err
					}
					if err := tx.Put(table, kv.Key, kv.Value); err != nil {
						return err
					}
				}
			}
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
}

// An edge makes an event of each command, and remembers of rooms who has joined.
type edge struct{ door }

func (edge) Decide(r store.Reader, e event.Envelope) ([]event.Body, error) {
	if event.Service(e.Type) != "door" {
		return nil, nil
	}
	return []event.Body{body{typ: "door.entered", User: e.Actor}}, nil
}

func TestVolatileService(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLog(t)
		put(t, l, "rooms.out", "rooms.out", 1, wrap(t, "x", body{typ: "rooms.joined", Room: "r", User: "bob", Number: 1}))
		put(t, l, "rooms.out", "rooms.out", 2, wrap(t, "x", body{typ: "rooms.praised", Room: "r", User: "bob"}))
		for boot := range 3 {
			s := memstore.New()
			o := options(edge{}, l, s)
			o.Boot = fmt.Sprintf("boot%d", boot)
			r := services.NewRunner(o)
			stop := start(t, r)
			<-r.Ready()
			want(t, "rebuilt", get(t, s, memberRows, "r/bob"), 1)
			if _, err := r.Do(t.Context(), command(t, "same ID", "ada", body{typ: "door.enter"}), nil); err != nil {
				t.Error(err)
			}
			synctest.Wait()
			want(t, "own tables begin empty", get(t, s, enteredRows, "ada"), 1)
			same(t, r)
			stop()
		}
		var got []string
		for _, rec := range records(t, l, "door.out") {
			got = append(got, fmt.Sprintf("%s %d", rec.Origin, rec.Seq))
		}
		want(t, "door.out", strings.Join(got, ", "), "door.out/boot0 1, door.out/boot1 1, door.out/boot2 1")
	})
}

// selecting is notes without a replica of praises.
type selecting struct{ notes }

func (selecting) Keeps(typ string) bool { return typ == "rooms.joined" }

func TestSelectiveServiceAppliesWhatItKeeps(t *testing.T) {
	run(t, selecting{}, func(t *testing.T, l log.Log, s *memstore.Store, r *services.Runner) {
		for _, topic := range []log.Topic{"rooms.out", "notes.in"} {
			put(t, l, topic, "rooms.out", 1, wrap(t, "x", body{typ: "rooms.joined", Room: "r", User: "bob", Number: 1}))
			put(t, l, topic, "rooms.out", 2, wrap(t, "x", body{typ: "rooms.praised", Room: "r", User: "bob"}))
		}
		synctest.Wait()
		want(t, "members", get(t, s, memberRows, "r/bob"), 1)
		want(t, "praises", get(t, s, praises, "bob"), 0)
		want(t, "processed", r.Stats().Processed, 2)
	})
}

func TestReadyWaitsForTheOutboxTopic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, s := &stuck{Log: newLog(t), topic: "rooms.out"}, memstore.New()
		stop := start(t, services.NewRunner(options(rooms{}, l, s)))
		put(t, l, "rooms.in", "dispatch.in", 1, command(t, "1", "ada", body{typ: "rooms.open", Room: "a"}))
		time.Sleep(time.Second)
		stop()
		r := services.NewRunner(options(rooms{}, l, s))
		start(t, r)
		time.Sleep(time.Minute)
		select {
		case <-r.Ready():
			t.Error("ready, but the log lacks events")
		default:
		}
		l.free.Store(true)
		<-r.Ready()
		want(t, "rooms.out", len(records(t, l, "rooms.out")), 2)
	})
}

func TestMemoryIsKeptForAWeek(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, s := newLog(t), memstore.New()
		r := services.NewRunner(options(rooms{}, l, s))
		start(t, r)
		seq := uint64(0)
		send := func(id string, day int) {
			e := command(t, id, "ada", body{typ: "rooms.join", Room: "nowhere"})
			e.At = e.At.AddDate(0, 0, day)
			seq++
			put(t, l, "rooms.in", "dispatch.in", seq, e)
		}
		for i := range 200 {
			send(fmt.Sprintf("old%d", i), 0)
		}
		synctest.Wait() // only what has been relayed is forgotten
		for i := range 200 {
			send(fmt.Sprintf("new%d", i), 8)
		}
		synctest.Wait()
		var left []string
		for _, k := range keys(t, s, "sys/seen") {
			if strings.Contains(k, "old") {
				left = append(left, k)
			}
		}
		want(t, "old commands remembered", left, []string(nil))
		want(t, "new commands remembered", len(keys(t, s, "sys/seen")), 200)
		want(t, "by time", len(keys(t, s, "sys/seen_at")), 200)
		if n := len(keys(t, s, "sys/outbox")); n != 200 {
			t.Errorf("%d outbox rows are kept, want those of the last week, 200", n)
		}
		want(t, "events", len(records(t, l, "rooms.out")), 400)
		same(t, r)
	})
}
