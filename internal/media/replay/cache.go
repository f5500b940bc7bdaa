package replay

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"scaip/internal/event"
	"scaip/internal/log"
)

// CacheOptions configure a Cache.
type CacheOptions struct {
	Dir      string // the cache's own; made if it is missing
	Log      log.Log
	MaxBytes int64 // of all files together; 0: 2 GiB. The newest file stays even if it alone is larger
	Workers  int   // exports at once; 0: 1

	// Sealed finds the sealed file of a call that is over; nil: there are none. What is made of a call that has one is cut from it, and the whole of the
	// call is the file itself. While one is being made, the whole is waited for.
	Sealed func(call string) (SealedFile, error)

	// Admit refuses to write more when the disk is nearly full; it is asked before an export and during it. nil: never.
	Admit func() error

	Logger *slog.Logger
	Now    func() time.Time // nil: time.Now
}

// Request says which file is wanted. Two requests with equal fields share one file.
type Request struct {
	Call        string
	Title       string
	Start       time.Time
	Ended       bool // the call grows no more; else the file is a snapshot, which is taken anew when it is older than 30 s
	Participant string
	From, To    time.Duration

	About *About // what else the file tells; not a part of the request's identity
}

// whole reports whether all of the call is wanted.
func (r Request) whole() bool { return r.Participant == "" && r.From == 0 && r.To == 0 }

// Status says how far a file is.
type Status struct {
	Ready  bool
	Done   float64 // 0 to 1
	Bytes  int64   // when ready
	SHA256 string  // when ready, hex
}

const (
	maxWaiting  = 16               // exports that wait for a worker; more are refused
	snapshotAge = 30 * time.Second // how long the file of a running call is offered
)

// Cache makes replay files and keeps them in a directory, the least recently used going first. It survives a restart. All methods may be
// called from any goroutine; exports run in Run.
type Cache struct {
	o    CacheOptions
	jobs chan *entry

	mu      sync.Mutex
	entries map[string]*entry // by name
	clock   int64             // counts uses
}

// entry is a file: wanted, under way, or there. Its fields, but for done, belong to Cache.mu.
type entry struct {
	name   string
	req    Request
	status Status
	err    error
	path   string
	made   time.Time
	used   int64
	done   chan struct{} // closed when ready or failed
}

// OpenCache opens the cache in o.Dir: finds its files, removes what an interrupted export left.
func OpenCache(o CacheOptions) (*Cache, error) {
	o.MaxBytes, o.Workers = cmp.Or(o.MaxBytes, 2<<30), cmp.Or(o.Workers, 1)
	if o.Now == nil {
		o.Now = time.Now
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("open replay cache: %w", err)
	}
	c := &Cache{o: o, jobs: make(chan *entry, maxWaiting), entries: map[string]*entry{}}
	found, err := os.ReadDir(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("open replay cache: %w", err)
	}
	for _, f := range found {
		if err := c.find(f); err != nil {
			return nil, fmt.Errorf("open replay cache: %w", err)
		}
	}
	return c, nil
}

// find takes up a file of an earlier run. A file's name is <call>.<key>.<SHA-256>.mkv; all others are left-overs.
func (c *Cache) find(f os.DirEntry) error {
	path := filepath.Join(c.o.Dir, f.Name())
	parts := strings.Split(f.Name(), ".")
	info, err := f.Info()
	if err != nil || !info.Mode().IsRegular() || len(parts) != 4 || parts[3] != "mkv" || len(parts[2]) != 2*sha256.Size {
		return os.RemoveAll(path)
	}
	done := make(chan struct{})
	close(done)
	e := &entry{name: parts[0] + "." + parts[1], req: Request{Call: parts[0]}, path: path, made: info.ModTime(), done: done,
		status: Status{Ready: true, Done: 1, Bytes: info.Size(), SHA256: parts[2]}}
	c.entries[e.name] = e
	return nil
}

// name identifies r's file.
func (r Request) name() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%v\x00%s\x00%d\x00%d\x00%s\x00%d", r.Call, r.Ended, r.Participant, r.From, r.To, r.Title, r.Start.UnixNano()))
	return r.Call + "." + hex.EncodeToString(sum[:8])
}

// Run exports what is asked for until ctx ends; then what is under way is given up.
func (c *Cache) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	for range c.o.Workers {
		wg.Go(func() {
			for {
				select {
				case <-ctx.Done():
					return
				case e := <-c.jobs:
					c.make(ctx, e)
				}
			}
		})
	}
	wg.Wait()
	return ctx.Err()
}

