package gateway

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"scaip/internal/event"
	"scaip/internal/services"
	"scaip/internal/ws"
)

// Bounds of what waits for a client. One who is behind more than that is closed and resumes, which costs the others nothing.
const (
	maxQueue      = 1024    // messages
	maxQueueBytes = 1 << 20 // bytes
	keepQueue     = 32      // places that an empty queue keeps
	pingEvery     = 30 * time.Second
)

// conn is a connection. Three goroutines belong to it: the reader (Gateway.read), the writer and the watch; each ends when shut is called
// or the connection breaks.
type conn struct {
	sock    *ws.Conn
	session services.Session
	id      string
	slow    *atomic.Int64 // of the gateway: clients closed for being too slow

	// Of the gateway, guarded by its mutex.
	live  bool              // events are offered as they come; else the writer still reads the window
	at    int64             // offset up to which the window has been read, while not live
	above map[string]uint64 // by origin: events up to this Seq are known to the client; nil: none are

	rate   *rate.Limiter // of the user; set by attach
	breaks int           // of the reader

	once   sync.Once
	stop   context.CancelFunc
	code   int // of the close, and its reason: set before stop
	reason string

	mu    sync.Mutex // guards the queue
	queue [][]byte   // from head on
	head  int
	bytes int
	wake  chan struct{} // has an element when the queue may be non-empty
}

func (g *Gateway) newConn(sock *ws.Conn, s services.Session, stop context.CancelFunc) *conn {
	return &conn{sock: sock, session: s, id: randomID(), slow: &g.slow, stop: stop, wake: make(chan struct{}, 1)}
}

// offer puts a message, which is not changed any more, into the queue. A client for whom there is no room is closed.
func (c *conn) offer(msg []byte) {
	c.mu.Lock()
	room := len(c.queue)-c.head < maxQueue && c.bytes+len(msg) <= maxQueueBytes
	if room {
		if len(c.queue) == cap(c.queue) && c.head > 0 { // move down rather than grow
			n := copy(c.queue, c.queue[c.head:])
			clear(c.queue[n:])
			c.queue, c.head = c.queue[:n], 0
		}
		c.queue = append(c.queue, msg)
		c.bytes += len(msg)
	}
	c.mu.Unlock()
	if !room {
		c.tooSlow()
		return
	}
	select {
	case c.wake <- struct{}{}:
	default: // it is awake
	}
}

// take removes and returns the oldest message of the queue.
func (c *conn) take() ([]byte, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.head == len(c.queue) {
		return nil, false
	}
	msg := c.queue[c.head]
	c.queue[c.head] = nil
	c.head++
	if c.head == len(c.queue) {
		c.queue, c.head = c.queue[:0], 0
		if cap(c.queue) > keepQueue {
			c.queue = nil
		}
	}
	c.bytes -= len(msg)
	return msg, true
}

// shut has the connection closed with code and reason. Only the first call counts. It does not wait.
func (c *conn) shut(code int, reason string) {
	c.once.Do(func() {
		c.code, c.reason = code, reason
		c.stop()
	})
}

// tooSlow has the connection closed because the client does not keep up.
func (c *conn) tooSlow() {
	c.once.Do(func() {
		c.slow.Add(1)
		c.code, c.reason = ws.TryLater, "too slow"
		c.stop()
	})
}

// write sends what is in the queue and, as long as the connection is not live, what catchUp finds in the window. What is in the queue goes first:
// the hello is there, and events only once catchUp has ended.
func (c *conn) write(ctx context.Context, catchUp func() [][]byte) {
	send := func(msg []byte) bool {
		if ctx.Err() != nil {
			return false
		}
		if err := c.sock.Write(context.Background(), false, msg); err != nil { // ends when watch closes the connection
			c.shut(ws.Normal, "")
			return false
		}
		return true
	}
	for behind := true; ; {
		for msg, ok := c.take(); ok; msg, ok = c.take() {
			if !send(msg) {
				return
			}
		}
		if behind {
			msgs := catchUp()
			behind = msgs != nil
			for _, msg := range msgs {
				if !send(msg) {
					return
				}
			}
			continue
		}
		select {
		case <-c.wake:
		case <-ctx.Done():
			return
		}
	}
}

// watch closes the connection when shut was called (within a second, whatever the writer is at), when the session expires, and when the
// peer does not answer pings.
func (c *conn) watch(ctx context.Context, life, every time.Duration) {
	expired := time.NewTimer(life)
	defer expired.Stop()
	ping := time.NewTicker(every)
	defer ping.Stop()
	for {
		select {
		case <-ctx.Done():
			_ = c.sock.Close(c.code, c.reason) // an error: the peer was faster
			return
		case <-expired.C:
			c.shut(ws.Policy, "expired")
		case <-ping.C:
			pong, cancel := context.WithTimeout(ctx, every)
			err := c.sock.Ping(pong)
			cancel()
			if err != nil {
				c.shut(ws.Normal, "")
			}
		}
	}
}

// refuse tells the client that what it sent was refused at the door.
func (c *conn) refuse(id string, ref event.Refusal) {
	c.offer(encode(refusedMessage{refused{ID: id, Refusal: ref}}))
}
