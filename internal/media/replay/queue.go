package replay

import "container/heap"

// queue sorts frames by time: a heap. Frames of one track never overtake each other, since their times ascend.
type queue struct {
	items heapItems
	bytes int
}

func (q *queue) push(it item) {
	q.bytes += it.size()
	heap.Push(&q.items, it)
}

func (q *queue) pop() item {
	it := heap.Pop(&q.items).(item)
	q.bytes -= it.size()
	return it
}

// heapItems is a heap.Interface. Equal times are in a fixed order, so that equal records make equal files.
type heapItems []item

func (h heapItems) Len() int { return len(h) }
func (h heapItems) Less(i, j int) bool {
	a, b := h[i], h[j]
	if a.pts != b.pts {
		return a.pts < b.pts
	}
	if a.stream.kind != b.stream.kind {
		return a.stream.kind < b.stream.kind
	}
	return a.order < b.order
}
func (h heapItems) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *heapItems) Push(x any)   { *h = append(*h, x.(item)) }
func (h *heapItems) Pop() any {
	old := *h
	n := len(old) - 1
	it := old[n]
	old[n] = item{}
	*h = old[:n]
	return it
}
