package edge

import (
	"context"
	"time"

	"scaip/internal/media"
)

// write waits until there is something that flush did not write, writes it, and closes the connection at the end.
func (s *socket) write() {
	var b media.Batch
	for {
		select {
		case <-s.closed:
			s.out.Lock()
			s.say(&b)
			s.out.Unlock()
			_ = s.conn.Close(s.code, s.reason)
			return
		case <-s.queue.Ready():
		}
		if !s.writeAll(&b) {
			s.conn.CloseNow() // ends the reader, which closes the socket
			<-s.closed
			return
		}
	}
}

// writeAll writes what waits, each time all of it as one message, and waits for the network. false: the connection is broken.
func (s *socket) writeAll(b *media.Batch) bool {
	s.out.Lock()
	defer s.out.Unlock()
	for {
		if !s.drain() {
			return false
		}
		if !s.open() || !s.queue.Take(b) {
			return true
		}
		if !s.send(b) {
			return false
		}
	}
}

// drain waits until the network has taken what was written.
func (s *socket) drain() bool {
	if s.conn.Waits() {
		s.setWriting(s.e.mono())
		defer s.setWriting(0)
	}
	if s.conn.Drain() != nil {
		return false
	}
	s.gone()
	return true
}

// flush writes what waits as far as the network takes it at once, and leaves the rest to the writer. It does not wait: who delivers to all calls it.
func (s *socket) flush(b *media.Batch) {
	if !s.out.TryLock() { // the writer is at it
		s.queue.Wake()
		return
	}
	defer s.out.Unlock()
	for s.open() && !s.conn.Waits() && s.queue.Take(b) {
		if !s.send(b) {
			s.queue.Wake() // the writer finds out
			return
		}
	}
	if s.conn.Waits() {
		s.queue.Wake()
	}
}

func (s *socket) open() bool {
	select {
	case <-s.closed:
		return false
	default:
		return true
	}
}

// say sends the replies that wait, such as why it closes, but no more frames.
func (s *socket) say(b *media.Batch) {
	for s.queue.TakeReply(b) && s.send(b) {
	}
}

func (s *socket) setWriting(since int64) {
	s.writing.Store(since)
	if s.viewer != nil {
		s.viewer.Writing.Store(since)
	}
}

// send writes one message. The caller holds s.out.
func (s *socket) send(b *media.Batch) bool {
	if !s.conn.NoWait() {
		s.setWriting(s.e.mono())
		defer s.setWriting(0)
	}
	if s.conn.Write(context.Background(), !b.Text, b.Data) != nil {
		return false
	}
	s.bytes += len(b.Data)
	s.frames += b.Frames
	s.received = append(s.received, b.Received...)
	s.e.counters.messages.Add(1)
	if !s.conn.Waits() {
		s.gone()
	}
	return true
}

// gone counts what the network has taken, and how long its frames took to there. The caller holds s.out.
func (s *socket) gone() {
	if s.bytes == 0 {
		return
	}
	c := &s.e.counters
	if s.viewer != nil {
		s.viewer.Sent.Add(uint64(s.bytes))
	}
	c.bytesOut.Add(uint64(s.bytes))
	c.framesOut.Add(uint64(s.frames))
	now := s.e.mono()
	for _, at := range s.received {
		if at != 0 {
			c.latency.Add(time.Duration(now - at))
		}
	}
	s.bytes, s.frames, s.received = 0, 0, s.received[:0]
}
