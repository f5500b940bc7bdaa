// Package treap is a persistent ordered map of strings: who holds a tree holds a snapshot, a change makes a new tree that shares
// all but a path with the old one.
//
// It is a treap (Seidel and Aragon, Randomized Search Trees, 1996): a search tree by key and a heap by a hash of the key, so that its
// shape depends on its keys alone and its depth is logarithmic.
package treap

import (
	"hash/maphash"
	"iter"
	"strings"
)

// A Tree is a map from strings to V. The zero value is empty. It is never changed, and may be read from any goroutine.
type Tree[V any] struct {
	seed maphash.Seed
	root *node[V]
}

// Empty reports whether t holds nothing.
func (t Tree[V]) Empty() bool { return t.root == nil }

// Get returns the value of key, or false.
func (t Tree[V]) Get(key string) (v V, ok bool) {
	if n := t.root.get(key); n != nil {
		return n.value, true
	}
	return v, false
}

// Put returns the tree with key set to value.
func (t Tree[V]) Put(key string, value V) Tree[V] {
	if t.root == nil {
		t.seed = maphash.MakeSeed()
	}
	less, more := t.root.split(key)
	mid := &node[V]{key: key, value: value, prio: maphash.String(t.seed, key)}
	return Tree[V]{t.seed, join(join(less, mid), more)}
}

// Delete returns the tree without key.
func (t Tree[V]) Delete(key string) Tree[V] {
	if t.root.get(key) == nil {
		return t
	}
	less, more := t.root.split(key)
	return Tree[V]{t.seed, join(less, more)}
}

// Scan yields the entries with lo ≤ key < hi (hi "": no bound) in order, from the end if reverse.
func (t Tree[V]) Scan(lo, hi string, reverse bool) iter.Seq2[string, V] {
	return func(yield func(string, V) bool) {
		if reverse {
			t.root.descend(lo, hi, yield)
			return
		}
		t.root.ascend(lo, hi, yield)
	}
}

// A node is never changed: a change copies the path from the root to it.
type node[V any] struct {
	key         string
	value       V
	prio        uint64
	left, right *node[V]
}

// get returns the node of key, or nil.
func (n *node[V]) get(key string) *node[V] {
	for n != nil {
		switch c := strings.Compare(key, n.key); {
		case c < 0:
			n = n.left
		case c > 0:
			n = n.right
		default:
			return n
		}
	}
	return nil
}

// split returns the trees of the keys below and above key; key's own node is in neither.
func (n *node[V]) split(key string) (less, more *node[V]) {
	if n == nil {
		return nil, nil
	}
	c := *n
	switch cmp := strings.Compare(key, n.key); {
	case cmp < 0:
		less, c.left = n.left.split(key)
		return less, &c
	case cmp > 0:
		c.right, more = n.right.split(key)
		return &c, more
	}
	return n.left, n.right
}

// join returns the tree of a and b, where all keys of a are below those of b.
func join[V any](a, b *node[V]) *node[V] {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	case a.prio >= b.prio:
		c := *a
		c.right = join(a.right, b)
		return &c
	default:
		c := *b
		c.left = join(a, b.left)
		return &c
	}
}

// ascend yields the nodes with lo ≤ key < hi (hi "": no bound) in order until yield returns false; it returns false then.
func (n *node[V]) ascend(lo, hi string, yield func(string, V) bool) bool {
	if n == nil {
		return true
	}
	if n.key >= lo {
		if !n.left.ascend(lo, hi, yield) {
			return false
		}
		if hi != "" && n.key >= hi {
			return true
		}
		if !yield(n.key, n.value) {
			return false
		}
	}
	return n.right.ascend(lo, hi, yield)
}

// descend is ascend from the end.
func (n *node[V]) descend(lo, hi string, yield func(string, V) bool) bool {
	if n == nil {
		return true
	}
	if hi == "" || n.key < hi {
		if !n.right.descend(lo, hi, yield) {
			return false
		}
		if n.key < lo {
			return true
		}
		if !yield(n.key, n.value) {
			return false
		}
	}
	return n.left.descend(lo, hi, yield)
}
