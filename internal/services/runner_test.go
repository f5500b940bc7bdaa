package services_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"scaip/internal/event"
	"scaip/internal/log"
	"scaip/internal/services"
	"scaip/internal/store"
	"scaip/internal/store/memstore"
)

// run starts a service alone, on topics of its own, in a synctest bubble.
func run(t *testing.T, m services.Machine, f func(t *testing.T, l log.Log, s *memstore.Store, r *services.Runner)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		l, s := newLog(t), memstore.New()
		r := services.NewRunner(options(m, l, s))
		start(t, r)
		<-r.Ready()
		f(t, l, s, r)
		synctest.Wait()
		same(t, r)
	})
}

func TestRepeatsHaveNoEffect(t *testing.T) {
	run(t, rooms{}, func(t *testing.T, l log.Log, s *memstore.Store, r *services.Runner) {
		open := command(t, "c", "ada", body{typ: "rooms.open", Room: "r"})
		put(t, l, "rooms.in", "dispatch.in", 1, open)
		put(t, l, "rooms.in", "dispatch.in", 1, open) // the same record
		fifth := wrap(t, "x", body{typ: "notes.written", Room: "r", User: "ada", Number: 5})
		put(t, l, "notes.out", "notes.out", 7, fifth)
		put(t, l, "rooms.in", "notes.out", 7, fifth)
		put(t, l, "rooms.in", "notes.out", 6, fifth)
		put(t, l, "rooms.in", "notes.out", 7, fifth)
		synctest.Wait()
		want(t, "made", types(t, l, "rooms.out"), []string{"rooms.opened", "rooms.joined", "rooms.praised"})
	})
}

func TestResentCommandIsAnsweredAgain(t *testing.T) {
	run(t, rooms{}, func(t *testing.T, l log.Log, s *memstore.Store, r *services.Runner) {
		open := command(t, "c", "ada", body{typ: "rooms.open", Room: "r"})
		join := command(t, "d", "bob", body{typ: "rooms.join", Room: "nowhere"})
		put(t, l, "rooms.in", "dispatch.in", 1, open, join, open, join)
		put(t, l, "rooms.in", "dispatch.in", 5, command(t, "c", "bob", body{typ: "rooms.join", Room: "r"})) // bob's own c
		synctest.Wait()
		want(t, "made", types(t, l, "rooms.out"), []string{
			"rooms.opened", "rooms.joined", "rooms.refused", "rooms.unchanged", "rooms.refused", "rooms.joined"})
		first, again := events(t, l, "rooms.out")[2], events(t, l, "rooms.out")[4]
		want(t, "second refusal", string(again.Body), string(first.Body))
	})
}

func TestOutboxNumbersAreDenseAndCarryTheOrigin(t *testing.T) {
	run(t, rooms{}, func(t *testing.T, l log.Log, s *memstore.Store, r *services.Runner) {
		for i := range 300 {
			put(t, l, "rooms.in", "dispatch.in", uint64(i+1), command(t, fmt.Sprint(i), "ada", body{typ: "rooms.open", Room: fmt.Sprint(i)}))
		}
		synctest.Wait()
		for i, rec := range records(t, l, "rooms.out") {
			if rec.Origin != "rooms.out" || rec.Seq != uint64(i+1) {
				t.Fatalf("record %d is %s %d", i, rec.Origin, rec.Seq)
			}
		}
		want(t, "events", len(records(t, l, "rooms.out")), 600)
	})
}

func TestBatchesAreTheUnit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLog(t)
		var all []event.Envelope
		for i := range 1000 {
			all = append(all, command(t, fmt.Sprint(i), "ada", body{typ: "rooms.open", Room: fmt.Sprint(i)}))
		}
		put(t, l, "rooms.in", "dispatch.in", 1, all...)
		r := services.NewRunner(options(rooms{}, l, memstore.New()))
		start(t, r)
		synctest.Wait()
		if got := r.Stats(); got.Commits > 5 || got.Processed != 1000 {
			t.Errorf("1000 waiting records took %d transactions, and %d were processed", got.Commits, got.Processed)
		}
	})
}

// troubled is rooms with faults that commands ask for.
type troubled struct{ rooms }

