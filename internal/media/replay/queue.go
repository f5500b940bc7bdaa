package replay

// queue sorts frames by time. Those of one rendition of a track come in order (judge.follows), so each has a line of its own, and the first frames of the
// lines are a heap: what a frame costs depends on how many send, not on how much waits.
type queue struct {
	heads []head // of the lines that are not empty
	bytes int
}

// head is a line and the time of its first frame.
type head struct {
	pts  int64
	line *line
}

// line is a first-in-first-out list.
type line struct {
	items []item
	first int // in items; those before it are gone
}

func (l *line) push(it item) {
	if len(l.items) == cap(l.items) && l.first > len(l.items)/2 { // rather than grow
		n := copy(l.items, l.items[l.first:])
		clear(l.items[n:])
		l.items, l.first = l.items[:n], 0
	}
	l.items = append(l.items, it)
}

func (l *line) empty() bool { return l.first == len(l.items) }

func (l *line) pop() item {
	it := l.items[l.first]
	l.items[l.first] = item{} // its memory must not wait for the place to be used again
	if l.first++; l.empty() {
		l.items, l.first = l.items[:0], 0
	}
	return it
}

// before is the order of frames. Equal times are in a fixed order, so that equal records make equal files: of one moment's pictures the largest first.
func (h head) before(o head) bool {
	if h.pts != o.pts {
		return h.pts < o.pts
	}
	a, b := &h.line.items[h.line.first], &o.line.items[o.line.first]
	if a.stream.kind != b.stream.kind {
		return a.stream.kind < b.stream.kind
	}
	if x, y := a.config.area(), b.config.area(); x != y {
		return x > y
	}
	return a.order < b.order
}

// push takes a frame that is later than those of its line.
func (q *queue) push(it item) {
	q.bytes += it.size()
	waits := !it.line.empty()
	it.line.push(it)
	if waits {
		return
	}
	h := head{it.pts, it.line}
	q.heads = append(q.heads, h)
	i := len(q.heads) - 1
	for i > 0 {
		up := (i - 1) / 2
		if !h.before(q.heads[up]) {
			break
		}
		q.heads[i] = q.heads[up]
		i = up
	}
	q.heads[i] = h
}

// least is the time of the frame that pop returns; false if there is none.
func (q *queue) least() (pts int64, ok bool) {
	if len(q.heads) == 0 {
		return 0, false
	}
	return q.heads[0].pts, true
}

// pop returns the first frame of all. There must be one.
func (q *queue) pop() item {
	h := q.heads[0]
	it := h.line.pop()
	q.bytes -= it.size()
	if h.line.empty() {
		n := len(q.heads) - 1
		h, q.heads[n] = q.heads[n], head{}
		if q.heads = q.heads[:n]; n == 0 {
			return it
		}
	} else {
		h.pts = h.line.items[h.line.first].pts
	}
	i := 0
	for {
		down := 2*i + 1
		if down >= len(q.heads) {
			break
		}
		if down+1 < len(q.heads) && q.heads[down+1].before(q.heads[down]) {
			down++
		}
		if !q.heads[down].before(h) {
			break
		}
		q.heads[i] = q.heads[down]
		i = down
	}
	q.heads[i] = h
	return it
}
