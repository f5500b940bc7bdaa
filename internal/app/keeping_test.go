package app

import (
	"errors"
	"io"
	"log/slog"
	"testing"

	"scaip/internal/client"
	"scaip/internal/event"
	"scaip/internal/log"
	"scaip/internal/log/memlog"
	"scaip/internal/media"
)

func testDisk(mark, free int64) *disk {
	d := &disk{mark: mark, logger: slog.New(slog.NewTextHandler(io.Discard, nil))}
	d.free.Store(free)
	return d
}

// A full disk takes from a running call its beginning, not its end.
func TestAFullDiskStopsKeepingNotTheCall(t *testing.T) {
	l := memlog.New()
	defer l.Close()
	d := testDisk(800, 1000)
	k := newKeeping(l, d, func() bool { return false })
	topic := media.Topic("c1", media.Audio)
	if err := k.Create(t.Context(), topic, log.Retention{}); err != nil {
		t.Fatal(err)
	}
	put := func(n int) error {
		recs := make([]log.Record, n)
		for i := range recs {
			recs[i].Value = []byte("x")
		}
		_, err := k.Append(t.Context(), topic, recs...)
		return err
	}
	for _, c := range []struct {
		free, held int64
	}{{1000, 6000}, {401, 12000}, {399, lastRecords}, {120, lastRecords}, {5000, lastRecords}} {
		d.free.Store(c.free)
		if err := put(6000); err != nil {
			t.Fatalf("with %d free: %v", c.free, err)
		}
		if want := map[bool]string{true: "disk"}[c.free < 400]; k.full() != want {
			t.Errorf("with %d free it says %q", c.free, k.full())
		}
		if b, err := l.Bounds(t.Context(), topic); err != nil || b.Next-b.First != c.held {
			t.Errorf("with %d free %d records are held, %v; want %d", c.free, b.Next-b.First, err, c.held)
		}
	}
	if len(k.stopped) != 1 || <-k.stopped != (stop{"c1", "disk"}) {
		t.Error("it was not told once")
	}
	d.free.Store(99)
	if err := put(1); !errors.Is(err, log.ErrFull) {
		t.Errorf("at the very end: %v, want ErrFull", err)
	}
}

// What is told does not change with every measurement of a disk that is just full.
func TestKeepingDoesNotFlutter(t *testing.T) {
	d := testDisk(800, 1000)
	k := newKeeping(nil, d, func() bool { return false })
	var told string
	for _, c := range []struct {
		free int64
		want string
	}{{400, ""}, {399, "disk"}, {401, "disk"}, {439, "disk"}, {440, ""}, {401, ""}} {
		d.free.Store(c.free)
		if told = k.told(told); told != c.want {
			t.Errorf("with %d free: told %q, want %q", c.free, told, c.want)
		}
	}
}

// The log's own limit stops keeping as well.
func TestALogAtItsLimitStopsKeeping(t *testing.T) {
	l := memlog.New()
	defer l.Close()
	k := newKeeping(l, testDisk(800, 1000), func() bool { return false })
	topic := media.Topic("c1", media.Video)
	if err := k.Create(t.Context(), topic, log.Retention{MaxBytes: 10_000}); err != nil {
		t.Fatal(err)
	}
	for i := range 50 {
		if _, err := k.Append(t.Context(), topic, log.Record{Value: make([]byte, 1000)}); err != nil {
			t.Fatalf("record %d: %v", i, err)
		}
	}
	if len(k.stopped) != 1 {
		t.Error("it was not told once")
	}
}

func TestMembersHearThatACallIsNotKept(t *testing.T) {
	d := run(t, config(t))
	ada, _ := d.user("ada", event.RoleUser)
	group := d.team(ada)
	started, _ := event.As[event.CallsStarted](d.command(ada, event.CallsStart{Group: group}))
	d.app.system.keeping.stopped <- stop{started.Call, "disk"}
	d.until("told", func() bool {
		var call struct{ Call client.Call }
		err := d.admin.Do(t.Context(), "GET", "/admin/calls/"+started.Call, nil, &call)
		return err == nil && call.Call.Stopped == "disk"
	})
}