func (m troubled) Decide(r store.Reader, e event.Envelope) ([]event.Body, error) {
	b, _ := bodyOf(e)
	switch b.Text {
	case "panic in decide":
		panic("no")
	case "foreign body":
		return []event.Body{body{typ: "notes.written"}}, nil
	case "error in decide":
		return nil, errors.New("no")
	case "foreign table", "error in apply":
		return []event.Body{body{typ: "rooms.praised", Text: b.Text}}, nil
	}
	return m.rooms.Decide(r, e)
}

func (m troubled) Apply(tx store.Tx, e event.Envelope) error {
	b, _ := bodyOf(e)
	switch b.Text {
	case "error in apply":
		return errors.Join(praises.Put(tx, "half", 1), errors.New("no"))
	case "foreign table":
		_ = tx.Put("notes/x", "k", nil) // an error that the machine overlooks
		return nil
	}
	return m.rooms.Apply(tx, e)
}

func TestParking(t *testing.T) {
	commands := []string{"panic in decide", "foreign body", "error in decide", "foreign table", "error in apply"}
	for _, text := range commands {
		t.Run("command with "+text, func(t *testing.T) {
			run(t, troubled{}, func(t *testing.T, l log.Log, s *memstore.Store, r *services.Runner) {
				put(t, l, "rooms.in", "dispatch.in", 1,
					command(t, "a", "ada", body{typ: "rooms.open", Room: "before"}),
					command(t, "b", "ada", body{typ: "rooms.praise", Text: text}),
					command(t, "c", "ada", body{typ: "rooms.open", Room: "after"}))
				synctest.Wait()
				want(t, "made", types(t, l, "rooms.out"), []string{
					"rooms.opened", "rooms.joined", "rooms.refused", "rooms.opened", "rooms.joined"})
				wantParked(t, r, "rooms.praise")
				want(t, "half a change", get(t, s, praises, "half"), 0)
			})
		})
	}
	t.Run("event that can't be applied", func(t *testing.T) {
		run(t, troubled{}, func(t *testing.T, l log.Log, s *memstore.Store, r *services.Runner) {
			put(t, l, "notes.out", "notes.out", 1, wrap(t, "x", body{typ: "notes.written", Text: "error in apply", Number: 5}))
			put(t, l, "rooms.in", "notes.out", 1, wrap(t, "x", body{typ: "notes.written", Text: "error in apply", Number: 5}))
			synctest.Wait()
			want(t, "made", types(t, l, "rooms.out"), []string(nil))
			wantParked(t, r, "notes.written")
		})
	})
	t.Run("event that can't be decided is applied", func(t *testing.T) {
		run(t, troubled{}, func(t *testing.T, l log.Log, s *memstore.Store, r *services.Runner) {
			put(t, l, "notes.out", "notes.out", 1, wrap(t, "x", body{typ: "notes.written", Room: "r", Text: "error in decide"}))
			put(t, l, "rooms.in", "notes.out", 1, wrap(t, "x", body{typ: "notes.written", Room: "r", Text: "error in decide"}))
			synctest.Wait()
			want(t, "applied", get(t, s, counts, "r"), 1)
			wantParked(t, r, "notes.written")
		})
	})
}

func TestParkingOfWhatDoesNotBelong(t *testing.T) {
	run(t, rooms{}, func(t *testing.T, l log.Log, s *memstore.Store, r *services.Runner) {
		put(t, l, "rooms.in", "dispatch.in", 1, command(t, "a", "ada", body{typ: "notes.write"})) // another's command
		put(t, l, "rooms.in", "notes.out", 1, wrap(t, "b", body{typ: "notes.greeted"}))           // not in the feeds
		put(t, l, "notes.out", "notes.out", 1, wrap(t, "b", body{typ: "notes.greeted"}))
		put(t, l, "rooms.in", "rooms.out", 1, wrap(t, "c", body{typ: "rooms.opened"}))                          // its own event
		put(t, l, "rooms.in", "dispatch.in", 2, event.Envelope{Type: "rooms.open", Body: json.RawMessage("0")}) // no ID
		for i, junk := range []string{"", "{", `"x"`, "\xff"} {
			if _, err := l.Append(t.Context(), "rooms.in", log.Record{Origin: "junk", Seq: uint64(i + 1), Value: []byte(junk)}); err != nil {
				t.Fatal(err)
			}
		}
		put(t, l, "rooms.in", "dispatch.in", 3, command(t, "d", "ada", body{typ: "rooms.open", Room: "r"}))
		synctest.Wait()
		want(t, "parked", r.Stats().Parked, 8)
		want(t, "last made", types(t, l, "rooms.out")[len(types(t, l, "rooms.out"))-1], "rooms.joined")
	})
}

