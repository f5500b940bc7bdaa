// Package seal turns calls that are over into files: a call's two topics become one Matroska file, and only then go.
//
// It guarantees, whatever fails or dies when: a call is in its topics or in its file, whole, never in neither; a file that the ledger
// names is whole and on disk, and a bit that flips in it is found by Verify; a call that is deleted does not come back, not even if the
// log forgets the deletion; nothing is done at start for the calls that are done with. Memory does not depend on how long a call was, and
// sealing copies: it decodes nothing.
package seal

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"scaip/internal/event"
	"scaip/internal/log"
	"scaip/internal/media"
	"scaip/internal/media/replay"
	"scaip/internal/store"
)

// Options configure a Sealer. Those without a default are required.
type Options struct {
	Dir    string      // of the files; made if it is missing
	Log    log.Admin   // the media log
	Ledger store.Store // the sealer's own

	// Fates returns what has become of calls after the given number, at most limit, in ascending order. A number is never given twice.
	Fates func(after uint64, limit int) ([]Fate, error)

	// Changed returns a channel that is closed when there may be new fates.
	Changed func() <-chan struct{}

	// Describe tells of a call that is over; false if it is not known (any more).
	Describe func(call string) (Subject, bool, error)

	// Admit says whether the disk takes another file; its error puts sealing off. nil: always.
	Admit func() error

	// Forget removes what else is kept of a call that is deleted.
	Forget func(call string)

	Logger  *slog.Logger
	Workers int              // calls sealed at once; 0: 2
	Settle  time.Duration    // how long after its end a call is sealed: frames may be under way; 0: 2 s
	Now     func() time.Time // nil: time.Now

	files files // nil: the disk
}

// A Fate is what has become of a call.
type Fate struct {
	Number uint64
	Call   string
	Gone   bool // deleted, or not kept; else it has ended
}

// Subject is what the file of a call says about it.
type Subject struct {
	Title      string
	Start, End time.Time
	About      *replay.About
}

// File is the ledger's entry of a sealed call.
type File struct {
	Path   string `json:"-"`
	Empty  bool   `json:"empty,omitempty"` // nothing was recorded: there is no file
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"` // hex

	Sealed   time.Time      `json:"sealed"`
	Tracks   int            `json:"tracks"`
	Frames   int            `json:"frames"`
	Duration time.Duration  `json:"duration"` // ns
	Skipped  replay.Skipped `json:"skipped"`
	Missing  int            `json:"missing,omitempty"` // records that the log had lost before
}

// What has to be done with a call.
const (
	toSeal   = "seal"
	toDelete = "delete" // all of it
	toClear  = "clear"  // its topics: the file is there
)

// task is what is still to do with a call.
type task struct {
	What  string    `json:"what"`
	Since time.Time `json:"since"`
}

// The ledger.
const (
	marks store.Table[uint64]    = "seal/mark"  // "fates" → the last one taken
	todo  store.Table[task]      = "seal/todo"  // by call
	done  store.Table[File]      = "seal/files" // by call
	gone  store.Table[time.Time] = "seal/gone"  // by call: when it was deleted
)

const markFates = "fates"

// Sealer seals and deletes calls. Run does the work; the other methods may be called from any goroutine.
type Sealer struct {
	o    Options
	wake chan struct{}

	mu       sync.Mutex
	busy     map[string]float64   // calls that a worker has, and how far it is
	failed   map[string]*failures // by call
	sweeping time.Time            // when the topics were looked through

	generation int // of the ledger: counts its changes
	counted    counted
}

// failures are those of a call in a row.
type failures struct {
	n     int
	until time.Time // when it is tried again
	err   error
}

// Open returns a Sealer.
func Open(o Options) (*Sealer, error) {
	o.Workers, o.Settle = cmp.Or(o.Workers, 2), cmp.Or(o.Settle, 2*time.Second)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Admit == nil {
		o.Admit = func() error { return nil }
	}
	if o.files == nil {
		o.files = disk{}
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("open sealed calls: %w", err)
	}
	return &Sealer{o: o, wake: make(chan struct{}, 1), busy: map[string]float64{}, failed: map[string]*failures{}}, nil
}

// A State says where a call's recording is.
type State int

// States of a call.
const (
	Unsealed State = iota // in its topics; nothing is known of its end, or sealing keeps failing
	Sealing               // it is being sealed, or waits for it
	Sealed                // in its file
	Gone                  // deleted, or not kept
)

