package services_test

import (
	"context"
	"fmt"
	"sync/atomic"
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

// fill appends n records to a topic.
func fill(t *testing.T, l log.Log, topic log.Topic, n int) {
	t.Helper()
	recs := make([]log.Record, n)
	if _, err := l.Append(t.Context(), topic, recs...); err != nil {
		t.Fatal(err)
	}
}

func first(t *testing.T, l log.Log, topic log.Topic) int64 {
	t.Helper()
	b, err := l.Bounds(t.Context(), topic)
	if err != nil {
		t.Fatal(err)
	}
	return b.First
}

func TestTrimsWhatIsConsumedAndNothingElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLog(t)
		var rooms, copied atomic.Int64
		start(t, services.NewTrimmer(services.TrimmerOptions{
			Log: l, Every: time.Second, Logger: quiet(),
			Inboxes: []services.Consumed{{Topic: "rooms.in", Next: rooms.Load, Keep: 5000}},
			Copied:  services.Consumed{Topic: "dispatch.in", Next: copied.Load, Keep: 5000},
		}))
		fill(t, l, "rooms.in", 300_000)
		fill(t, l, "dispatch.in", 40_000)
		step := func(what string, consumed, saved, firstRooms, firstDispatch int64) {
			t.Helper()
			rooms.Store(consumed)
			copied.Store(saved)
			time.Sleep(3 * time.Second) // of the bubble: more than two rounds
			want(t, what+": rooms.in begins at", first(t, l, "rooms.in"), firstRooms)
			want(t, what+": dispatch.in begins at", first(t, l, "dispatch.in"), firstDispatch)
		}
		step("before the services are ready", -1, -1, 0, 0)
		step("not read for long", 0, 30_000, 0, 0)
		step("a little read", 14_999, 30_000, 0, 0)
		step("some read", 120_000, 30_000, 115_000, 0) // what was copied is in rooms.in, beyond what it has got to
		step("a little more read", 124_000, 30_000, 115_000, 0)
		step("all read", 300_000, 30_000, 295_000, 25_000)
	})
}

// A record of dispatch.in stays until the service that it is for has it: an inbox that loses its tail is filled from there.
func TestWhatWasCopiedIsKeptUntilItHasTakenEffect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLog(t)
		var rooms, copied atomic.Int64
		start(t, services.NewTrimmer(services.TrimmerOptions{
			Log: l, Every: time.Second, Logger: quiet(),
			Inboxes: []services.Consumed{{Topic: "rooms.in", Next: rooms.Load}},
			Copied:  services.Consumed{Topic: "dispatch.in", Next: copied.Load},
		}))
		for range 5 {
			fill(t, l, "dispatch.in", 20_000)
			fill(t, l, "rooms.in", 20_000)
			copied.Add(20_000)
			time.Sleep(3 * time.Second) // of the bubble
			if got := first(t, l, "dispatch.in"); got > rooms.Load() {
				t.Fatalf("dispatch.in begins at %d, rooms has but %d", got, rooms.Load())
			}
			rooms.Add(20_000)
		}
		time.Sleep(3 * time.Second) // of the bubble
		want(t, "dispatch.in begins at", first(t, l, "dispatch.in"), int64(100_000))
	})
}

// A service that was down while its inbox grew beyond what was once kept gets everything.
func TestServiceThatWasDownForLongMissesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, s := newLog(t), memstore.New()
		var r atomic.Pointer[services.Runner]
		begin := func() (stop func()) {
			r.Store(services.NewRunner(options(notes{}, l, s)))
			return start(t, r.Load())
		}
		stop := begin()
		start(t, services.NewTrimmer(services.TrimmerOptions{
			Log: l, Every: time.Second, Logger: quiet(),
			Inboxes: []services.Consumed{{Topic: "notes.in", Next: func() int64 { return r.Load().Applied() }}},
			Copied:  services.Consumed{Topic: "dispatch.in", Next: func() int64 { return -1 }},
		}))
		const n = 15_000
		join := func(from int) {
			for i := range n {
				put(t, l, "notes.in", "rooms.out", uint64(from+i+1), wrap(t, fmt.Sprint(from+i), body{typ: "rooms.joined", Room: "r", User: fmt.Sprint("u", from+i), Number: 1}))
			}
		}
		join(0)
		time.Sleep(3 * time.Second) // of the bubble
		want(t, "trimmed", first(t, l, "notes.in"), int64(n))
		stop()
		join(n)
		time.Sleep(time.Hour) // of the bubble
		want(t, "kept while it is down", first(t, l, "notes.in"), int64(n))
		begin()
		time.Sleep(3 * time.Second) // of the bubble
		want(t, "members", len(keys(t, s, string(memberRows))), 2*n)
		want(t, "trimmed again", first(t, l, "notes.in"), int64(2*n))
	})
}

