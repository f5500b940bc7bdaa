package ws_test

import (
	"context"
	"syscall"
)

// smallReceiveBuffer makes a client whose kernel takes little in advance.
func smallReceiveBuffer(_ context.Context, _, _ string, c syscall.RawConn) error {
	var set error
	err := c.Control(func(fd uintptr) { set = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 8<<10) })
	if err != nil {
		return err
	}
	return set
}
