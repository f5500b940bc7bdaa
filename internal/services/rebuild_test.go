package services_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"scaip/internal/log"
	"scaip/internal/services"
	"scaip/internal/store"
	"scaip/internal/store/memstore"
)

func TestRebuildTellsDifferences(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, s := newLog(t), memstore.New()
		r := services.NewRunner(options(rooms{}, l, s))
		start(t, r)
		for i := range 30 {
			put(t, l, "rooms.in", "dispatch.in", uint64(i+1), command(t, fmt.Sprint(i), "ada", body{typ: "rooms.open", Room: fmt.Sprintf("%02d", i)}))
		}
		synctest.Wait()
		err := s.Update(func(tx store.Tx) error {
			for i := range 24 {
				if err := memberRows.Delete(tx, fmt.Sprintf("%02d/ada", i)); err != nil {
					return err
				}
			}
			return firstError(sizes.Put(tx, "00", 7), praises.Put(tx, "eve", 1), secrets.Put(tx, "k", "s"), sizes.Put(tx, "29", 1))
		})
		if err != nil {
			t.Fatal(err)
		}
		built := memstore.New()
		c, err := r.Rebuild(t.Context(), built, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		want(t, "differ", c.Differ, 26)
		want(t, "told", len(c.Differences), 20)
		want(t, "first", c.Differences[0], services.Difference{Table: "rooms/members", Key: "00/ada", What: "extra"})
		want(t, "events", c.Events, 60)
		want(t, "secret carried over", get(t, built, secrets, "k"), "s")
	})
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func TestRebuildTakesWhatIsNotYetRelayed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &stuck{Log: newLog(t), topic: "rooms.out"}
		r := services.NewRunner(options(rooms{}, l, memstore.New()))
		start(t, r)
		put(t, l, "rooms.in", "dispatch.in", 1, command(t, "1", "ada", body{typ: "rooms.open", Room: "a"}))
		time.Sleep(time.Second)
		want(t, "relayed", r.Stats().Relayed, 0)
		c, err := r.Rebuild(t.Context(), memstore.New(), time.Time{})
		if err != nil || c.Differ != 0 || c.Events != 2 {
			t.Errorf("Rebuild: got %+v, %v", c, err)
		}
		if s := r.Stats(); s.Failing == "" {
			t.Error("Stats does not tell what fails")
		}
	})
}

// A stuck log takes nothing for one topic, until it is freed.
type stuck struct {
	log.Log
	topic log.Topic
	free  atomic.Bool
}

func (l *stuck) Append(ctx context.Context, topic log.Topic, recs ...log.Record) (int64, error) {
	if topic == l.topic && !l.free.Load() {
		return -1, log.ErrFull
	}
	return l.Log.Append(ctx, topic, recs...)
}

func TestRebuildOfAMoment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, s := newLog(t), memstore.New()
		r := services.NewRunner(options(rooms{}, l, s))
		start(t, r)
		for i := range 3 {
			e := command(t, fmt.Sprint(i), "ada", body{typ: "rooms.open", Room: fmt.Sprint(i)})
			e.At = e.At.Add(time.Duration(i) * time.Hour)
			put(t, l, "rooms.in", "dispatch.in", uint64(i+1), e)
		}
		synctest.Wait()
		built := memstore.New()
		at := command(t, "x", "ada", body{typ: "x.y"}).At.Add(time.Hour)
		if _, err := r.Rebuild(t.Context(), built, at); err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if err := services.Dump(built, &out); err != nil {
			t.Fatal(err)
		}
		got := strings.Join(strings.Fields(out.String()), "")
		want(t, "dump", got, `{"rooms/members":{"0/ada":1,"1/ada":1},"rooms/sizes":{"0":1,"1":1}}`)
	})
}
