package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"time"
)

// IdleResult is what a daemon costs that nobody uses.
type IdleResult struct {
	Start      milliseconds `json:"start_ms"`       // from exec to ready, on an empty directory: the median of five
	FloorStart milliseconds `json:"floor_start_ms"` // from exec to exit of `version`: the process alone
	Restart    milliseconds `json:"restart_ms"`     // from exec to ready on the directory of before
	Resident   int64        `json:"resident_bytes"` // after Seconds of nothing
	Cores      float64      `json:"cores"`          // during them
	Seconds    float64      `json:"seconds"`
	Binary     int64        `json:"binary_bytes"`
}

// Idle starts the binary's daemons one after the other and watches the last one for d.
func Idle(ctx context.Context, binary, parent string, d time.Duration) (IdleResult, error) {
	var r IdleResult
	info, err := os.Stat(binary)
	if err != nil {
		return r, fmt.Errorf("measure binary: %w", err)
	}
	r.Binary = info.Size()
	var starts, floors []time.Duration
	var daemon *Daemon
	for i := range 5 {
		began := time.Now()
		if err := exec.CommandContext(ctx, binary, "version").Run(); err != nil {
			return r, fmt.Errorf("measure start: %w", err)
		}
		floors = append(floors, time.Since(began))
		if daemon, err = StartDaemon(ctx, binary, parent); err != nil {
			return r, err
		}
		starts = append(starts, daemon.Start)
		if i < 4 {
			if err := daemon.Stop(); err != nil {
				return r, err
			}
		}
	}
	slices.Sort(starts)
	slices.Sort(floors)
	r.Start, r.FloorStart = milliseconds(starts[2]), milliseconds(floors[2])
	err = daemon.watch(ctx, d, &r)
	if err == nil {
		err = daemon.restart(ctx, &r)
	}
	return r, errors.Join(err, daemon.Stop())
}

// watch reads the usage around d of nothing.
func (d *Daemon) watch(ctx context.Context, long time.Duration, r *IdleResult) error {
	settle := 2 * time.Second
	for _, wait := range []time.Duration{settle, long} {
		before, err := usageOf(d.PID)
		if err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
		after, err := usageOf(d.PID)
		if err != nil {
			return err
		}
		r.Resident, r.Cores, r.Seconds = after.resident, cores(before, after), wait.Seconds()
	}
	return nil
}

// restart measures a start on a directory that has been used.
func (d *Daemon) restart(ctx context.Context, r *IdleResult) error {
	d.halt()
	if err := d.Launch(ctx); err != nil {
		return err
	}
	r.Restart = milliseconds(d.Start)
	return nil
}
