package media

// Renditions is how many a camera's track may have, by the height of the picture: 180, 360 and 720 lines.
const Renditions = 3

// Want is what a viewer asks for of a track: at most this rendition, and of it the temporal layers up to this one.
type Want struct {
	Rendition uint8 `json:"rendition"`
	Temporal  uint8 `json:"temporal"`
}

// Choice is what of a track goes to a viewer.
type Choice struct {
	Rendition int8 // None: nothing
	Steps     Steps
}

// None is the rendition of a Choice that is no picture.
const None int8 = -1

// Steps say how many of a rendition's frames go out; each includes those before it.
type Steps uint8

// The steps of a rendition.
const (
	Keys  Steps = iota // key frames only
	Base               // temporal layer 0
	Half               // temporal layers 0 and 1
	Whole              // everything
	steps
)

// takes says whether a frame is within the steps.
func (s Steps) takes(it *Item) bool {
	return it.Key || s == Whole || s > Keys && it.Temporal < uint8(s)
}

// stepsOf returns the steps that a want's temporal layer means.
func stepsOf(temporal uint8) Steps {
	return min(Steps(temporal)+Base, Whole)
}

// Costs are what a rendition costs, by Steps, in bit/s; not decreasing. All zero: there is no such rendition.
type Costs [steps]float64

// Demand is a track as the line of one viewer sees it.
type Demand struct {
	Want   Choice
	Costs  [Renditions]Costs
	Weight int // who has more is served first
}

// ladder lists what may be chosen for a demand, from what costs least to what is wanted: first more frames, then a larger picture. The
// first rung is nothing.
func (d *Demand) ladder(dst []Choice) []Choice {
	dst = append(dst, Choice{Rendition: None})
	if d.Want.Rendition == None {
		return dst
	}
	last := 0.0
	for r := int8(0); r <= d.Want.Rendition; r++ {
		from := Half // a larger picture is worth it from half its rate on
		if len(dst) == 1 {
			from = Keys
		}
		for s := from; s <= d.Want.Steps; s++ {
			if cost := d.Costs[r][s]; cost > last {
				dst = append(dst, Choice{r, s})
				last = cost
			}
		}
	}
	return dst
}

func (d *Demand) cost(c Choice) float64 {
	if c.Rendition == None {
		return 0
	}
	return d.Costs[c.Rendition][c.Steps]
}

// Allot divides a line's budget, in bit/s, among the tracks that its viewer wants, and appends the choice of each to dst: together
// they cost no more than the budget, no choice is above its want, and nobody's picture is improved while one that weighs at least as
// much is on a lower rung and could still be improved.
func Allot(budget float64, demands []Demand, dst []Choice) []Choice {
	first := len(dst)
	ladders := make([][]Choice, len(demands))
	rung := make([]int, len(demands))
	done := make([]bool, len(demands))
	for i := range demands {
		ladders[i] = demands[i].ladder(nil)
		dst = append(dst, ladders[i][0])
	}
	chosen := dst[first:]
	spent := 0.0
	for {
		next := -1
		for i := range demands {
			switch {
			case done[i] || rung[i]+1 >= len(ladders[i]):
			case next < 0, rung[i] < rung[next], rung[i] == rung[next] && demands[i].Weight > demands[next].Weight:
				next = i
			}
		}
		if next < 0 {
			return dst
		}
		to := ladders[next][rung[next]+1]
		more := demands[next].cost(to) - demands[next].cost(chosen[next])
		if spent+more > budget {
			done[next] = true
			continue
		}
		spent += more
		rung[next]++
		chosen[next] = to
	}
}
