package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"scaip/internal/log"
	"scaip/internal/log/natslog"
	"scaip/internal/log/prefixlog"
)

const (
	mediaSync   = 250 * time.Millisecond // that much of a call is lost at most when the machine dies
	connectTime = 10 * time.Second       // for a log that is elsewhere
)

// logs are the event log and the media log.
type logs struct {
	events, media log.Admin
	closers       []func() error // in the order of opening
}

// openLogs starts or connects both. The data directory is locked by the caller.
func openLogs(ctx context.Context, c Config, dir *dataDir, d *disk) (*logs, error) {
	l := &logs{}
	eventsDir, mediaDir := dir.join("events"), dir.join("media")
	eventsMax, mediaMax := d.budget(bytesIn(eventsDir), bytesIn(mediaDir))
	var err error
	l.events, err = l.open(ctx, c.Events, natslog.ServerOptions{Dir: eventsDir, Name: "events", MaxBytes: eventsMax, Logger: c.Logger})
	if err == nil {
		l.media, err = l.open(ctx, c.Media, natslog.ServerOptions{Dir: mediaDir, Name: "media", Sync: mediaSync, MaxBytes: mediaMax, Logger: c.Logger})
	}
	if err != nil {
		return nil, errors.Join(err, l.close())
	}
	return l, nil
}

// open connects to the log at address, or starts an embedded one if address is empty.
func (l *logs) open(ctx context.Context, address string, o natslog.ServerOptions) (log.Admin, error) {
	if address == "" {
		server, err := natslog.Serve(o)
		if err != nil {
			return nil, err
		}
		l.closers = append(l.closers, func() error { server.Close(); return nil })
		found, err := server.Log()
		if err != nil {
			return nil, err
		}
		l.closers = append(l.closers, found.Close)
		return found, nil
	}
	where, err := parseLogURL(address)
	if err != nil {
		return nil, fmt.Errorf("open %s log: %w", o.Name, err)
	}
	ctx, cancel := context.WithTimeout(ctx, connectTime)
	defer cancel()
	found, err := where.connect(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("open %s log at %s: %w", o.Name, where, err)
	}
	l.closers = append(l.closers, found.Close)
	return prefixlog.New(found, where.prefix), nil
}

// close closes in reverse.
func (l *logs) close() (err error) {
	for i := len(l.closers) - 1; i >= 0; i-- {
		err = errors.Join(err, l.closers[i]())
	}
	l.closers = nil
	return err
}

// bytesIn returns the bytes that the files below dir hold; 0 if it is not there.
func bytesIn(dir string) (sum int64) {
	_ = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil // what can't be read is not counted
		}
		if info, err := d.Info(); err == nil {
			sum += info.Size()
		}
		return nil
	})
	return sum
}
