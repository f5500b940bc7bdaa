package app

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// A Config says how a daemon runs. Only DataDir is required.
type Config struct {
	DataDir string // where everything is kept; made with mode 0700 if it is not there

	Listen      string   // host:port; DefaultListen if empty
	TLSCert     string   // PEM file of the certificate and its chain; with TLSKey
	TLSKey      string   // PEM file of its key
	PublicHosts []string // names under which browsers reach the daemon, besides loopback and the host of Listen

	// Events and Media are the two logs: "" for a server embedded in the daemon, else nats://host:port[,…][/prefix] or
	// kafka://host:port[,…][/prefix]. The prefix, DefaultPrefix if there is none, keeps daemons on one cluster apart.
	Events, Media string

	Registration string // RegistrationOpen or RegistrationClosed; open if empty
	Quota        int64  // bytes that recordings and running calls may take together; beyond, running calls are not kept any more. 0: no limit
	MinFree      int64  // bytes of disk below which nothing new is taken in; DefaultMinFree if 0
	Loudest      int    // how many speakers a listener gets; DefaultLoudest if 0

	Version string       // of the program, as it is shown
	Logger  *slog.Logger // slog.Default if nil

	Now func() time.Time // time.Now if nil
}

// Defaults of a Config.
const (
	DefaultListen  = "127.0.0.1:8420"
	DefaultPrefix  = "scaip"
	DefaultMinFree = 512 << 20
	DefaultLoudest = 8
)

// Who may make an account.
const (
	RegistrationOpen   = "open"   // anybody who reaches the daemon
	RegistrationClosed = "closed" // the administrator alone makes them
)

// DefaultDataDir is $XDG_DATA_HOME/scaip, or ~/.local/share/scaip; getenv reads the environment.
func DefaultDataDir(getenv func(string) string) (string, error) {
	if dir := getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "scaip"), nil
	}
	home := getenv("HOME")
	if home == "" {
		return "", errors.New("find the data directory: neither HOME nor XDG_DATA_HOME is set; use --data-dir")
	}
	return filepath.Join(home, ".local", "share", "scaip"), nil
}

// complete returns c with its defaults, or says what is wrong with it.
func (c Config) complete() (Config, error) {
	c.Listen = cmp.Or(c.Listen, DefaultListen)
	c.Registration = cmp.Or(c.Registration, RegistrationOpen)
	c.MinFree = cmp.Or(c.MinFree, DefaultMinFree)
	c.Loudest = cmp.Or(c.Loudest, DefaultLoudest)
	c.Version = cmp.Or(c.Version, "devel")
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Quota < 0 {
		return c, errors.New("the quota is a number of bytes")
	}
	if c.DataDir == "" {
		return c, errors.New("no data directory is given")
	}
	dir, err := filepath.Abs(c.DataDir)
	if err != nil {
		return c, fmt.Errorf("find data directory: %w", err)
	}
	c.DataDir = dir
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		return c, fmt.Errorf("the address to listen on is host:port, as in %s: %w", DefaultListen, err)
	}
	if c.Registration != RegistrationOpen && c.Registration != RegistrationClosed {
		return c, fmt.Errorf("registration is %q or %q, not %q", RegistrationOpen, RegistrationClosed, c.Registration)
	}
	if (c.TLSCert == "") != (c.TLSKey == "") {
		return c, errors.New("TLS needs both a certificate and its key")
	}
	for _, file := range []string{c.TLSCert, c.TLSKey} {
		if file == "" {
			continue
		}
		if _, err := os.Stat(file); err != nil {
			return c, fmt.Errorf("read TLS file: %w", err)
		}
	}
	for _, name := range c.PublicHosts {
		if name == "" || strings.ContainsAny(name, "/:*@ ") {
			return c, fmt.Errorf("a public host is a plain name or IPv4 address, as in meet.example.org, not %q", name)
		}
	}
	return c, nil
}

// secure reports whether the daemon itself speaks TLS.
func (c Config) secure() bool { return c.TLSCert != "" }

// url is the address for browsers: the first public host, else the host listened on, loopback if that is every address.
func (c Config) url(listening net.Addr) string {
	host, port, err := net.SplitHostPort(listening.String())
	if err != nil {
		host, port = "127.0.0.1", "8420"
	}
	if named, _, err := net.SplitHostPort(c.Listen); err == nil && named != "" {
		host = named
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	if len(c.PublicHosts) > 0 {
		host = c.PublicHosts[0]
	}
	scheme, usual := "http", "80"
	if c.secure() {
		scheme, usual = "https", "443"
	}
	if port == usual {
		if strings.Contains(host, ":") {
			host = "[" + host + "]"
		}
		return scheme + "://" + host
	}
	return scheme + "://" + net.JoinHostPort(host, port)
}

// beyondLoopback reports whether others than this machine can reach the address.
func beyondLoopback(listen string) bool {
	host, _, err := net.SplitHostPort(listen)
	if err != nil || host == "localhost" {
		return false
	}
	ip := net.ParseIP(host)
	return ip == nil || !ip.IsLoopback()
}
