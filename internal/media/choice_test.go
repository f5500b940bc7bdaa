package media

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func someDemand(t *rapid.T) Demand {
	d := Demand{
		Want:   Choice{int8(rapid.IntRange(-1, Renditions-1).Draw(t, "rendition")), Steps(rapid.IntRange(int(Base), int(Whole)).Draw(t, "steps"))},
		Weight: rapid.IntRange(0, 5).Draw(t, "weight"),
	}
	for r := range Renditions {
		if rapid.IntRange(0, 3).Draw(t, "there") == 0 {
			continue
		}
		cost := 0.0
		for s := range d.Costs[r] {
			cost += rapid.Float64Range(0, 500e3).Draw(t, "cost")
			d.Costs[r][s] = cost
		}
	}
	return d
}

// TestAllotProperties: never above the budget, never above what is wanted, and without a bound all that can be had.
func TestAllotProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		demands := rapid.SliceOfN(rapid.Custom(someDemand), 0, 8).Draw(t, "demands")
		budget := rapid.Float64Range(0, 4e6).Draw(t, "budget")
		chosen := Allot(budget, demands, nil)
		spent := 0.0
		for i, c := range chosen {
			d := &demands[i]
			spent += d.cost(c)
			if c.Rendition > d.Want.Rendition || c.Rendition != None && c.Steps > d.Want.Steps {
				t.Fatalf("%+v of %+v", c, d.Want)
			}
			if c.Rendition != None && d.cost(c) == 0 {
				t.Fatalf("%+v has no cost", c)
			}
		}
		if len(chosen) != len(demands) || spent > budget+1e-6 {
			t.Fatalf("%d choices cost %v of %v", len(chosen), spent, budget)
		}
		for i := range chosen { // what is still off could not be afforded
			if ladder := demands[i].ladder(nil); chosen[i].Rendition == None && len(ladder) > 1 && spent+demands[i].cost(ladder[1]) <= budget {
				t.Fatalf("track %d is off although %v of %v is left", i, budget-spent, budget)
			}
		}
		for i, c := range Allot(1e12, demands, nil) {
			if ladder := demands[i].ladder(nil); c != ladder[len(ladder)-1] {
				t.Fatalf("without a bound track %d gets %+v of %+v", i, c, ladder)
			}
		}
	})
}

func TestAllotOrder(t *testing.T) {
	camera := func(want Choice, weight int) Demand {
		return Demand{Want: want, Weight: weight, Costs: [Renditions]Costs{nominal(0), nominal(1), nominal(2)}}
	}
	two := []Demand{camera(Choice{2, Whole}, 2), camera(Choice{0, Whole}, 0)}
	for _, c := range []struct {
		budget float64
		want   []Choice
	}{
		{3e6, []Choice{{2, Whole}, {0, Whole}}},
		{1.3e6, []Choice{{2, Half}, {0, Whole}}},
		{700e3, []Choice{{1, Whole}, {0, Whole}}},
		{550e3, []Choice{{1, Half}, {0, Whole}}},
		{300e3, []Choice{{0, Whole}, {0, Whole}}},
		{230e3, []Choice{{0, Half}, {0, Half}}},
		{100e3, []Choice{{0, Base}, {0, Keys}}},
		{60e3, []Choice{{0, Keys}, {0, Keys}}},
		{40e3, []Choice{{0, Keys}, {Rendition: None}}},
		{10e3, []Choice{{Rendition: None}, {Rendition: None}}},
	} {
		t.Run(fmt.Sprint(c.budget), func(t *testing.T) {
			if got := Allot(c.budget, two, nil); !slices.Equal(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}
