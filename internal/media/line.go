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
	lineShare   = 0.8                    // of what the line carried when it was full: the rest drains what waits

	lineHold    = 2 * time.Second        // of good times before the first attempt at more
	lineMost    = 5 * time.Second        // before any attempt, however many have failed
	lineStep    = 750 * time.Millisecond // of good times between the steps of an attempt
	lineAttempt = 3 * time.Second        // so long after a step a cut means that it was too much
	lineForget  = 30 * time.Second       // without a cut: attempts that failed before say nothing any more

	lineOwn  = 4 // a cut divides by no more, if frames wait here: one stall of the whole machine must not take everything
	lineTold = 2 // the same, if only the viewer says that he lags: he may be busy himself
)

// lineSteps are those of an attempt, the last one again and again: it begins carefully and quickens while it goes well.
var lineSteps = [...]float64{1.25, 1.5, 2}

// Lag says how far a viewer is behind: Own by what waits for him here, Told by what he has measured himself.
type Lag struct{ Own, Told time.Duration }

// Line estimates what the line to one viewer carries, in bit/s, from two things alone: how far he lags, and how much went out. As long as he
// does not lag there is nothing to know, and the budget is without bound. When he does, what goes out is what the line carries; the
// budget becomes less than that, within a few cuts. When all is well again it grows in steps. A step that was too much is taken back, and
// the wait before the next attempt is twice as long, up to lineMost.
//
// A line that is good again is known to be within lineMost and lineStep times 2 + log2(1.5 wanted / budget): some ten seconds for one large
// picture that was at the floor. Lag of single samples, as of a busy machine, only makes it longer by its own time.
//
// It belongs to one goroutine at a time. The zero value is an unbounded line.
type Line struct {
	budget  float64    // 0: without bound
	safe    [3]float64 // the budgets before the last three steps of this attempt
	steps   int        // of this attempt
	samples [lineWindow]lineSample
	n       int // samples so far

	last, cut, raised, high int64         // when it was sampled, cut and raised last, and since when the lag is too much; 0: never
	good                    time.Duration // of good times since the last change
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
func (l *Line) Sample(now int64, lag Lag, sent uint64, wanted float64) (cut bool) {
	rate := l.rate(now, sent)
	passed := time.Duration(now - l.last)
	l.last = now
	l.samples[l.n%lineWindow] = lineSample{now, sent}
	l.n++
	worst := max(lag.Own, lag.Told)
	if worst < lineHigh {
		l.high = 0
	}
	switch {
	case worst >= lineHigh:
		if l.high == 0 {
			l.high = now
		}
		if now-l.high < int64(linePersist) || l.cut != 0 && now-l.cut < int64(lineSettle) {
			return false
		}
		l.lower(now, rate, l.least(lag, wanted))
		return true
	case worst <= lineLow && l.budget > 0:
		l.good += min(passed, 2*SteerEvery)
		l.raise(now, wanted)
	}
	return false
}

// raise takes the next step of an attempt, if it is time.
func (l *Line) raise(now int64, wanted float64) {
	due := lineStep
	if l.steps == 0 {
		due = l.hold
	}
	if l.good < due {
		return
	}
	l.good = 0
	l.raised = now
	l.safe[0], l.safe[1], l.safe[2] = l.safe[1], l.safe[2], l.budget
	if l.steps == 0 {
		l.safe = [3]float64{l.budget, l.budget, l.budget}
	}
	l.budget *= lineSteps[min(l.steps, len(lineSteps)-1)]
	l.steps++
	if l.budget > wanted*lineSteps[1] {
		l.budget = 0
	}
}

// least is what a cut leaves at least.
func (l *Line) least(lag Lag, wanted float64) float64 {
	before := l.budget
	if before == 0 {
		before = wanted
	}
	if lag.Own < lineHigh {
		return before / lineTold
	}
	return before / lineOwn
}

// lower sets the budget below what the line has carried, but not below least; or takes an attempt back.
func (l *Line) lower(now int64, rate, least float64) {
	failed := l.steps > 0 && now-l.raised < int64(lineAttempt)
	switch {
	case l.hold == 0 || !failed && now-l.cut > int64(lineForget):
		l.hold = lineHold
	case failed:
		l.hold = min(2*l.hold, lineMost)
	}
	next := max(rate*lineShare, least)
	if l.budget > 0 {
		next = min(next, l.budget*lineShare)
	}
	if failed {
		next = l.safe[0]
	}
	l.budget = max(next, lineFloor)
	l.cut, l.steps, l.good = now, 0, 0
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
