package media

import "time"

// Clock is a call's clock: microseconds since the call began. Between two readings it runs on the machine's monotonic clock, so a
// correction of the wall clock does not move it. All clocks of a call that one process makes from one base agree.
type Clock struct {
	base   time.Time     // a reading of the monotonic clock
	offset time.Duration // call time at base
}

// NewClock returns the clock of a call that began at start (wall-clock time). base is a time.Now() of this process.
func NewClock(start, base time.Time) Clock {
	return Clock{base: base, offset: base.Round(0).Sub(start.Round(0))}
}

// At returns the call time at now, in µs. It is negative before the start.
func (c Clock) At(now time.Time) int64 {
	return (c.offset + now.Sub(c.base)).Microseconds()
}
