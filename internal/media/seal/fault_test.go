package seal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"testing"

	"scaip/internal/log"
	"scaip/internal/store"
)

var errInjected = errors.New("injected failure")

// faults counts the steps of the log, the ledger and the disk, and has one fail, before it takes effect or after.
type faults struct {
	n, at int
	after bool
	hit   bool
	die   bool // the whole process, by kill -9
}

func (f *faults) step(do func() error) error {
	f.n++
	if f.n != f.at {
		return do()
	}
	f.hit = true
	if f.after {
		if err := do(); err != nil {
			return err
		}
	}
	if f.die {
		syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	}
	return errInjected
}

type faultyLog struct {
	log.Admin
	f *faults
}

func (l faultyLog) Delete(ctx context.Context, t log.Topic) error {
	return l.f.step(func() error { return l.Admin.Delete(ctx, t) })
}

func (l faultyLog) Bounds(ctx context.Context, t log.Topic) (b log.Bounds, err error) {
	err = l.f.step(func() error { b, err = l.Admin.Bounds(ctx, t); return err })
	return b, err
}

type faultyLedger struct {
	store.Store
	f *faults
}

func (l faultyLedger) Update(do func(store.Tx) error) error {
	return l.f.step(func() error { return l.Store.Update(do) })
}

type faultyFiles struct{ f *faults }

func (d faultyFiles) Write(path string, b []byte) error {
	return d.f.step(func() error { return disk{}.Write(path, b) })
}
func (d faultyFiles) Rename(from, to string) error {
	return d.f.step(func() error { return disk{}.Rename(from, to) })
}
func (d faultyFiles) Remove(path string) error {
	return d.f.step(func() error { return disk{}.Remove(path) })
}

// At every step that fails, before or after it took effect, the call is in its topics or in its file, whole; and the next run, by a new
// sealer as after a crash, brings it to its end.
func TestEveryStepMayFail(t *testing.T) {
	for _, gone := range []bool{false, true} {
		for _, after := range []bool{false, true} {
			for at := 1; ; at++ {
				if !oneFault(t, gone, &faults{at: at, after: after}) {
					if at < 8 {
						t.Errorf("only %d steps were tried", at-1)
					}
					break
				}
			}
		}
	}
}

// oneFault seals, or seals and deletes, a call with one fault; false if the fault lies beyond the last step.
func oneFault(t *testing.T, gone bool, f *faults) bool {
	g := newRig(t)
	what := fmt.Sprintf("gone %v, step %d, after its effect %v", gone, f.at, f.after)
	g.call("c1", 1)
	g.fate("c1", false)
	sound, ledger := g.log, g.ledger
	if gone {
		if err := g.once(g.open()); err != nil {
			t.Fatal(err)
		}
		g.fate("c1", true)
	}
	g.log, g.ledger, g.files = faultyLog{sound, f}, faultyLedger{ledger, f}, faultyFiles{f}
	s := g.open()
	err := g.once(s)
	if !f.hit {
		return false
	}
	if err == nil && f.at > 2 { // the first two are those of looking for what is to do, which is tried again later
		t.Errorf("%s: no error", what)
	}
	if !gone && !inTopics(t, sound, "c1", 1) && !inFile(t, s.path("c1"), 1) {
		t.Errorf("%s: the call is in neither", what)
	}
	g.log, g.ledger, g.files = sound, ledger, disk{}
	s = g.open()
	if err := g.once(s); err != nil {
		t.Errorf("%s: then %v", what, err)
	}
	_, state, _, err := s.Find("c1")
	infos, _ := sound.Topics(t.Context(), "call.")
	if err != nil || len(infos) != 0 {
		t.Errorf("%s: then topics %v are left, %v", what, infos, err)
	}
	if want := map[bool]State{false: Sealed, true: Gone}[gone]; state != want || inFile(t, s.path("c1"), 1) == gone {
		t.Errorf("%s: then state %d, want %d, file there %v", what, state, want, !gone)
	}
	return true
}
