package ws

import (
	"net"

	"golang.org/x/sys/unix"
)

// boundUnsent lets the kernel take at most n bytes beyond those on the wire (tcp(7), TCP_NOTSENT_LOWAT); unlike a small send
// buffer, that does not bound the speed over a long way. It is a wish: where the system does not know it, the send buffer is
// made small, and what has no TCP below stays as it is.
func boundUnsent(conn net.Conn, n int) {
	tcp := tcpOf(conn)
	if tcp == nil {
		return
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return
	}
	var set error
	err = raw.Control(func(fd uintptr) {
		set = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, n)
	})
	if err != nil || set != nil {
		_ = tcp.SetWriteBuffer(n)
	}
}
