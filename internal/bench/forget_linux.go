package bench

import (
	"os"
	"syscall"
)

// forget has the kernel drop what it keeps of a file in memory (posix_fadvise, POSIX_FADV_DONTNEED).
func forget(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	const dontNeed = 4
	if _, _, errno := syscall.Syscall6(syscall.SYS_FADVISE64, f.Fd(), 0, 0, dontNeed, 0, 0); errno != 0 {
		return errno
	}
	return nil
}
