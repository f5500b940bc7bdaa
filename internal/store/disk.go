package store

import (
	"fmt"
	"syscall"
)

// DefaultMinFree is the free space, in bytes, below which a store on disk refuses updates unless it is told otherwise.
const DefaultMinFree = 64 << 20

// A DiskGuard refuses updates before the disk is full, where engines behave badly: badger writes through a memory map, and the
// kernel answers a write that finds no block by killing the process.
type DiskGuard struct {
	Dir     string // a directory on the disk
	MinFree int64  // bytes; 0: DefaultMinFree; negative: no guard
}

// Check returns ErrFull, as a fault, if less than MinFree bytes are left.
func (g DiskGuard) Check() error {
	limit := g.MinFree
	if limit == 0 {
		limit = DefaultMinFree
	}
	if limit < 0 {
		return nil
	}
	free, err := FreeSpace(g.Dir)
	if err != nil {
		return Fault("check free space", err)
	}
	if free < limit {
		return Fault("check free space", fmt.Errorf("%w: %d MiB are free at %s, %d MiB have to stay free", ErrFull, free>>20, g.Dir, limit>>20))
	}
	return nil
}

// FreeSpace returns the bytes that this user may still write to the disk that dir is on.
func FreeSpace(dir string) (int64, error) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		return 0, fmt.Errorf("statfs %s: %w", dir, err)
	}
	return int64(st.Bavail) * int64(st.Bsize), nil
}
