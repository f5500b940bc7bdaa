package memstore

import (
	"hash/maphash"
	"strings"
)

// A node is a persistent treap (Seidel and Aragon, Randomized Search Trees, 1996): a search tree by key and a heap by prio, the hash of
// the key, so that its shape depends on its keys alone and its depth is logarithmic. Nodes are never changed, a change copies the path to
// the root: who holds a root holds a snapshot.
type node struct {
	key         string
	value       []byte
	prio        uint64
	left, right *node
}

// get returns the node of key, or nil.
func (n *node) get(key string) *node {
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

// put returns the tree with key set to value.
func (n *node) put(seed maphash.Seed, key string, value []byte) *node {
	less, _, more := n.split(key)
	return join(join(less, &node{key: key, value: value, prio: maphash.String(seed, key)}), more)
}

// remove returns the tree without key.
func (n *node) remove(key string) *node {
	if n.get(key) == nil {
		return n
	}
	less, _, more := n.split(key)
	return join(less, more)
}

// split returns the trees of the keys below and above key, and key's own node if there is one.
func (n *node) split(key string) (less, equal, more *node) {
	if n == nil {
		return nil, nil, nil
	}
	c := *n
	switch cmp := strings.Compare(key, n.key); {
	case cmp < 0:
		less, equal, c.left = n.left.split(key)
		return less, equal, &c
	case cmp > 0:
		c.right, equal, more = n.right.split(key)
		return &c, equal, more
	}
	return n.left, n, n.right
}

// join returns the tree of a and b, where all keys of a are below those of b.
func join(a, b *node) *node {
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
func (n *node) ascend(lo, hi string, yield func(*node) bool) bool {
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
		if !yield(n) {
			return false
		}
	}
	return n.right.ascend(lo, hi, yield)
}

// descend is ascend from the end.
func (n *node) descend(lo, hi string, yield func(*node) bool) bool {
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
		if !yield(n) {
			return false
		}
	}
	return n.left.descend(lo, hi, yield)
}
