// Package admin is what the shell command and the running daemon have in common: where the administrator's socket is, and the JSON of
// what the daemon answers there.
//
// Who may open the socket is the file system's business: it has mode 0600, its directory 0700.
package admin

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
)

// SocketName is the socket's name in the data directory.
const SocketName = "scaipd.sock"

// maxSocketPath is what the kernel takes as a unix socket's path, with some room.
const maxSocketPath = 100

// SocketPath returns a path to the socket in dir that bind and connect accept, until release is called. (A path may have only about 100
// bytes; a longer one is reached through an open directory.)
func SocketPath(dir string) (path string, release func(), err error) {
	path = filepath.Join(dir, SocketName)
	if len(path) <= maxSocketPath {
		return path, func() {}, nil
	}
	if runtime.GOOS != "linux" {
		return "", nil, fmt.Errorf("the path %s is too long for a unix socket: choose a data directory with a shorter one", path)
	}
	d, err := os.Open(dir)
	if err != nil {
		return "", nil, fmt.Errorf("open data directory: %w", err)
	}
	return filepath.Join("/proc/self/fd", strconv.Itoa(int(d.Fd())), SocketName), func() { _ = d.Close() }, nil
}

// NotRunning reports whether err says that no daemon listens at the socket.
func NotRunning(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial" && (errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED))
}
