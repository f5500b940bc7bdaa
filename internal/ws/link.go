package ws

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"
)

// maxKept is what a connection keeps for a peer that takes nothing: a message being written, and answers to its pings. Beyond it is broken.
const maxKept = 1 << 20

var errDeaf = errors.New("the peer takes nothing")

// NewListener returns l with connections that [Options].NoWait works on, TLS above them or not.
func NewListener(l net.Listener) net.Listener { return listener{l} }

type listener struct{ net.Listener }

func (l listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if tcp, ok := c.(*net.TCPConn); ok && err == nil {
		return &link{TCPConn: tcp}, nil
	}
	return c, err
}

// link is a TCP connection whose Write may be made not to wait: what the kernel does not take at once is kept, and goes out in drain.
type link struct {
	*net.TCPConn
	eager atomic.Bool // Write does not wait; then raw and taking are set

	mu       sync.Mutex
	raw      syscall.RawConn
	taking   func(fd uintptr) bool // takes, made once
	some     []byte                // what takes gives the kernel
	took     int
	kept     []byte
	draining bool // kept is written by drain, when the kernel takes more
	err      error
}

// linkOf finds the link below conn, through TLS; a bare TCP connection becomes one. over is conn, or the new link.
func linkOf(conn net.Conn) (l *link, over net.Conn) {
	switch c := conn.(type) {
	case *link:
		return c, c
	case *net.TCPConn:
		l = &link{TCPConn: c}
		return l, l
	case *tls.Conn:
		if l, ok := c.NetConn().(*link); ok {
			return l, conn
		}
	}
	return nil, conn
}

// Write implements net.Conn.
func (l *link) Write(b []byte) (int, error) {
	if !l.eager.Load() {
		return l.TCPConn.Write(b)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		return 0, l.err
	}
	n := 0
	if len(l.kept) == 0 && !l.draining {
		if n, l.err = l.offer(b); l.err != nil {
			return 0, l.err
		}
	}
	if n == len(b) {
		return n, nil
	}
	if len(l.kept)+len(b)-n > maxKept {
		l.err = errDeaf
		return 0, l.err
	}
	l.kept = append(l.kept, b[n:]...)
	return len(b), nil
}

// hurry makes Write not wait from now on.
func (l *link) hurry() error {
	raw, err := l.SyscallConn()
	if err != nil {
		return err
	}
	l.raw, l.taking = raw, l.takes
	l.eager.Store(true)
	return nil
}

// offer gives the kernel what it takes now. The caller holds l.mu.
func (l *link) offer(b []byte) (n int, err error) {
	l.some, l.took = b, 0
	if err := l.raw.Write(l.taking); err != nil {
		return 0, fmt.Errorf("write: %w", err)
	}
	l.some = nil
	return l.took, l.err
}

func (l *link) takes(fd uintptr) bool {
	l.took, l.err = writeNow(fd, l.some)
	return true // what is left is kept, not waited for
}

// waits says that something is kept.
func (l *link) waits() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.kept) > 0
}

// drain writes what is kept, and waits as long as that takes. One goroutine at a time.
func (l *link) drain() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.err == nil && len(l.kept) > 0 { // more may come while it returns
		l.draining = true
		l.mu.Unlock()
		err := l.raw.Write(l.drainSome)
		l.mu.Lock()
		l.draining = false
		if l.err == nil && err != nil {
			l.err = fmt.Errorf("write: %w", err)
		}
	}
	return l.err
}

// drainSome says true when nothing is left to wait for.
func (l *link) drainSome(fd uintptr) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	n, err := writeNow(fd, l.kept)
	if err != nil {
		l.err = err
		return true
	}
	l.kept = l.kept[:copy(l.kept, l.kept[n:])]
	if len(l.kept) == 0 && cap(l.kept) > keepScratch {
		l.kept = nil
	}
	return len(l.kept) == 0
}

// writeNow writes what the kernel takes at once of b, possibly nothing, to a socket that does not block.
func writeNow(fd uintptr, b []byte) (n int, err error) {
	for n < len(b) {
		m, err := unix.Write(int(fd), b[n:])
		switch {
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.EAGAIN):
			return n, nil
		case err != nil:
			return n, fmt.Errorf("write: %w", err)
		default:
			n += m
		}
	}
	return n, nil
}
