package media

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// trace is a line whose capacity changes: what waits before it where it can be dropped, what is on its way, which can't, a viewer who reports once
// a second, and a machine that may be busy: then nothing moves for a while, and what the viewer says is late by that.
type trace struct {
	line    Line
	now     int64
	waiting float64 // bits
	inside  float64 // bits
	sent    float64 // bits
	cuts    int
	lag     time.Duration
	held    time.Duration // as the line sees it

	busy    *rand.Rand       // nil: the machine has time
	stalled time.Duration    // so long nothing moves yet
	told    [2]time.Duration // in the last two reports
	least   time.Duration    // since then
	report  int64            // when it was
}

const buffered = 16 << 13 // bits: of what is sent, so much is in the kernel and on the way

// run lets the line carry `carries` bit/s for a time, with a sender who gives what the budget allows of wanted, in steps.
func (r *trace) run(d time.Duration, carries, wanted float64) {
	for end := r.now + int64(d); r.now < end; r.now += int64(SteerEvery) {
		give := wanted
		if b, bounded := r.line.Budget(); bounded {
			give = min(wanted, b)
		}
		dt := SteerEvery.Seconds()
		r.waiting += give * dt
		if out := min(r.inside, carries*dt); !r.stall() {
			r.inside -= out
		}
		in := min(r.waiting, max(carries*dt, buffered)-r.inside)
		r.waiting, r.inside, r.sent = r.waiting-in, r.inside+in, r.sent+in
		r.lag = time.Duration(min((r.inside+r.waiting)/carries, 60) * 1e9)
		own := r.held + SteerEvery
		if r.waiting == 0 && r.stalled == 0 {
			own = 0
		}
		r.held = min(own, time.Duration(min(r.waiting/carries, 60)*1e9)+r.stalled) // nothing ages faster than time passes
		r.reports()
		if r.line.Sample(r.now, Lag{Own: r.held, Told: reported{1, r.told[1], r.told[0]}.lag(1)}, uint64(r.sent/8), wanted) {
			r.cuts++
			b, _ := r.line.Budget()
			r.waiting = 0.3 * b // what waits is dropped, and a key frame comes
			r.told = [2]time.Duration{}
		}
	}
}

// stall says that nothing moves. A busy machine has a stall of up to 0.7 s about every three seconds.
func (r *trace) stall() bool {
	if r.stalled = max(0, r.stalled-SteerEvery); r.busy != nil && r.stalled == 0 && r.busy.IntN(30) == 0 {
		r.stalled = time.Duration(r.busy.IntN(700)) * time.Millisecond
	}
	return r.stalled > 0
}

// reports: a busy viewer finds up to 0.2 s that are his own, and every tenth time up to a second.
func (r *trace) reports() {
	r.least = min(r.least, r.lag+r.stalled)
	if r.now-r.report < int64(time.Second) {
		return
	}
	told := r.least
	if r.busy != nil {
		told += time.Duration(r.busy.IntN(200)) * time.Millisecond
		if r.busy.IntN(10) == 0 {
			told += time.Duration(r.busy.IntN(1000)) * time.Millisecond
		}
	}
	r.told, r.least, r.report = [2]time.Duration{r.told[1], told}, math.MaxInt64, r.now
}

// within runs until the budget is at least enough, and returns how long that took; d if it did not come.
func (r *trace) within(d time.Duration, carries, wanted, enough float64) time.Duration {
	for t := time.Duration(0); t < d; t += SteerEvery {
		if b, bounded := r.line.Budget(); !bounded || b >= enough {
			return t
		}
		r.run(SteerEvery, carries, wanted)
	}
	return d
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
			before, sent, late := r.cuts, r.sent, 0
			const samples = 3000 // five minutes
			for range samples {
				if r.run(SteerEvery, carries, 8e6); r.lag > time.Second+time.Duration(buffered/carries*1e9) {
					late++
				}
			}
			if more := r.cuts - before; more > 60 {
				t.Errorf("%d more cuts in five minutes", more)
			}
			if used := (r.sent - sent) / 300; used < carries/2 {
				t.Errorf("%v of %v are used", used, carries)
			}
			if late > samples/10 {
				t.Errorf("late in %d of %d samples", late, samples)
			}
			if took := r.within(time.Minute, 20e6, 8e6, math.Inf(1)); took > bound(lineFloor, 8e6) {
				t.Errorf("when the line is good again all comes after %v", took)
			}
		})
	}
}

