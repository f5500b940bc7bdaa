package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"scaip/internal/log"
	"scaip/internal/log/kafkalog"
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

// A logURL says where a log is that is not embedded.
type logURL struct {
	scheme string // "nats", "tls" or "kafka"
	hosts  []string
	prefix string
	user   *url.Userinfo // nil: none
}

// parseLogURL reads nats://host:port[,host:port…][/prefix], the same with tls:// or kafka://.
func parseLogURL(s string) (logURL, error) {
	u, err := url.Parse(s)
	if err != nil {
		// url.Parse takes no list of hosts with ports: take the first for its sake.
		first, rest, more := strings.Cut(s, ",")
		tail := ""
		if i := strings.LastIndex(rest, "/"); i >= 0 {
			rest, tail = rest[:i], rest[i:]
		}
		if u, err = url.Parse(first + tail); err != nil || !more {
			return logURL{}, fmt.Errorf("%q is not nats://host:port[,…][/prefix] or kafka://host:port[,…][/prefix]", redact(s))
		}
		u.Host += "," + rest
	}
	l := logURL{scheme: u.Scheme, prefix: strings.Trim(u.Path, "/"), user: u.User}
	if l.prefix == "" {
		l.prefix = DefaultPrefix
	}
	if l.scheme != "nats" && l.scheme != "tls" && l.scheme != "kafka" {
		return logURL{}, fmt.Errorf("a log is at nats://…, tls://… or kafka://…, not %q", redact(s))
	}
	if !log.Topic(l.prefix+".x").Valid() || len(l.prefix) > 40 {
		return logURL{}, fmt.Errorf("the prefix %q of a log's topics has 1 to 40 of [a-z0-9._-]", l.prefix)
	}
	for host := range strings.SplitSeq(u.Host, ",") {
		if host == "" {
			return logURL{}, fmt.Errorf("%q names no host", redact(s))
		}
		l.hosts = append(l.hosts, host)
	}
	return l, nil
}

// redact hides what stands before an @: it may be a password.
func redact(s string) string {
	scheme, rest, ok := strings.Cut(s, "://")
	if i := strings.LastIndex(rest, "@"); ok && i >= 0 {
		return scheme + "://…@" + rest[i+1:]
	}
	return s
}

func (l logURL) String() string { return l.scheme + "://" + strings.Join(l.hosts, ",") }

func (l logURL) connect(ctx context.Context, o natslog.ServerOptions) (log.Admin, error) {
	if l.scheme == "kafka" {
		return kafkalog.Open(ctx, kafkalog.Options{Brokers: l.hosts, Logger: o.Logger})
	}
	servers := make([]string, len(l.hosts))
	for i, host := range l.hosts {
		servers[i] = (&url.URL{Scheme: l.scheme, User: l.user, Host: host}).String()
	}
	return natslog.Open(ctx, strings.Join(servers, ","), natslog.Options{Name: "scaip-" + o.Name, Logger: o.Logger})
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
