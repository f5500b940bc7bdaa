package treap

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestTreeIsPersistent(t *testing.T) {
	var trees []Tree[int]
	var models []map[string]int
	tree, model := Tree[int]{}, map[string]int{}
	rnd := rand.New(rand.NewPCG(1, 2))
	for i := range 2000 {
		key := string([]byte{'a' + byte(rnd.IntN(20)), 'a' + byte(rnd.IntN(20))})
		model = maps.Clone(model)
		if rnd.IntN(3) == 0 {
			tree = tree.Delete(key)
			delete(model, key)
		} else {
			tree = tree.Put(key, i)
			model[key] = i
		}
		trees, models = append(trees, tree), append(models, model)
	}
	for i, tree := range trees {
		got := maps.Collect(tree.Scan("", "", false))
		if !maps.Equal(got, models[i]) {
			t.Fatalf("tree %d holds %v, want %v", i, got, models[i])
		}
		var forth, back []string
		for k := range tree.Scan("c", "k", false) {
			forth = append(forth, k)
		}
		for k := range tree.Scan("c", "k", true) {
			back = append(back, k)
		}
		slices.Reverse(back)
		if !slices.IsSorted(forth) || !slices.Equal(forth, back) {
			t.Fatalf("tree %d scans %q forth and %q back", i, forth, back)
		}
		if len(forth) > 0 && (forth[0] < "c" || forth[len(forth)-1] >= "k") {
			t.Fatalf("tree %d scans %q outside of c to k", i, forth)
		}
	}
}

// Keys in order are the worst case of a plain search tree.
func TestTreeStaysShallow(t *testing.T) {
	var tree Tree[int]
	for i := range 10_000 {
		tree = tree.Put(string([]byte{byte(i >> 8), byte(i)}), i)
	}
	var depth func(n *node[int]) int
	depth = func(n *node[int]) int {
		if n == nil {
			return 0
		}
		return 1 + max(depth(n.left), depth(n.right))
	}
	if d := depth(tree.root); d > 60 {
		t.Errorf("10,000 keys lie %d deep, want about 35", d)
	}
}
