package media

import "time"

// How a Line judges.
const (
	lineHigh    = 300 * time.Millisecond // of lag: the line does not carry what it is given
	lineLow     = 120 * time.Millisecond // of lag: all is well; between the two nothing changes
	linePersist = 300 * time.Millisecond // for so long: less is a hiccup, which says nothing of what the line carries
	lineSettle  = 600 * time.Millisecond // after a cut, before the next one: what it freed has to show
	lineWindow  = 8                      // samples over which the rate is measured
	lineFloor   = 40_000                 // bit/s: what the least picture may cost when all else was too much
	lineHold    = 2 * time.Second        // of good times before the first attempt at more
	lineMost    = time.Minute            // between attempts that keep failing
	lineRaise   = 1.5                    // a second, while it goes well; what went out before a cut may have been all there was
	lineProbe   = 1.15                   // the same, once an attempt has failed
	lineShare   = 0.8                    // of what the line carried when it was full: the rest drains what waits
)

// Line estimates what the line to one viewer carries, in bit/s, from two things alone: how far he lags, and how much went out. As long as he
// does not lag there is nothing to know, and the budget is without bound. When he does, what goes out is what the line carries; the
// budget becomes less than that at once. When all is well again for a while it grows slowly, and an attempt that fails makes the wait
// before the next one twice as long.
//
// It belongs to one goroutine at a time. The zero value is an unbounded line.
type Line struct {
	budget  float64 // 0: without bound
	samples [lineWindow]lineSample
	n       int // samples so far

	cut, raised, good, high int64 // when it was cut and raised last, since when all is well, and too much; 0: never
	hold                    time.Duration
}

type lineSample struct {
	at   int64
	sent uint64
}

// Budget returns the bound, in bit/s. bounded is false as long as there is none.
func (l *Line) Budget() (bitrate float64, bounded bool) { return l.budget, l.budget > 0 }

// Sample tells how things are at now (ns): how far the viewer lags, how many bytes have been sent to him in all, and what everything
// he wants would cost. It is called about ten times a second. cut: the budget has just become less, and what waits for him should go.
func (l *Line) Sample(now int64, lag time.Duration, sent uint64, wanted float64) (cut bool) {
	rate := l.rate(now, sent)
	l.samples[l.n%lineWindow] = lineSample{now, sent}
	l.n++
	if lag < lineHigh {
		l.high = 0
	}
	switch {
	case lag >= lineHigh:
		l.good = 0
		if l.high == 0 {
			l.high = now
		}
		if now-l.high < int64(linePersist) || l.cut != 0 && now-l.cut < int64(lineSettle) {
			return false
		}
		l.lower(now, rate)
		return true
	case lag > lineLow:
		l.good = 0
	case l.budget == 0:
	case l.good == 0:
		l.good = now
	case now-l.good >= int64(l.hold) && now-l.raised >= int64(time.Second):
		l.budget *= l.pace()
		l.raised = now
		if l.budget > wanted*lineRaise {
			l.budget = 0
		}
	}
	return false
}

// pace is by how much the budget grows in a second.
func (l *Line) pace() float64 {
	if l.hold > lineHold {
		return lineProbe
	}
	return lineRaise
}

// lower sets the budget below what the line has carried.
func (l *Line) lower(now int64, rate float64) {
	failed := l.raised != 0 && now-l.raised < int64(3*time.Second)
	switch {
	case l.hold == 0:
		l.hold = lineHold
	case failed:
		l.hold = min(2*l.hold, lineMost)
	case now-l.cut > int64(2*lineMost):
		l.hold = lineHold
	}
	next := rate * lineShare
	if l.budget > 0 {
		next = min(next, l.budget*lineShare)
	}
	l.budget = max(next, lineFloor)
	l.cut = now
}

// rate is what went out in the last samples, in bit/s.
func (l *Line) rate(now int64, sent uint64) float64 {
	old := l.samples[0]
	if l.n >= lineWindow {
		old = l.samples[l.n%lineWindow]
	}
	if l.n == 0 || now <= old.at {
		return 0
	}
	return float64(sent-old.sent) * 8 / (float64(now-old.at) / 1e9)
}
