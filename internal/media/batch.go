package media

import "time"

// Batch is one socket message taken from a Queue: a text message, or the frames that waited, as many as fit. It is
// valid until the next Take into it.
type Batch struct {
	Text     bool
	Data     []byte
	Frames   int     // in Data; 0 of a text
	Received []int64 // Item.Received of each frame

	buf []byte
}

// Take moves what waits into b, as one message, and reports whether there was anything. A single frame is not copied.
func (q *Queue) Take(b *Batch) bool {
	if cap(b.buf) > keepBuffer {
		b.buf = nil
	}
	b.Received, b.Frames = b.Received[:0], 0
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.control) > 0 {
		b.Text, b.Data = true, q.control[0]
		q.control = append(q.control[:0], q.control[1:]...)
		return true
	}
	n, size := q.fitting()
	if n == 0 {
		return false
	}
	first := &q.items[q.head]
	b.Text, b.Data = first.Text, first.Bytes
	if n > 1 {
		b.buf = b.buf[:0]
		if cap(b.buf) < size {
			b.buf = make([]byte, 0, max(size, 4096))
		}
	}
	for i := q.head; i < q.head+n; i++ {
		e := &q.items[i]
		if e.counted {
			q.bytes -= len(e.Bytes)
		}
		if !e.Text {
			b.Frames++
			b.Received = append(b.Received, e.Received)
		}
		if n > 1 {
			b.buf = append(b.buf, e.Bytes...)
		}
		*e = entry{} // the frame's memory must not wait for the slot to be used again
	}
	if n > 1 {
		b.Data = b.buf
	}
	if q.head += n; q.head == len(q.items) {
		q.items, q.head = q.items[:0], 0
	}
	return true
}

// fitting says how many of the first items make one message, and its size.
func (q *Queue) fitting() (n, size int) {
	for i := q.head; i < len(q.items); i++ {
		e := &q.items[i]
		if n > 0 && (e.Text || q.items[q.head].Text || size+len(e.Bytes) > maxBatch) {
			break
		}
		n++
		size += len(e.Bytes)
	}
	return n, size
}

// Lag is how far the viewer is behind: the age of the oldest frame that waits.
func (q *Queue) Lag(now int64) time.Duration {
	q.mu.Lock()
	defer q.mu.Unlock()
	if old := q.oldest(); old != nil {
		return time.Duration(now - old.at)
	}
	return 0
}

// Dropped counts what the policy has dropped.
func (q *Queue) Dropped() uint64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.dropped
}

// TakeReply is Take for the replies to the client only.
func (q *Queue) TakeReply(b *Batch) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	b.Received, b.Frames = b.Received[:0], 0
	if len(q.control) == 0 {
		return false
	}
	b.Text, b.Data = true, q.control[0]
	q.control = append(q.control[:0], q.control[1:]...)
	return true
}
