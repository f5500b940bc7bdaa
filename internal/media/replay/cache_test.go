package replay

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"scaip/internal/event"
)

// startCache runs a cache over a call with a little sound until the test ends.
func startCache(t *testing.T, c *call, o CacheOptions) *Cache {
	t.Helper()
	if o.Dir == "" {
		o.Dir = t.TempDir()
	}
	o.Log, o.Logger = c.log, slog.New(slog.DiscardHandler)
	cache, err := OpenCache(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { cache.Run(ctx); close(ended) }()
	t.Cleanup(func() { cancel(); <-ended })
	return cache
}

func beeps(t *testing.T) *call {
	c := newCall(t)
	c.play(readClip(t, "flashbeep.webm"), 1, "Ada", 0)
	c.write()
	return c
}

func fetch(t *testing.T, c *Cache, r Request) (string, Status) {
	t.Helper()
	f, s, err := c.Open(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	raw, err := io.ReadAll(f)
	if err != nil || int64(len(raw)) != s.Bytes {
		t.Fatalf("read %d bytes, %v; want %d", len(raw), err, s.Bytes)
	}
	return f.Name(), s
}

func TestCacheMakesAFileOnce(t *testing.T) {
	c := beeps(t)
	dir := t.TempDir()
	cache := startCache(t, c, CacheOptions{Dir: dir})
	r := Request{Call: "c1", Ended: true}
	if s, err := cache.Prepare(r); err != nil || s.Ready {
		t.Fatalf("first Prepare: %+v, %v; want not ready", s, err)
	}
	name, s := fetch(t, cache, r)
	if again, err := cache.Prepare(r); err != nil || !again.Ready || again.SHA256 != s.SHA256 {
		t.Errorf("second Prepare: %+v, %v", again, err)
	}
	if err := os.WriteFile(dir+"/c1.0123.part", []byte("left"), 0o600); err != nil {
		t.Fatal(err)
	}
	later := startCache(t, c, CacheOptions{Dir: dir})
	if again, err := later.Prepare(r); err != nil || again != s {
		t.Errorf("after a restart: %+v, %v; want %+v", again, err, s)
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("%d files, want 1", len(left))
	}
	later.Forget("c1")
	if _, err := os.Stat(name); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a forgotten file: %v, want none", err)
	}
	if _, s := fetch(t, cache, r); !s.Ready {
		t.Errorf("a file somebody removed is not made again: %+v", s)
	}
}

func TestCacheBoundsBytes(t *testing.T) {
	cache := startCache(t, beeps(t), CacheOptions{MaxBytes: 1})
	first, _ := fetch(t, cache, Request{Call: "c1", Ended: true})
	second, _ := fetch(t, cache, Request{Call: "c1", Ended: true, To: 5 * time.Second})
	if _, err := os.Stat(first); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the older file: %v, want none", err)
	}
	if _, err := os.Stat(second); err != nil {
		t.Error(err)
	}
}

func TestCacheRunningCallGrows(t *testing.T) {
	c := beeps(t)
	now := time.Now()
	cache := startCache(t, c, CacheOptions{Now: func() time.Time { return now }})
	r := Request{Call: "c1"}
	_, first := fetch(t, cache, r)
	c.play(readClip(t, "flashbeep.webm"), 2, "Bob", 10*time.Second)
	c.write()
	if _, s := fetch(t, cache, r); s != first {
		t.Errorf("at once: %+v, want the same file %+v", s, first)
	}
	now = now.Add(snapshotAge + time.Second)
	if _, s := fetch(t, cache, r); s.Bytes <= first.Bytes {
		t.Errorf("later: %d bytes, want more than %d", s.Bytes, first.Bytes)
	}
}

func TestCacheRefuses(t *testing.T) {
	c := newCall(t)
	cache := startCache(t, c, CacheOptions{})
	if _, _, err := cache.Open(t.Context(), Request{Call: "c1"}); !errors.Is(err, ErrEmpty) {
		t.Errorf("nothing recorded: %v", err)
	}
	for _, id := range []string{"", "../x", "a/b", "a.b", strings.Repeat("a", 65)} {
		if _, err := cache.Prepare(Request{Call: id}); !isCode(err, event.NotFound) {
			t.Errorf("call %q: %v, want not_found", id, err)
		}
	}
}

func TestCacheBoundsTheQueue(t *testing.T) {
	c := newCall(t)
	cache, err := OpenCache(CacheOptions{Dir: t.TempDir(), Log: c.log, Logger: slog.New(slog.DiscardHandler)}) // nobody runs it
	if err != nil {
		t.Fatal(err)
	}
	for i := range maxWaiting {
		if _, err := cache.Prepare(Request{Call: "c1", From: time.Duration(i)}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := cache.Prepare(Request{Call: "c1", From: -1}); !isCode(err, event.TooMany) {
		t.Errorf("one too many: %v, want too_many", err)
	}
	if _, err := cache.Prepare(Request{Call: "c1"}); err != nil {
		t.Errorf("one that waits already: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := cache.Open(ctx, Request{Call: "c1"}); !errors.Is(err, context.Canceled) {
		t.Errorf("a caller who goes: %v", err)
	}
}

func isCode(err error, code event.Code) bool {
	r, ok := event.AsRefusal(err)
	return ok && r.Code == code
}

func TestCacheHeedsTheDisk(t *testing.T) {
	full := event.Refuse(event.Unavailable, "The disk is full.")
	room := 0 // how often there is some
	dir := t.TempDir()
	cache := startCache(t, beeps(t), CacheOptions{Dir: dir, Admit: func() error {
		if room--; room < 0 {
			return full
		}
		return nil
	}})
	for _, room = range []int{0, 1, 20} {
		if _, _, err := cache.Open(t.Context(), Request{Call: "c1", Ended: true}); !isCode(err, event.Unavailable) {
			t.Errorf("got %v, want unavailable", err)
		}
		if left, _ := os.ReadDir(dir); len(left) > 0 {
			t.Errorf("%v is left", left)
		}
	}
	room = 1000
	fetch(t, cache, Request{Call: "c1", Ended: true})
}