// A store whose inbox begins behind what it has read (it is an old copy) has everything that other services say all the same.
func TestStoreThatHasMissedRecordsIsBroughtUpToDate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		join := func(l log.Log, topic log.Topic, i int) {
			put(t, l, topic, "rooms.out", uint64(i), wrap(t, fmt.Sprint(i), body{typ: "rooms.joined", Room: "r", User: fmt.Sprint("u", i), Number: 1}))
		}
		both := func(l log.Log, i int) { join(l, "rooms.out", i); join(l, "notes.in", i) }
		l, r := twice(t, notes{}, func(l log.Log) { both(l, 1) }, func(l *memlog.Log, s *memstore.Store) (*memlog.Log, *memstore.Store) {
			for i := 2; i <= 5; i++ {
				both(l, i)
			}
			if err := l.Trim(t.Context(), "notes.in", 4); err != nil {
				t.Fatal(err)
			}
			return l, s
		})
		same(t, r)
		both(l, 6)
		synctest.Wait()
		same(t, r)
		if got := r.Stats().Processed; got == 0 {
			t.Error("it does not read on")
		}
	})
}

// The same while it runs: the inbox is trimmed, by hand, of records that wait for a machine that is busy.
func TestRunningServiceThatHasMissedRecordsIsBroughtUpToDate(t *testing.T) {
	for _, boot := range []string{"", "b1"} {
		t.Run("boot "+boot, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l, s := newLog(t), memstore.New()
				o := options(slow{}, l, s)
				o.Boot = boot
				r := services.NewRunner(o)
				start(t, r)
				<-r.Ready()
				for i := 1; i <= 6; i++ {
					for _, topic := range []log.Topic{"rooms.out", "notes.in"} {
						put(t, l, topic, "rooms.out", uint64(i), wrap(t, fmt.Sprint(i), body{typ: "rooms.joined", Room: "r", User: fmt.Sprint("u", i), Number: 1}))
					}
					switch i {
					case 1:
						time.Sleep(time.Second / 2) // of the bubble: the first is being processed
					case 5:
						if err := l.Trim(t.Context(), "notes.in", 3); err != nil {
							t.Fatal(err)
						}
					}
				}
				time.Sleep(time.Minute) // of the bubble
				want(t, "members", len(keys(t, s, string(memberRows))), 6)
				if boot == "" { // who decides is the inbox: the two that it has lost are known, and not greeted
					want(t, "greeted", len(types(t, l, "notes.out")), 4)
				}
				want(t, "next", r.Applied(), int64(6))
				same(t, r)
			})
		})
	}
}

// slow is notes that takes a second for each event.
type slow struct{ notes }

func (s slow) Decide(r store.Reader, e event.Envelope) ([]event.Body, error) {
	time.Sleep(time.Second) // of the bubble
	return s.notes.Decide(r, e)
}

func TestParkedRecordsAreBounded(t *testing.T) {
	run(t, rooms{}, func(t *testing.T, l log.Log, s *memstore.Store, r *services.Runner) {
		const n = 1500
		for i := range n {
			if _, err := l.Append(t.Context(), "rooms.in", log.Record{Origin: "junk", Seq: uint64(i + 1), Value: []byte("{")}); err != nil {
				t.Fatal(err)
			}
		}
		put(t, l, "rooms.in", "dispatch.in", 1, command(t, "d", "ada", body{typ: "rooms.open", Room: "r"}))
		synctest.Wait()
		list, err := r.Parked(context.Background())
		if err != nil || len(list) != 1000 || list[0].Seq != 1 || list[999].Seq != 1000 {
			t.Errorf("parked: got %d, %v, want the first 1000", len(list), err)
		}
		want(t, "parked", r.Stats().Parked, n)
		want(t, "not kept", r.Stats().Unkept, n-1000)
		want(t, "what comes after", len(types(t, l, "rooms.out")), 2)
	})
}

func TestParkedBytesAreBounded(t *testing.T) {
	run(t, rooms{}, func(t *testing.T, l log.Log, s *memstore.Store, r *services.Runner) {
		junk := make([]byte, 300<<10)
		for i := range 80 {
			if _, err := l.Append(t.Context(), "rooms.in", log.Record{Origin: "junk", Seq: uint64(i + 1), Value: junk}); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		want(t, "parked", r.Stats().Parked, 80)
		want(t, "not kept", r.Stats().Unkept, 80-64) // of 256 KiB each, 16 MiB
	})
}
