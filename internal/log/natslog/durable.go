package natslog

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"scaip/internal/log"
)

// A ledger knows how far each topic of an embedded server is on the disk, and brings it there: one fsync for all that was appended
// meanwhile, by however many. The server itself would sync each record for itself (SyncAlways), which costs twenty records twenty times as
// much, or a directory of files for an atomic batch. The server writes a record to the file of its block before it answers; so
// syncing the topic's last files after the answer makes it durable. What a topic's files are called is the server's, and stable: msgs/<n>.blk,
// numbered without gaps, a new one when one is full.
type ledger struct {
	dir string // of the server's streams

	mu     sync.Mutex
	topics map[log.Topic]*extent
}

// An extent is how much of a topic is durable.
type extent struct {
	dir     string       // of the blocks
	next    atomic.Int64 // what is below this offset is durable
	written atomic.Int64 // what is below this offset is known to be written

	sync  sync.Mutex // one sync at a time; guards what follows
	block int        // the last one that was synced; 0: none yet
	err   error      // a sync has failed: what the files hold is not known any more

	mu    sync.Mutex
	moved chan struct{} // closed and replaced when next has moved, or the topic was deleted
	gone  bool          // the topic was deleted
}

func newLedger(storeDir string) *ledger {
	return &ledger{dir: filepath.Join(storeDir, "jetstream", "$G", "streams"), topics: map[log.Topic]*extent{}}
}

// extent returns that of a topic.
func (d *ledger) extent(t log.Topic) *extent {
	d.mu.Lock()
	defer d.mu.Unlock()
	x := d.topics[t]
	if x == nil {
		x = &extent{dir: filepath.Join(d.dir, streamName(t), "msgs"), moved: make(chan struct{})}
		d.topics[t] = x
	}
	return x
}

// forget drops a topic that is to be deleted. Who waits for it is woken.
func (d *ledger) forget(t log.Topic) {
	d.mu.Lock()
	x := d.topics[t]
	delete(d.topics, t)
	d.mu.Unlock()
	if x != nil {
		x.mu.Lock()
		defer x.mu.Unlock()
		x.gone = true
		close(x.moved)
		x.moved = make(chan struct{})
	}
}

// found makes a topic that the server has just made durable: its description and its directories.
func (d *ledger) found(t log.Topic) error {
	dir := filepath.Join(d.dir, streamName(t))
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err == nil {
			err = syncPath(path)
		}
		if errors.Is(err, fs.ErrNotExist) && path != dir {
			return nil // a temporary file
		}
		return err
	})
	for err == nil && dir != filepath.Dir(d.dir) {
		dir = filepath.Dir(dir)
		err = syncPath(dir)
	}
	if err != nil {
		return fmt.Errorf("sync new topic: %w", err)
	}
	return nil
}

// ensure makes what is below next, which the server has written, durable. It waits for a sync under way and then, unless that was enough, syncs
// all that was written by then.
func (x *extent) ensure(next int64) error {
	for {
		old := x.written.Load()
		if old >= next || x.written.CompareAndSwap(old, next) {
			break
		}
	}
	if x.next.Load() >= next {
		return nil
	}
	x.sync.Lock()
	defer x.sync.Unlock()
	if x.err != nil {
		return x.err
	}
	if x.next.Load() >= next {
		return nil
	}
	return x.flush()
}

// flush syncs; with x.sync held.
func (x *extent) flush() error {
	upto := x.written.Load()
	err := x.syncBlocks()
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("sync: %w", log.ErrNoTopic) // it is being deleted
	}
	if err != nil {
		// What a failed fsync has dropped, a later one does not report any more.
		x.err = fmt.Errorf("sync: %w", err)
		return x.err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.next.Store(upto)
	close(x.moved)
	x.moved = make(chan struct{})
	return nil
}

// trim runs a deletion of old records, in which the server may write a block anew, and makes durable what is left.
func (x *extent) trim(purge func() error) error {
	x.sync.Lock()
	defer x.sync.Unlock()
	if x.err != nil {
		return x.err
	}
	err := purge()
	return errors.Join(err, x.flush())
}

// blocksAtFirst is how many blocks the first sync of a topic looks at: what a process that was killed may have left unsynced, which is an append
// under way, at most batchSize.
const blocksAtFirst = 8

// syncBlocks syncs the block that was the last one, and those that have come since.
func (x *extent) syncBlocks() error {
	if x.block > 0 {
		err := x.syncBlock(x.block)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if _, more := os.Lstat(x.path(x.block + 1)); err == nil && errors.Is(more, fs.ErrNotExist) {
			return nil // as nearly always
		}
	}
	blocks, err := x.blocks()
	if err != nil {
		return err
	}
	if len(blocks) == 0 && x.written.Load() > 0 {
		return fmt.Errorf("no blocks of records in %s", x.dir)
	}
	for _, n := range blocks {
		if err := x.syncBlock(n); err != nil && !errors.Is(err, fs.ErrNotExist) { // what is not there any more was trimmed
			return err
		}
		x.block = n
	}
	return syncPath(x.dir)
}

func (x *extent) path(block int) string { return filepath.Join(x.dir, strconv.Itoa(block)+".blk") }

// blocks returns, in order, the blocks that may hold what is not durable yet.
func (x *extent) blocks() ([]int, error) {
	files, err := os.ReadDir(x.dir)
	if err != nil {
		return nil, err
	}
	var all []int
	for _, f := range files {
		name, is := strings.CutSuffix(f.Name(), ".blk")
		if n, err := strconv.Atoi(name); is && err == nil {
			all = append(all, n)
		}
	}
	slices.Sort(all)
	if i, _ := slices.BinarySearch(all, x.block); x.block > 0 && i < len(all) {
		return all[i:], nil
	}
	return all[max(0, len(all)-blocksAtFirst):], nil
}

// syncBlock syncs a block. If the server has meanwhile put another file in its place, that one too.
func (x *extent) syncBlock(n int) error {
	for {
		f, err := os.Open(x.path(n))
		if err != nil {
			return err
		}
		err = f.Sync()
		was, e := f.Stat()
		if err = errors.Join(err, e, f.Close()); err != nil {
			return err
		}
		is, err := os.Stat(x.path(n))
		if err != nil || os.SameFile(was, is) {
			return err
		}
	}
}

// syncPath syncs a file or a directory.
func syncPath(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// watch returns a channel that is closed when more is durable than now, or the topic is deleted; and whether it is.
func (x *extent) watch() (moved <-chan struct{}, gone bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.moved, x.gone
}
