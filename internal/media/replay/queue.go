package replay

// queue sorts frames by time: a binary heap. Frames of one track never overtake each other, since their times ascend. (container/heap would box
// each frame twice.)
type queue struct {
	items []item
	bytes int
}

// before is the order of frames. Equal times are in a fixed order, so that equal records make equal files: of one moment's pictures the largest first.
func before(a, b *item) bool {
	if a.pts != b.pts {
		return a.pts < b.pts
	}
	if a.stream.kind != b.stream.kind {
		return a.stream.kind < b.stream.kind
	}
	if x, y := a.config.area(), b.config.area(); x != y {
		return x > y
	}
	return a.order < b.order
}

func (q *queue) push(it item) {
	q.bytes += it.size()
	q.items = append(q.items, it)
	h := q.items
	i := len(h) - 1
	for i > 0 {
		up := (i - 1) / 2
		if !before(&it, &h[up]) {
			break
		}
		h[i] = h[up]
		i = up
	}
	h[i] = it
}

func (q *queue) pop() item {
	h := q.items
	top, n := h[0], len(h)-1
	last := h[n]
	h[n] = item{}
	q.items = h[:n]
	q.bytes -= top.size()
	if n == 0 {
		return top
	}
	i := 0
	for {
		down := 2*i + 1
		if down >= n {
			break
		}
		if down+1 < n && before(&h[down+1], &h[down]) {
			down++
		}
		if !before(&h[down], &last) {
			break
		}
		h[i] = h[down]
		i = down
	}
	h[i] = last
	return top
}
