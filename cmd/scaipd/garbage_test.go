package main

import "testing"

// TestGarbage: under load it grows within seconds, and goes back when the load is over.
func TestGarbage(t *testing.T) {
	percent := leastGarbage
	for i, step := range []struct {
		collections uint64
		want        int
	}{{0, 10}, {2, 10}, {3, 20}, {9, 40}, {1, 40}, {9, 80}, {9, 100}, {9, 100}, {2, 100}, {0, 50}, {0, 25}, {0, 12}, {0, 10}, {0, 10}} {
		if percent = garbage(percent, step.collections); percent != step.want {
			t.Fatalf("second %d: %d %% after %d collections, want %d", i, percent, step.collections, step.want)
		}
	}
}