func wantParked(t *testing.T, r *services.Runner, typ string) {
	t.Helper()
	list, err := r.Parked(context.Background())
	if err != nil || len(list) != 1 || list[0].Type != typ || list[0].Reason == "" || len(list[0].Value) == 0 {
		t.Errorf("parked: got %+v, %v, want one %s", list, err, typ)
	}
	want(t, "number parked", r.Stats().Parked, 1)
}

// A failing store fails its next transactions.
type failing struct {
	*memstore.Store
	fail  atomic.Int64 // how many
	after bool         // after the commit
}

func (s *failing) Update(f func(store.Tx) error) error {
	if s.fail.Add(-1) < 0 {
		return s.Store.Update(f)
	}
	if s.after {
		if err := s.Store.Update(f); err != nil {
			return err
		}
	}
	return store.Fault("commit", errors.New("no"))
}

func TestStoreFaultsAreTriedAgain(t *testing.T) {
	for _, after := range []bool{false, true} {
		t.Run(fmt.Sprintf("after the commit: %t", after), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l, s := newLog(t), &failing{Store: memstore.New(), after: after}
				r := services.NewRunner(options(rooms{}, l, s))
				start(t, r)
				<-r.Ready()
				s.fail.Store(3)
				put(t, l, "rooms.in", "dispatch.in", 1, command(t, "a", "ada", body{typ: "rooms.open", Room: "r"}))
				time.Sleep(time.Minute)
				want(t, "made", types(t, l, "rooms.out"), []string{"rooms.opened", "rooms.joined"})
				want(t, "parked", r.Stats().Parked, 0)
				want(t, "failing", r.Stats().Failing, "")

				s.fail.Store(3)
				got, err := r.Do(t.Context(), command(t, "b", "ada", body{typ: "rooms.open", Room: "r2"}), nil)
				if err != nil || len(got) != 2 {
					t.Errorf("Do: got %v, %v, want two events", got, err)
				}
			})
		})
	}
}

func TestDo(t *testing.T) {
	run(t, door{}, func(t *testing.T, l log.Log, s *memstore.Store, r *services.Runner) {
		ctx := t.Context()
		enter := command(t, "a", "ada", body{typ: "door.enter"})
		also := func(tx store.Tx) error { return secrets.Put(tx, "ada", "key") }
		got, err := r.Do(ctx, enter, also)
		if err != nil || len(got) != 1 || got[0].Type != "door.entered" {
			t.Fatalf("Do: got %v, %v", got, err)
		}
		want(t, "secret", get(t, s, secrets, "ada"), "key")

		t.Log("a repeat")
		got, err = r.Do(ctx, enter, func(store.Tx) error { return errors.New("called for a repeat") })
		if err != nil || len(got) != 0 {
			t.Errorf("Do again: got %v, %v, want nothing", got, err)
		}
		t.Log("a refusal")
		_, err = r.Do(ctx, command(t, "b", "stranger", body{typ: "door.enter"}), also)
		if refusal, ok := event.AsRefusal(err); !ok || refusal.Code != event.Unauthentic {
			t.Errorf("Do: got %v, want a refusal", err)
		}
		t.Log("an error beside it undoes it")
		broken := errors.New("broken")
		_, err = r.Do(ctx, command(t, "c", "bob", body{typ: "door.enter"}), func(tx store.Tx) error {
			return errors.Join(secrets.Put(tx, "bob", "key"), broken)
		})
		if !errors.Is(err, broken) {
			t.Errorf("Do: got %v, want %v", err, broken)
		}
		want(t, "bob's secret", get(t, s, secrets, "bob"), "")
		want(t, "bob entered", get(t, s, enteredRows, "bob"), 0)
		t.Log("other tables than secrets")
		_, err = r.Do(ctx, command(t, "d", "bob", body{typ: "door.enter"}), func(tx store.Tx) error {
			if n, _, err := enteredRows.Get(tx, "ada"); err != nil || n != 1 {
				t.Errorf("it reads %d, %v, want 1", n, err)
			}
			return enteredRows.Put(tx, "bob", 7)
		})
		if err == nil || get(t, s, enteredRows, "bob") != 0 {
			t.Errorf("Do wrote a table that only events may write: %v", err)
		}
		if _, err = r.Do(ctx, command(t, "e", "bob", body{typ: "rooms.open"}), nil); err == nil {
			t.Error("Do took another service's command")
		}
		synctest.Wait()
		want(t, "made", types(t, l, "door.out"), []string{"door.entered"})
		want(t, "sessions", events(t, l, "door.out")[0].Cause, "a")
	})
}

