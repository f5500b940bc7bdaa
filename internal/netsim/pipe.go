package netsim

import (
	"context"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"time"
)

// conn is a connection through the line.
type conn struct {
	line      *Line
	near, far net.Conn
	number    uint64
	ctx       context.Context // ends with the connection; its goroutines are nobody else's
	cancel    context.CancelFunc
	dead      sync.Once
	cut       chan struct{} // closed: nothing passes any more
}

// fit makes the kernel's buffers small, so that they hide no more of the line than its own buffer. The caller holds Line.mu.
func (c *conn) fit(p Profile) {
	if p.Rate <= 0 {
		return
	}
	for _, end := range []net.Conn{c.near, c.far} {
		if tcp, ok := end.(*net.TCPConn); ok {
			_ = tcp.SetReadBuffer(p.buffer())
		}
	}
}

func (c *conn) close() {
	c.cancel()
	_ = c.near.Close()
}

// whenUp waits until the line is up and reports whether the connection still is.
func (c *conn) whenUp() bool {
	_, up := c.line.state()
	select {
	case <-up:
	case <-c.ctx.Done():
		return false
	}
	select {
	case <-c.cut: // for good
		<-c.ctx.Done()
		return false
	default:
		return c.ctx.Err() == nil
	}
}

// pipe is one direction of a connection.
type pipe struct {
	conn      *conn
	direction int
	from, to  net.Conn
	random    *rand.Rand

	full, wake chan struct{} // to read: there may be room; to write: there may be something
	mu         sync.Mutex
	waiting    []chunk
	bytes      int
	done       bool // read has ended
	last       time.Time
}

type chunk struct {
	data []byte
	due  time.Time
}

// read takes segments as long as there is room before the line.
func (p *pipe) read() {
	defer p.finish()
	buf := make([]byte, segment)
	for {
		for !p.room() {
			select {
			case <-p.full:
			case <-p.conn.ctx.Done():
				return
			}
		}
		n, err := p.from.Read(buf)
		if n > 0 {
			p.add(append([]byte(nil), buf[:n]...))
		}
		if err != nil {
			if err != io.EOF {
				p.conn.close()
			}
			return
		}
	}
}

func (p *pipe) room() bool {
	profile, _ := p.conn.line.state()
	limit := profile.buffer()
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.bytes < limit
}

func (p *pipe) add(data []byte) {
	due, profile := p.conn.line.due(p.direction, len(data), time.Now())
	if profile.Jitter > 0 {
		due = due.Add(time.Duration(p.random.Int64N(int64(profile.Jitter) + 1)))
	}
	for resend := max(2*profile.Delay, leastResend); profile.Loss > 0 && p.random.Float64() < profile.Loss; resend *= 2 {
		due = due.Add(resend) // the next segments' acknowledgements tell the sender a round trip later; then they come later each time
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if due.Before(p.last) {
		due = p.last // in order
	}
	p.last = due
	p.waiting = append(p.waiting, chunk{data, due})
	p.bytes += len(data)
	nudge(p.wake)
}

func (p *pipe) finish() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done = true
	nudge(p.wake)
}

// write brings each segment to the other end when it is due and the line is up, and then the end of the stream.
func (p *pipe) write() {
	for {
		c, some, done := p.first()
		switch {
		case some:
		case done:
			if tcp, ok := p.to.(*net.TCPConn); ok {
				_ = tcp.CloseWrite()
			}
			return
		default:
			select {
			case <-p.wake:
				continue
			case <-p.conn.ctx.Done():
				return
			}
		}
		if !wait(p.conn.ctx, time.Until(c.due)) || !p.conn.whenUp() {
			return
		}
		if _, err := p.to.Write(c.data); err != nil {
			p.conn.close()
			return
		}
		p.sent(len(c.data))
	}
}

func (p *pipe) first() (c chunk, some, done bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.waiting) == 0 {
		return chunk{}, false, p.done
	}
	return p.waiting[0], true, false
}

func (p *pipe) sent(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waiting[0] = chunk{}
	p.waiting = p.waiting[1:]
	p.bytes -= n
	nudge(p.full)
}

func nudge(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default: // it knows already
	}
}

func wait(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
