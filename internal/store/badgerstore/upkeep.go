package badgerstore

import "time"

const (
	memtable = 5 << 20 // bytes

	// Tables of level 0 are loose: each may hold any key, so a read looks into all of them. They are merged into one run when there are
	// minLoose and they hold a quarter of what the run holds, so that a large run is not written anew for little; or when there are
	// maxLoose. At twice as many, updates wait.
	minLoose = 4
	maxLoose = 24

	gcEvery = 10 * time.Minute
	gcRatio = 0.5 // a value log is rewritten when this part of it is garbage
)

// maintain merges tables when enough has been written, and frees space in the value log, until Close. It sleeps as long as nothing is
// written, which badger's own compactors do not.
func (s *Store) maintain() {
	var tick <-chan time.Time
	if s.lock != nil { // in memory there is no value log
		t := time.NewTicker(gcEvery)
		defer t.Stop()
		tick = t.C
	}
	s.compact() // each opening leaves a table
	for {
		select {
		case <-s.stop:
			return
		case <-s.wake:
			s.compact()
		case <-tick:
			for s.guard.Check() == nil && s.db.RunValueLogGC(gcRatio) == nil {
				// There may be more: it frees one file a run, and returns ErrNoRewrite when there is nothing to do.
			}
		}
	}
}

// compact merges the loose tables into the rest if it is time. An error is badger's logger's; the next call tries again.
func (s *Store) compact() {
	var loose int
	var looseBytes, bytes int64
	for _, l := range s.db.Levels() {
		if l.Level == 0 {
			loose, looseBytes = l.NumTables, l.Size
			continue
		}
		bytes += l.Size
	}
	due := loose >= minLoose && looseBytes >= bytes/4 || loose >= maxLoose
	if s.lock == nil { // in memory, what is outdated is in the way at once
		due = loose > 0
	}
	if due && s.guard.Check() == nil {
		_ = s.db.Flatten(1)
	}
}
