package bench

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"
)

// usage is what a process has taken from the machine so far.
type usage struct {
	at       time.Time
	cpu      time.Duration
	resident int64 // bytes, now
}

// usageOf reads /proc.
func usageOf(pid int) (usage, error) {
	u := usage{at: time.Now()}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return u, fmt.Errorf("read usage: %w", err)
	}
	// After the name in parentheses, which may hold anything: state is field 3, utime 14, stime 15, in ticks of 10 ms (proc(5)).
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(fields) < 13 {
		return u, fmt.Errorf("read usage: /proc/%d/stat has %d fields", pid, len(fields))
	}
	for _, f := range fields[11:13] {
		ticks, err := strconv.ParseInt(string(f), 10, 64)
		if err != nil {
			return u, fmt.Errorf("read usage: %w", err)
		}
		u.cpu += time.Duration(ticks) * 10 * time.Millisecond
	}
	statm, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return u, fmt.Errorf("read usage: %w", err)
	}
	if fields = bytes.Fields(statm); len(fields) < 2 {
		return u, fmt.Errorf("read usage: /proc/%d/statm has %d fields", pid, len(fields))
	}
	pages, err := strconv.ParseInt(string(fields[1]), 10, 64)
	u.resident = pages * int64(os.Getpagesize())
	return u, err
}

// cores is how many cores a process kept busy between two readings.
func cores(from, to usage) float64 {
	return float64(to.cpu-from.cpu) / float64(to.at.Sub(from.at))
}