// Find says where a call's recording is; the File is that of a sealed one. progress is how far sealing is, 0 to 1.
func (s *Sealer) Find(call string) (f File, state State, progress float64, err error) {
	if !event.ValidID(call) {
		return f, Unsealed, 0, nil
	}
	s.mu.Lock()
	progress = s.busy[call]
	broken := s.failed[call] != nil
	s.mu.Unlock()
	err = s.o.Ledger.View(func(r store.Reader) error {
		if is, err := gone.Has(r, call); err != nil || is {
			state = Gone
			return err
		}
		found, ok, err := done.Get(r, call)
		if err != nil || ok {
			f, state = found, Sealed
			f.Path = s.path(call)
			return err
		}
		waits, err := todo.Has(r, call)
		if waits && !broken {
			state = Sealing
		}
		return err
	})
	if err != nil {
		return f, state, 0, fmt.Errorf("look up sealed call: %w", err)
	}
	return f, state, progress, nil
}

// Source opens a sealed call.
func (s *Sealer) Source(call string) (media.Source, error) {
	f, state, _, err := s.Find(call)
	switch {
	case err != nil:
		return nil, err
	case state != Sealed || f.Empty:
		return nil, replay.ErrEmpty
	}
	return replay.OpenSealed(f.Path)
}

// Run works until ctx ends.
func (s *Sealer) Run(ctx context.Context) error {
	var workers sync.WaitGroup
	defer workers.Wait()
	slots := make(chan struct{}, s.o.Workers)
	for ctx.Err() == nil {
		changed := s.o.Changed() // before looking, so that none is missed
		wait := s.look(ctx, func(call string) bool {
			select {
			case slots <- struct{}{}:
			default:
				return false // the others wait in the ledger
			}
			workers.Go(func() {
				s.work(ctx, call)
				<-slots
				s.awake()
			})
			return true
		})
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-changed:
		case <-s.wake:
		case <-timer.C:
		}
		timer.Stop()
	}
	return nil
}

func (s *Sealer) awake() {
	select {
	case s.wake <- struct{}{}:
	default: // it is awake already
	}
}

const (
	idle       = time.Minute
	sweepEvery = 10 * time.Minute
	retryMost  = 5 * time.Minute
)

// look takes new fates, starts what is due, and returns when to look again.
func (s *Sealer) look(ctx context.Context, start func(call string) bool) time.Duration {
	err := s.intake()
	if now := s.o.Now(); err == nil && now.Sub(s.sweeping) > sweepEvery {
		s.sweeping = now
		err = s.sweep(ctx)
	}
	var calls []string
	if err == nil {
		err = s.o.Ledger.View(func(r store.Reader) error {
			for row, err := range todo.Scan(r, store.Range{}) {
				if err != nil {
					return err
				}
				calls = append(calls, row.Key)
			}
			return nil
		})
	}
	if err != nil {
		if ctx.Err() == nil {
			s.o.Logger.Error("sealing stands still, trying again", "err", err)
		}
		return 5 * time.Second
	}
	wait := idle
	for _, call := range calls {
		at, free := s.due(call)
		if left := at.Sub(s.o.Now()); free && left > 0 {
			wait = min(wait, left)
			continue
		}
		if !free {
			continue
		}
		s.setBusy(call, true)
		if !start(call) {
			s.setBusy(call, false)
			break
		}
	}
	return max(wait, 10*time.Millisecond)
}

// due says when a call may be worked on, and whether nobody does.
func (s *Sealer) due(call string) (at time.Time, free bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, taken := s.busy[call]
	if f := s.failed[call]; f != nil {
		at = f.until
	}
	return at, !taken
}

func (s *Sealer) setBusy(call string, on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if on {
		s.busy[call] = 0
	} else {
		delete(s.busy, call)
	}
}

// work does what is to do with a call, and notes how it went.
func (s *Sealer) work(ctx context.Context, call string) {
	err := s.do(ctx, call)
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.busy, call)
	if err == nil {
		delete(s.failed, call)
		return
	}
	if ctx.Err() != nil {
		return
	}
	f := s.failed[call]
	if f == nil {
		f = &failures{}
		s.failed[call] = f
		s.o.Logger.Error("call not sealed or deleted, trying again", "call", call, "err", err)
	}
	f.n, f.err = f.n+1, err
	f.until = s.o.Now().Add(min(time.Second<<min(f.n, 20), retryMost))
}

// do does what the ledger says now, while nobody else has the call: what look has read may have been done since, and must not be done again.
func (s *Sealer) do(ctx context.Context, call string) error {
	var t task
	err := s.o.Ledger.View(func(r store.Reader) (err error) {
		t, _, err = todo.Get(r, call)
		return err
	})
	if err != nil {
		return fmt.Errorf("read ledger: %w", err)
	}
	switch t.What {
	case toSeal:
		err = s.seal(ctx, call)
		if errors.Is(err, errGone) {
			return nil // its deletion waits in the ledger
		}
		return err
	case toDelete:
		return s.delete(ctx, call)
	case toClear:
		return s.clear(ctx, call, toClear)
	}
	return nil // it is done
}