// Prepare asks for a file and says how far it is. It does not wait; call it again. Refusals: NotFound (nothing is recorded), TooMany (too many
// exports wait). An export that failed is begun anew by the call after the one that told of it.
func (c *Cache) Prepare(r Request) (Status, error) {
	sealed, err := c.sealed(r)
	switch {
	case err != nil:
		return Status{}, err
	case sealed.Pending:
		return Status{Done: sealed.Done}, nil
	case sealed.Path != "" && r.whole():
		return sealed.status(), nil
	}
	e, err := c.want(r)
	if err != nil {
		return Status{}, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if e.err != nil {
		if c.entries[e.name] == e {
			delete(c.entries, e.name)
		}
		return Status{}, e.err
	}
	return e.status, nil
}

// Open waits until the file is there and opens it. The caller closes it; it stays readable even when the cache drops it meanwhile.
func (c *Cache) Open(ctx context.Context, r Request) (*os.File, Status, error) {
	sealed, err := c.awaitSealed(ctx, r)
	if err != nil {
		return nil, Status{}, err
	}
	if sealed.Path != "" && r.whole() {
		f, err := os.Open(sealed.Path)
		if err != nil {
			return nil, Status{}, fmt.Errorf("open sealed call: %w", err)
		}
		return f, sealed.status(), nil
	}
	for range 3 {
		e, err := c.want(r)
		if err != nil {
			return nil, Status{}, err
		}
		select {
		case <-ctx.Done():
			return nil, Status{}, ctx.Err()
		case <-e.done:
		}
		s, err := c.Prepare(r)
		if err != nil {
			return nil, Status{}, err
		}
		f, err := os.Open(e.path)
		if err == nil && s.Ready {
			return f, s, nil
		}
		if err == nil {
			f.Close()
		}
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, Status{}, fmt.Errorf("open replay: %w", err)
		}
		c.drop(e) // somebody removed it, or it went stale this moment
	}
	return nil, Status{}, event.Refuse(event.Unavailable, "The replay could not be kept. Try again later.")
}

// Forget removes the files of a call that is deleted.
func (c *Cache) Forget(call string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range c.entries {
		if e.req.Call == call && e.status.Ready {
			c.remove(e)
		}
	}
}

// want returns the entry of r, a new one if there is none or it is a stale snapshot.
func (c *Cache) want(r Request) (*entry, error) {
	if !event.ValidID(r.Call) {
		return nil, event.Refuse(event.NotFound, "There is no such call.")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	name := r.name()
	e := c.entries[name]
	if e != nil && e.status.Ready && !r.Ended && c.o.Now().Sub(e.made) > snapshotAge {
		c.remove(e)
		e = nil
	}
	if e == nil {
		e = &entry{name: name, req: r, done: make(chan struct{})}
		select {
		case c.jobs <- e:
			c.entries[name] = e
		default:
			return nil, event.Refuse(event.TooMany, "Too many replays are being prepared. Try again in a minute.")
		}
	}
	c.clock++
	e.used = c.clock
	return e, nil
}

// make exports e's file.
func (c *Cache) make(ctx context.Context, e *entry) {
	r := e.req
	tmp := filepath.Join(c.o.Dir, e.name)
	sealed, err := c.sealed(r)
	var res Result
	if err == nil {
		res, err = c.export(ctx, e, tmp, sealed.Path)
	}
	if err != nil && sealed.Path == "" && ctx.Err() == nil { // it may have been sealed meanwhile, and its topics be gone
		if again, e2 := c.sealed(r); e2 == nil && again.Path != "" {
			res, err = c.export(ctx, e, tmp, again.Path)
		}
	}
	path := fmt.Sprintf("%s.%s.mkv", tmp, res.SHA256)
	if err == nil {
		err = os.Rename(tmp, path)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	defer close(e.done)
	if err != nil {
		e.err = err
		if _, refused := event.AsRefusal(err); !refused && ctx.Err() == nil {
			c.o.Logger.Error("replay not made", "call", r.Call, "err", err)
		}
		return
	}
	if n := res.Skipped.Total(); n > 0 {
		c.o.Logger.Info("replay made, some records left out", "call", r.Call, "frames", res.Frames, "malformed", res.Skipped.Malformed,
			"repeated", res.Skipped.Repeated, "undecodable", res.Skipped.Undecodable, "unwritable", res.Skipped.Unwritable)
	}
	e.path, e.made = path, c.o.Now()
	e.status = Status{Ready: true, Done: 1, Bytes: res.Bytes, SHA256: res.SHA256}
	c.shrink(e)
}

// export exports e's file to path, from the sealed one if there is one, as long as the disk admits it.
func (c *Cache) export(ctx context.Context, e *entry, path, sealed string) (Result, error) {
	admit := c.o.Admit
	if admit == nil {
		admit = func() error { return nil }
	}
	if err := admit(); err != nil {
		return Result{}, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	r := e.req
	res, err := Export(ctx, path, Options{Log: c.o.Log, Sealed: sealed, Call: r.Call, Title: r.Title, Start: r.Start, About: r.About,
		Participant: r.Participant, From: r.From, To: r.To,
		Progress: func(done float64) {
			if err := admit(); err != nil {
				cancel(err)
			}
			c.mu.Lock()
			e.status.Done = done
			c.mu.Unlock()
		}})
	if cause := context.Cause(ctx); err != nil && cause != nil {
		err = cause
	}
	return res, err
}

// shrink removes the least recently used files until the rest fits; keep stays.
func (c *Cache) shrink(keep *entry) {
	for {
		var sum int64
		var oldest *entry
		for _, e := range c.entries {
			if !e.status.Ready {
				continue
			}
			sum += e.status.Bytes
			if e != keep && (oldest == nil || e.used < oldest.used || e.used == oldest.used && e.made.Before(oldest.made)) {
				oldest = e
			}
		}
		if sum <= c.o.MaxBytes || oldest == nil {
			return
		}
		c.remove(oldest)
	}
}

// drop removes e if it is still the one.
func (c *Cache) drop(e *entry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.entries[e.name] == e && e.status.Ready {
		c.remove(e)
	}
}

// remove removes a ready entry and its file.
func (c *Cache) remove(e *entry) {
	delete(c.entries, e.name)
	if err := os.Remove(e.path); err != nil && !errors.Is(err, os.ErrNotExist) {
		c.o.Logger.Error("replay not removed", "path", e.path, "err", err)
	}
}