func TestDoEndsWithTheRunner(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := services.NewRunner(options(door{}, newLog(t), memstore.New()))
		enter := command(t, "a", "ada", body{typ: "door.enter"})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := r.Do(ctx, enter, nil); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Do before Run: got %v", err)
		}
		stop := start(t, r)
		<-r.Ready()
		stop()
		if _, err := r.Do(t.Context(), enter, nil); !errors.Is(err, services.ErrStopped) {
			t.Errorf("Do after Run: got %v, want %v", err, services.ErrStopped)
		}
	})
}

func TestForwarder(t *testing.T) {
	run(t, door{}, func(t *testing.T, l log.Log, s *memstore.Store, r *services.Runner) {
		open := command(t, "a", "ada", body{typ: "rooms.open", Room: "r"})
		put(t, l, "door.in", "gateway/1", 1, open, command(t, "b", "ada", body{typ: "rooms.ban"}), open)
		synctest.Wait()
		want(t, "passed", types(t, l, "dispatch.in"), []string{"rooms.open", "rooms.open"})
		want(t, "refused", types(t, l, "door.out"), []string{"door.refused"})
		for i, rec := range records(t, l, "dispatch.in") {
			raw, _ := json.Marshal(open)
			if rec.Origin != "dispatch.in" || rec.Seq != uint64(i+1) || string(rec.Value) != string(raw) {
				t.Errorf("passed record %d is %s %d %s", i, rec.Origin, rec.Seq, rec.Value)
			}
		}
	})
}

// ticking is rooms with a command that is due each third second, and does nothing.
type ticking struct{ rooms }

func (ticking) Tick(r store.Reader, now time.Time) (event.Body, bool, error) {
	return body{typ: "rooms.open", Room: fmt.Sprint(now.Unix() / 3)}, now.Unix()%3 == 0, nil
}

func TestTicker(t *testing.T) {
	run(t, ticking{}, func(t *testing.T, l log.Log, s *memstore.Store, r *services.Runner) {
		time.Sleep(10 * time.Second)
		synctest.Wait()
		got := events(t, l, "rooms.out")
		if len(got) != 6 || got[0].Actor != event.System || got[0].Session != "" {
			t.Errorf("in 10 s: got %+v, want three rooms opened by the system", got)
		}
	})
}

func TestObserverIsToldOnceAndInOrder(t *testing.T) {
	m := &observing{}
	run(t, m, func(t *testing.T, l log.Log, s *memstore.Store, r *services.Runner) {
		for seq := range uint64(20) {
			put(t, l, "rooms.in", "dispatch.in", seq/2+1, command(t, fmt.Sprint(seq/2), "ada", body{typ: "rooms.open", Room: "r"}))
		}
		put(t, l, "rooms.in", "dispatch.in", 11, command(t, "x", "ada", body{typ: "notes.write"})) // parked
		synctest.Wait()
		want(t, "told", strings.Join(m.told, " "), "0 1 2 3 4 5 6 7 8 9")
	})
}

type observing struct {
	rooms
	told []string // of the runner's goroutine, until the bubble rests
}

func (o *observing) Applied(batch []services.Delivered) {
	for _, d := range batch {
		o.told = append(o.told, d.Event.ID)
	}
}

func TestChanged(t *testing.T) {
	run(t, rooms{}, func(t *testing.T, l log.Log, s *memstore.Store, r *services.Runner) {
		changed := r.Changed()
		synctest.Wait()
		select {
		case <-changed:
			t.Error("changed without a commit")
		default:
		}
		put(t, l, "rooms.in", "dispatch.in", 1, command(t, "a", "ada", body{typ: "rooms.open", Room: "r"}))
		<-changed
		want(t, "members", get(t, s, memberRows, "r/ada"), 1)
	})
}
