package edge

import (
	"context"
	"time"

	"scaip/internal/media"
)

// write sends what waits in the queue, each time all of it as one message, and closes the connection at the end.
func (s *socket) write() {
	var b media.Batch
	for {
		select {
		case <-s.closed:
			s.say(&b)
			_ = s.conn.Close(s.code, s.reason)
			return
		case <-s.queue.Ready():
		}
		for s.open() && s.queue.Take(&b) {
			if !s.send(&b) {
				s.conn.CloseNow() // ends the reader, which closes the socket
				<-s.closed
				return
			}
		}
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

// send writes one message and notes how long its frames took.
func (s *socket) send(b *media.Batch) bool {
	c := &s.e.counters
	s.setWriting(s.e.mono())
	err := s.conn.Write(context.Background(), !b.Text, b.Data)
	s.setWriting(0)
	if err != nil {
		return false
	}
	if s.viewer != nil {
		s.viewer.Sent.Add(uint64(len(b.Data)))
	}
	c.messages.Add(1)
	c.bytesOut.Add(uint64(len(b.Data)))
	c.framesOut.Add(uint64(b.Frames))
	now := s.e.mono()
	for _, at := range b.Received {
		if at != 0 {
			c.latency.Add(time.Duration(now - at))
		}
	}
	return true
}
