package media

import "time"

// A timer calls what it was made for once, d after the latest Reset. Stop ends it, and its call under way.
type timer interface {
	Reset(d time.Duration)
	Stop()
}

// calendar is the timer of the runtime. On Linux it is right to a millisecond, for which it wakes twice.
type calendar struct{ *time.Timer }

func newCalendar(call func()) timer {
	t := time.AfterFunc(time.Hour, call)
	t.Stop()
	return calendar{t}
}

func (c calendar) Reset(d time.Duration) { c.Timer.Reset(d) }

func (c calendar) Stop() { c.Timer.Stop() }
