package media

import (
	"os"
	"syscall"
	"time"
	"unsafe"
)

// alarm is a timer of the kernel's (timerfd_create(2)), right to some microseconds, and so that those of one moment wake the process once.
type alarm struct {
	file  *os.File
	raw   syscall.RawConn
	call  func()
	ended chan struct{}
}

// grid is what the ends of pauses are rounded to, so that several hubs are woken at once.
const grid = time.Millisecond

const (
	clockMonotonic = 1
	timerNonblock  = 0o4000
	timerCloexec   = 0o2000000
	timerAbsolute  = 1
)

// NewAlarm is a HubOptions.Timer. If the kernel has none to give it is the runtime's.
func NewAlarm(call func()) timer {
	fd, _, failed := syscall.Syscall(syscall.SYS_TIMERFD_CREATE, clockMonotonic, timerNonblock|timerCloexec, 0)
	if failed != 0 {
		return newCalendar(call)
	}
	a := &alarm{file: os.NewFile(fd, "alarm"), call: call, ended: make(chan struct{})}
	raw, err := a.file.SyscallConn()
	if err != nil {
		_ = a.file.Close()
		return newCalendar(call)
	}
	a.raw = raw
	go a.run()
	return a
}

func (a *alarm) run() {
	defer close(a.ended)
	var count [8]byte
	for {
		if _, err := a.file.Read(count[:]); err != nil {
			return // closed
		}
		a.call()
	}
}

// Reset implements timer.
func (a *alarm) Reset(d time.Duration) {
	_ = a.raw.Control(func(fd uintptr) { // fails only when closed
		var now syscall.Timespec
		_, _, _ = syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, clockMonotonic, uintptr(unsafe.Pointer(&now)), 0)
		at := now.Nano() + int64(d+grid/2)
		spec := [2]syscall.Timespec{1: syscall.NsecToTimespec(at - at%int64(grid))}
		_, _, _ = syscall.RawSyscall6(syscall.SYS_TIMERFD_SETTIME, fd, timerAbsolute, uintptr(unsafe.Pointer(&spec)), 0, 0, 0)
	})
}

// Stop implements timer.
func (a *alarm) Stop() {
	_ = a.file.Close()
	<-a.ended
}
