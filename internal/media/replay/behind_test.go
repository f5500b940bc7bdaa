package replay

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func TestBehindWritesInOrder(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "f"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rnd := rand.New(rand.NewPCG(1, 2))
	b := newBehind(f)
	var want []byte
	for i := range 200 {
		p := bytes.Repeat([]byte{byte(i)}, rnd.IntN(5000))
		want = append(want, p...)
		if n, err := b.Write(p); n != len(p) || err != nil {
			t.Fatal(n, err)
		}
		clear(p) // it was copied
	}
	if _, err := b.Seek(0, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	copy(want, "front")
	if _, err := b.Write([]byte("front")); err != nil {
		t.Fatal(err)
	}
	if err := b.flush(); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(f.Name()); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes, %v; want the %d that were written", len(got), err, len(want))
	}
}

// A disk that takes nothing more is noticed by a later Write, and by flush; nobody waits for ever.
func TestBehindTellsOfErrors(t *testing.T) {
	f, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("SKIPPED, NOT CHECKED: there is no /dev/full here")
	}
	defer f.Close()
	b := newBehind(f)
	for range 100 {
		if _, err = b.Write(make([]byte, 100)); err != nil {
			break
		}
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("after 100 writes to a full disk: %v", err)
	}
	if err := b.flush(); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("flush says %v", err)
	}
}

// The kernel tells once of what it could not bring to the disk: a sync on the way that fails is not forgotten until flush. (A pipe takes all, and can't be synced.)
func TestBehindTellsOfSyncs(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	go func() { io.Copy(io.Discard, r); r.Close() }()
	want := w.Sync()
	if want == nil {
		t.Skip("SKIPPED, NOT CHECKED: a pipe can be synced here")
	}
	b := newBehind(w)
	p := make([]byte, 1<<20)
	for range 3 * syncEvery / len(p) {
		if _, err := b.Write(p); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.flush(); err == nil || err.Error() != want.Error() {
		t.Errorf("flush says %v, want %v", err, want)
	}
}
