package services_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"scaip/internal/log"
	"scaip/internal/services"
	"scaip/internal/store"
	"scaip/internal/store/memstore"
)

// A journal notes the appends to a log, in order, and can be made to fail.
type journal struct {
	log.Log
	mu    sync.Mutex
	notes []string
	fail  func(topic log.Topic, nth int) bool // nth append to this topic, from 1
	count map[log.Topic]int
}

func newJournal(l log.Log) *journal { return &journal{Log: l, count: map[log.Topic]int{}} }

func (j *journal) Append(ctx context.Context, topic log.Topic, recs ...log.Record) (int64, error) {
	j.mu.Lock()
	j.count[topic]++
	failed := j.fail != nil && j.fail(topic, j.count[topic])
	for _, rec := range recs {
		j.notes = append(j.notes, fmt.Sprintf("%s<%s/%d", topic, rec.Origin, rec.Seq))
	}
	j.mu.Unlock()
	if failed {
		return -1, errors.New("no")
	}
	return j.Log.Append(ctx, topic, recs...)
}

func (j *journal) position(note string) int {
	j.mu.Lock()
	defer j.mu.Unlock()
	for i, n := range j.notes {
		if n == note {
			return i
		}
	}
	return -1
}

func newRouter(l log.Log, s store.Store) *services.Router {
	return services.NewRouter(services.RouterOptions{
		Table: delivery, Sources: []log.Topic{"dispatch.in", "door.out", "rooms.out", "notes.out"}, Store: s, Log: l, Logger: quiet(),
	})
}

func seqs(t *testing.T, l log.Log, topic log.Topic) string {
	t.Helper()
	var list []string
	for _, rec := range records(t, l, topic) {
		list = append(list, fmt.Sprintf("%s/%d", rec.Origin, rec.Seq))
	}
	return strings.Join(list, " ")
}

func TestRouterCopiesByTable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newJournal(newLog(t))
		r := newRouter(l, memstore.New())
		start(t, r)
		put(t, l, "rooms.out", "rooms.out", 1, wrap(t, "a", body{typ: "rooms.joined"}), wrap(t, "b", body{typ: "rooms.unheard_of"}), wrap(t, "c", body{typ: "rooms.joined"}))
		put(t, l, "dispatch.in", "dispatch.in", 1, command(t, "a", "ada", body{typ: "rooms.open"}))
		synctest.Wait()
		for topic, wanted := range map[log.Topic]string{
			"notes.in": "rooms.out/1 rooms.out/3", "door.in": "rooms.out/1 rooms.out/3", "gateway.in": "rooms.out/1 rooms.out/3",
			"rooms.in": "dispatch.in/1",
		} {
			want(t, string(topic), seqs(t, l, topic), wanted)
		}
		for _, topic := range []string{"notes.in", "door.in"} {
			for _, rec := range []string{"rooms.out/1", "rooms.out/3"} {
				if l.position("gateway.in<"+rec) < l.position(topic+"<"+rec) {
					t.Errorf("gateway.in got %s before %s", rec, topic)
				}
			}
		}
		got, from := records(t, l, "notes.in")[0], records(t, l, "rooms.out")[0]
		want(t, "value", string(got.Value), string(from.Value))
		want(t, "parked", r.Stats().Parked, 0)
		want(t, "lag", r.Stats().Lag["rooms.out"], 0)
	})
}

func TestRouterParks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLog(t)
		r := newRouter(l, memstore.New())
		start(t, r)
		put(t, l, "dispatch.in", "dispatch.in", 1, command(t, "a", "ada", body{typ: "rooms.unheard_of"}), command(t, "a", "ada", body{typ: "typeless"}))
		put(t, l, "rooms.out", "notes.out", 1, wrap(t, "a", body{typ: "notes.written"})) // in the wrong outbox? it is notes' own all the same
		put(t, l, "rooms.out", "rooms.out", 1, wrap(t, "a", body{typ: "notes.written"}))
		if _, err := l.Append(t.Context(), "rooms.out", log.Record{Origin: "rooms.out", Seq: 2, Value: []byte("{")}); err != nil {
			t.Fatal(err)
		}
		put(t, l, "rooms.out", "rooms.out", 3, wrap(t, "a", body{typ: "rooms.joined"}))
		time.Sleep(time.Second) // of the bubble: the router saves now and then
		synctest.Wait()
		list, err := r.Parked(t.Context())
		if err != nil || len(list) != 4 || r.Stats().Parked != 4 {
			t.Errorf("parked: got %+v, %v, want 4", list, err)
		}
		want(t, "what comes after", seqs(t, l, "notes.in"), "rooms.out/3")
	})
}

func TestRouterGoesOnWhereItWas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, s := newLog(t), memstore.New()
		for i := range 3 {
			stop := start(t, newRouter(l, s))
			put(t, l, "rooms.out", "rooms.out", uint64(i+1), wrap(t, "a", body{typ: "rooms.joined"}))
			synctest.Wait()
			stop()
		}
		want(t, "notes.in", seqs(t, l, "notes.in"), "rooms.out/1 rooms.out/2 rooms.out/3")
	})
}

func TestRouterTriesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newJournal(newLog(t))
		l.fail = func(topic log.Topic, nth int) bool { return topic == "notes.in" && nth < 4 }
		start(t, newRouter(l, memstore.New()))
		put(t, l, "rooms.out", "rooms.out", 1, wrap(t, "a", body{typ: "rooms.joined"}))
		synctest.Wait()
		want(t, "gateway.in while notes.in fails", seqs(t, l, "gateway.in"), "")
		time.Sleep(time.Minute)
		want(t, "notes.in", seqs(t, l, "notes.in"), "rooms.out/1")
		want(t, "gateway.in", seqs(t, l, "gateway.in"), "rooms.out/1")
	})
}

// delivered runs a router over three events and three commands, and returns its log and store.
func delivered(t *testing.T) (*log.Log, *memstore.Store) {
	t.Helper()
	var l log.Log = newLog(t)
	s := memstore.New()
	for i := range 3 {
		stop := start(t, newRouter(l, s))
		put(t, l, "dispatch.in", "dispatch.in", uint64(i+1), command(t, "a", "ada", body{typ: "notes.write"}))
		synctest.Wait()
		put(t, l, "rooms.out", "rooms.out", uint64(i+1), wrap(t, "a", body{typ: "rooms.joined"}))
		synctest.Wait()
		stop()
	}
	want(t, "notes.in", seqs(t, l, "notes.in"), "dispatch.in/1 rooms.out/1 dispatch.in/2 rooms.out/2 dispatch.in/3 rooms.out/3")
	return &l, s
}

func TestRouterFeedsALostTailAgain(t *testing.T) {
	for lost := 1; lost <= 6; lost++ {
		t.Run(fmt.Sprint(lost), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l, s := delivered(t)
				short := shortened(t, *l, "notes.in", lost)
				held := seqs(t, short, "notes.in")
				r := newRouter(short, s)
				start(t, r)
				<-r.Ready()
				synctest.Wait()
				want(t, "notes.in, events first", strings.TrimSpace(strings.TrimPrefix(seqs(t, short, "notes.in"), held)),
					"rooms.out/1 rooms.out/2 rooms.out/3 dispatch.in/1 dispatch.in/2 dispatch.in/3")
				want(t, "door.in, which lost nothing", seqs(t, short, "door.in"), "rooms.out/1 rooms.out/2 rooms.out/3")
			})
		})
	}
}

// A target that is being fed again can by chance hold, at the offset of its mark, the record of its mark, before all is there.
func TestRouterFinishesFeedingAfterACrash(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, s := delivered(t)
		short := shortened(t, *l, "notes.in", 3) // d1 r1 d2 | r2 d3 r3; the mark is r3 at 5
		j := newJournal(short)
		j.fail = func(topic log.Topic, nth int) bool { return topic == "notes.in" && nth >= 2 } // after r1 r2 r3
		stop := start(t, newRouter(j, s))
		time.Sleep(time.Second)
		stop()
		want(t, "notes.in at the crash", seqs(t, short, "notes.in"), "dispatch.in/1 rooms.out/1 dispatch.in/2 rooms.out/1 rooms.out/2 rooms.out/3")
		r := newRouter(short, s)
		start(t, r)
		<-r.Ready()
		synctest.Wait()
		if got := seqs(t, short, "notes.in"); !strings.HasSuffix(got, "dispatch.in/1 dispatch.in/2 dispatch.in/3") {
			t.Errorf("notes.in: got %s, the commands are missing", got)
		}
	})
}

func TestRouterDeliversWaitingEventsBeforeCommands(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLog(t)
		put(t, l, "dispatch.in", "dispatch.in", 1, command(t, "a", "ada", body{typ: "notes.write"}))
		for i := range 2500 { // more than a batch
			put(t, l, "rooms.out", "rooms.out", uint64(i+1), wrap(t, "a", body{typ: "rooms.joined"}))
		}
		start(t, newRouter(l, memstore.New()))
		synctest.Wait()
		recs := records(t, l, "notes.in")
		want(t, "last", recs[len(recs)-1].Origin, "dispatch.in")
		want(t, "records", len(recs), 2501)
	})
}

func TestRouterNoticesATailLostWhileItRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		l := &life{disk: d, dice: newDice(1)}
		r := newRouter(l, memstore.New())
		start(t, r)
		for i := range 3 {
			put(t, l, "rooms.out", "rooms.out", uint64(i+1), wrap(t, "a", body{typ: "rooms.joined"}))
		}
		time.Sleep(time.Second)
		l.dead.Store(true) // the log is away
		put(t, d.topics["rooms.out"], "rooms.out", "rooms.out", 4, wrap(t, "a", body{typ: "rooms.joined"}))
		d.times["rooms.out"] = append(d.times["rooms.out"], time.Now())
		time.Sleep(time.Second)
		if err := d.lose("notes.in", 2); err != nil {
			t.Fatal(err)
		}
		l.dead.Store(false)
		time.Sleep(time.Minute)
		want(t, "notes.in", seqs(t, d.topics["notes.in"], "notes.in"), "rooms.out/1 rooms.out/1 rooms.out/2 rooms.out/3 rooms.out/4")
	})
}
