package store

import (
	"fmt"
	"strconv"
	"sync"
)

// This file is what the adapters share: the limits of names, the bounds of a range, and the lifetime of a store.

// CheckTable returns ErrBadKey unless table can name a table: 1 to MaxTable bytes of [a-z0-9_/-].
func CheckTable(table string) error {
	if len(table) == 0 || len(table) > MaxTable {
		return fmt.Errorf("%w: a table's name has 1 to %d bytes, not %d", ErrBadKey, MaxTable, len(table))
	}
	for i := range len(table) {
		switch c := table[i]; {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9', c == '_', c == '/', c == '-':
		default:
			return fmt.Errorf("%w: %q in the table's name %q", ErrBadKey, c, table)
		}
	}
	return nil
}

// CheckPut returns ErrBadKey or ErrTooLarge unless a store takes the entry.
func CheckPut(table, key string, value []byte) error {
	if err := CheckTable(table); err != nil {
		return err
	}
	if !KeyFits(key) {
		return fmt.Errorf("%w: a key of table %s has 1 to %d bytes, not %d", ErrBadKey, table, MaxKey, len(key))
	}
	if len(value) > MaxValue {
		return fmt.Errorf("%w: the value of %s %q has %d bytes, at most %d are taken", ErrTooLarge, table, key, len(value), MaxValue)
	}
	return nil
}

// KeyFits reports whether a table can hold the key.
func KeyFits(key string) bool { return 0 < len(key) && len(key) <= MaxKey }

// Bounds returns the range as a half-open interval: lo ≤ key < hi, where hi "" is no bound. empty says that no key can be in it.
func (r Range) Bounds() (lo, hi string, empty bool) {
	lo, hi = max(r.Prefix, r.From), successor(r.Prefix)
	if r.To != "" && (hi == "" || r.To < hi) {
		hi = r.To
	}
	return lo, hi, hi != "" && lo >= hi
}

// successor returns the least string that is greater than all strings with the prefix; "" if there is none.
func successor(prefix string) string {
	for n := len(prefix); n > 0; n-- {
		if last := prefix[n-1]; last < 0xff {
			return prefix[:n-1] + string([]byte{last + 1})
		}
	}
	return ""
}

// A Lifetime counts the transactions of a store, so that Close can wait for them. Its zero value is open.
//
// It is no sync.RWMutex because a View inside an Update must not wait for a Close that waits for the Update.
type Lifetime struct {
	mu     sync.Mutex
	closed bool
	active int
	idle   chan struct{} // made by the first Close; closed when closed && active == 0
}

// Enter begins a transaction, or returns ErrClosed. The caller defers Leave.
func (l *Lifetime) Enter() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return ErrClosed
	}
	l.active++
	return nil
}

// Leave ends what Enter began.
func (l *Lifetime) Leave() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.active--
	if l.closed && l.active == 0 {
		close(l.idle)
	}
}

// Close refuses new transactions and waits for those under way. It returns true to the one caller who has to free the store.
func (l *Lifetime) Close() (first bool) {
	l.mu.Lock()
	if !l.closed {
		first, l.closed, l.idle = true, true, make(chan struct{})
		if l.active == 0 {
			close(l.idle)
		}
	}
	idle := l.idle
	l.mu.Unlock()
	<-idle
	return first
}

// CheckVersion compares the version of a data format found in a store with the one that the adapter writes: ErrVersion if it is newer, a fault
// if it is none. An older one is the adapter's to convert.
func CheckVersion(found string, own int) error {
	v, err := strconv.Atoi(found)
	if err != nil || v < 1 {
		return Fault("check version", fmt.Errorf("the store's version is %q, which is none", found))
	}
	if v > own {
		return fmt.Errorf("%w: its data has version %d, this program knows versions up to %d", ErrVersion, v, own)
	}
	return nil
}