// TestLineTenSeconds: after any time on any narrow line one large picture is back within ten seconds.
func TestLineTenSeconds(t *testing.T) {
	for _, carries := range []float64{60e3, 100e3, 300e3, 600e3} {
		for _, narrow := range []time.Duration{5 * time.Second, 10 * time.Second, time.Minute, 7*time.Minute + 3*time.Second} {
			r := &trace{now: 1}
			r.run(20*time.Second, 20e6, 1500e3)
			r.run(narrow, carries, 1500e3)
			if r.cuts == 0 {
				t.Errorf("%v bit/s are not noticed", carries)
			}
			if took := r.within(time.Minute, 20e6, 1500e3, 1500e3); took > 10*time.Second {
				t.Errorf("after %v of %v bit/s it takes %v", narrow, carries, took)
			}
		}
	}
}

// bound is what Line's comment promises: from a budget until all that is wanted comes.
func bound(budget, wanted float64) time.Duration {
	steps := 2 + math.Ceil(math.Log2(max(1, lineSteps[1]*wanted/budget)))
	return lineMost + time.Duration(steps)*(lineStep+SteerEvery)
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

// TestLineReports: a report that is late is believed when the next one is late too, and then once; the budget does not fall to the floor by it.
func TestLineReports(t *testing.T) {
	s := newStage()
	v := s.Join(2)
	for r := range Renditions {
		s.give(layer("config", 4, r, 0))
	}
	s.give(layer("key", 4, 0, 1))
	wanted := nominal(2)[Whole]
	for seconds, want := range []bool{false, true, true} { // whether there is a bound
		s.Reported(v, map[uint16]time.Duration{4: time.Second})
		for range 10 {
			shown(t, v)
			s.wait(SteerEvery)
			s.steer()
		}
		got, bounded := v.line.Budget()
		if bounded != want || bounded && got < wanted/lineTold {
			t.Errorf("after %d late reports the budget is %v", seconds+1, got)
		}
	}
}

// TestLineComesBack: whatever the line was like before, and however busy the machine was, it is left behind within the bound once all is
// well; and while the machine is busy still, most of the time all comes.
func TestLineComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.Uint64().Draw(t, "seed")
		r := &trace{now: 1, busy: rand.New(rand.NewPCG(seed, 1))}
		wanted := rapid.Float64Range(100e3, 8e6).Draw(t, "wanted")
		for range rapid.IntRange(1, 6).Draw(t, "changes") {
			r.run(time.Duration(rapid.IntRange(1, 40).Draw(t, "seconds"))*time.Second, rapid.Float64Range(60e3, 10e6).Draw(t, "carries"), wanted)
		}
		wide := 2*wanted + 20e6
		if rapid.Bool().Draw(t, "the machine is busy still") {
			r.within(time.Minute, wide, wanted, wanted)
			good := 0
			const samples = 1200 // two minutes
			for range samples {
				r.run(SteerEvery, wide, wanted)
				if b, bounded := r.line.Budget(); !bounded || b >= wanted {
					good++
				}
			}
			if good < samples/2 {
				t.Fatalf("on a busy machine all comes in %d of %d samples", good, samples)
			}
			return
		}
		r.busy = nil
		r.run(2*time.Second, wide, wanted) // what waits and what was told is of before
		b, _ := r.line.Budget()
		if took := r.within(time.Minute, wide, wanted, math.Inf(1)); took > bound(max(b, lineFloor), wanted) {
			t.Fatalf("from %v of %v it takes %v", b, wanted, took)
		}
	})
}

// TestLineProperties: over any trace, the lag stays bounded when the line changes at most every few seconds, and the budget is never below the
// floor.
func TestLineProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := &trace{now: 1}
		wanted := rapid.Float64Range(100e3, 8e6).Draw(t, "wanted")
		for range rapid.IntRange(1, 8).Draw(t, "changes") {
			carries := rapid.Float64Range(60e3, 10e6).Draw(t, "carries")
			r.run(time.Duration(rapid.IntRange(8, 60).Draw(t, "seconds"))*time.Second, carries, wanted)
			if most := lineHigh + linePersist + lineSettle + 3*SteerEvery; r.held > most {
				t.Fatalf("after at least 8 s what waits is %v old", r.held)
			}
			if b, bounded := r.line.Budget(); bounded && b < lineFloor {
				t.Fatalf("the budget is %v", b)
			}
		}
	})
}
