package replay

import (
	"cmp"
	"io"
	"os"
)

// behind writes a file in a goroutine of its own, so that the disk and whoever makes the file work side by side, and has it synced meanwhile by another: else
// the kernel keeps all of it to the last sync. What waits is bounded: a writer that is faster than the disk waits for it. flush ends it, and must be called.
type behind struct {
	f       *os.File
	full    chan []byte
	free    chan []byte
	written chan struct{} // closed when the goroutine has ended
	failed  chan struct{} // closed when err is set
	err     error

	fresh    int // bytes since the last sync was asked for
	sync     chan struct{}
	synced   chan struct{} // closed when the syncing goroutine has ended
	unsynced error         // of it
}

// waiting is how many buffers there are: a cluster each.
const waiting = 3

// syncEvery is after how many bytes a sync is asked for. One that is under way when it is asked for again is not waited for.
const syncEvery = 32 << 20

func newBehind(f *os.File) *behind {
	b := &behind{f: f, full: make(chan []byte, waiting), free: make(chan []byte, waiting), written: make(chan struct{}), failed: make(chan struct{}),
		sync: make(chan struct{}, 1), synced: make(chan struct{})}
	for range waiting {
		b.free <- nil
	}
	go b.run()
	go b.runSync()
	return b
}

// run writes what waits. After an error, nothing more.
func (b *behind) run() {
	defer close(b.written)
	defer close(b.sync)
	for p := range b.full {
		if b.err == nil {
			if _, b.err = b.f.Write(p); b.err != nil {
				close(b.failed)
			}
		}
		if b.fresh += len(p); b.fresh >= syncEvery {
			b.fresh = 0
			select {
			case b.sync <- struct{}{}:
			default: // it is asked for already
			}
		}
		b.free <- p[:0]
	}
}

// runSync syncs whenever it is asked to, up to the first error. That one must not be lost: the kernel tells of it once.
func (b *behind) runSync() {
	defer close(b.synced)
	for range b.sync {
		if b.unsynced = b.f.Sync(); b.unsynced != nil {
			return
		}
	}
}

// Write implements io.Writer. Its error may be that of an earlier Write.
func (b *behind) Write(p []byte) (int, error) {
	select {
	case <-b.failed:
		return 0, b.err
	default:
	}
	b.full <- append(<-b.free, p...)
	return len(p), nil
}

// Seek implements io.Seeker: what was written before is in the file then.
func (b *behind) Seek(offset int64, whence int) (int64, error) {
	all := make([][]byte, 0, waiting)
	for range waiting {
		all = append(all, <-b.free)
	}
	for _, p := range all {
		b.free <- p
	}
	return b.f.Seek(offset, whence)
}

// flush waits until all is written, and says whether it could be. Nothing may be written afterwards.
func (b *behind) flush() error {
	close(b.full)
	<-b.written
	<-b.synced
	return cmp.Or(b.err, b.unsynced)
}

var _ io.WriteSeeker = (*behind)(nil)
