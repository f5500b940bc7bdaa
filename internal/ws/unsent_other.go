//go:build !linux

package ws

import "net"

// boundUnsent makes the kernel's send buffer small. It is a wish: what has no TCP below stays as it is.
func boundUnsent(conn net.Conn, n int) {
	if tcp := tcpOf(conn); tcp != nil {
		_ = tcp.SetWriteBuffer(n)
	}
}
