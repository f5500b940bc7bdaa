package media

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// trace is a line whose capacity changes, and what waits before it.
type trace struct {
	line    Line
	now     int64
	waiting float64 // bits
	sent    float64 // bits
	cuts    int
	lag     time.Duration
}

// run lets the line carry `carries` bit/s for a time, with a sender who gives what the budget allows of wanted, in steps.
func (r *trace) run(d time.Duration, carries, wanted float64) {
	for end := r.now + int64(d); r.now < end; r.now += int64(SteerEvery) {
		give := wanted
		if b, bounded := r.line.Budget(); bounded {
			give = min(wanted, b)
		}
		dt := SteerEvery.Seconds()
		r.waiting += give * dt
		out := min(r.waiting, carries*dt)
		r.waiting -= out
		r.sent += out
		r.lag = min(time.Duration(r.waiting/carries*1e9), r.lag+SteerEvery) // nothing ages faster than time passes
		if r.line.Sample(r.now, r.lag, uint64(r.sent/8), wanted) {
			r.cuts++
			r.waiting = 0 // what waits is dropped
		}
	}
}

func TestLineFindsItsBound(t *testing.T) {
	for _, carries := range []float64{100e3, 300e3, 1e6, 5e6} {
		t.Run(fmt.Sprint(carries), func(t *testing.T) {
			r := &trace{now: 1}
			r.run(20*time.Second, 20e6, 8e6)
			if _, bounded := r.line.Budget(); bounded || r.cuts > 0 {
				t.Fatal("a good line has a bound")
			}
			r.run(20*time.Second, carries, 8e6)
			if b, bounded := r.line.Budget(); !bounded || b > 1.2*carries || b < carries/4 {
				t.Errorf("after 20 s the budget is %v of %v", b, carries)
			}
			before := r.cuts
			r.run(5*time.Minute, carries, 8e6)
			if more := r.cuts - before; more > 12 {
				t.Errorf("%d more cuts in five minutes", more)
			}
			if b, _ := r.line.Budget(); b < carries/2 {
				t.Errorf("in the end %v of %v are used", b, carries)
			}
			r.run(3*time.Minute, 20e6, 8e6)
			if b, bounded := r.line.Budget(); bounded {
				t.Errorf("when the line is good again the budget is %v", b)
			}
		})
	}
}

// A stall that passes changes nothing; a bound that was found while little was sent is soon left behind.
func TestLineForgivesAHiccup(t *testing.T) {
	r := &trace{now: 1}
	r.run(5*time.Second, 20e6, 140e3)
	r.run(400*time.Millisecond, 1, 140e3)
	r.run(5*time.Second, 20e6, 140e3)
	if r.cuts > 0 {
		t.Errorf("%d cuts after a stall of 0.4 s", r.cuts)
	}
	r.run(2*time.Second, 1000, 140e3)
	if r.cuts == 0 {
		t.Error("a stall of 2 s is not noticed")
	}
	r.run(12*time.Second, 20e6, 1500e3)
	if b, bounded := r.line.Budget(); bounded {
		t.Errorf("12 s after it the budget is %v", b)
	}
}

// TestLineProperties: over any trace, the lag stays bounded when the line changes at most every few seconds, a line that carries everything from
// some time on gets everything, and the budget is never below the floor.
func TestLineProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := &trace{now: 1}
		wanted := rapid.Float64Range(100e3, 8e6).Draw(t, "wanted")
		for range rapid.IntRange(1, 8).Draw(t, "changes") {
			r.run(time.Duration(rapid.IntRange(5, 60).Draw(t, "seconds"))*time.Second, rapid.Float64Range(60e3, 10e6).Draw(t, "carries"), wanted)
			if r.lag > lineHigh+linePersist+2*SteerEvery {
				t.Fatalf("after at least 5 s the viewer lags %v", r.lag)
			}
			if b, bounded := r.line.Budget(); bounded && b < lineFloor {
				t.Fatalf("the budget is %v", b)
			}
		}
		r.run(4*time.Minute, 1.5*wanted+1e6, wanted)
		if b, bounded := r.line.Budget(); bounded {
			t.Fatalf("the line carries all, and the budget is %v of %v", b, wanted)
		}
	})
}
