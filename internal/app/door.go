package app

import (
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"
	"time"

	"scaip/internal/event"
	"scaip/internal/services"
	"scaip/web"
)

const (
	maxBody       = 64 << 10         // bytes of a request
	answerTimeout = 30 * time.Second // for a request and its answer, where no route of its own lasts longer
)

// A door is what every request from outside passes: it keeps foreign sites out, sets what browsers are to enforce, and bounds body and
// time.
type door struct {
	hosts  map[string]bool // names and addresses that a Host may have, in lower case, without port
	secure bool
	disk   *disk
	logger *slog.Logger
	next   http.Handler
}

func newDoor(c Config, disk *disk, next http.Handler) *door {
	d := &door{secure: c.secure(), disk: disk, logger: c.Logger, next: next, hosts: map[string]bool{"localhost": true, "127.0.0.1": true, "::1": true}}
	if host, _, err := net.SplitHostPort(c.Listen); err == nil && host != "" {
		d.hosts[strings.ToLower(host)] = true
	}
	for _, host := range c.PublicHosts {
		d.hosts[strings.ToLower(host)] = true
	}
	return d
}

func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.headers(w.Header())
	err := d.check(r)
	if err == nil && makes(r) {
		err = d.disk.admit()
	}
	if err != nil {
		services.WriteError(w, d.logger, err)
		return
	}
	defer d.recover(w, r)
	var until time.Time // none, also where an earlier request of the connection has set one
	if !lasts(r.URL.Path) {
		until = time.Now().Add(answerTimeout)
	}
	rc := http.NewResponseController(w)
	_ = rc.SetReadDeadline(until) // a connection that can't is a test's
	_ = rc.SetWriteDeadline(until)
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	d.next.ServeHTTP(w, r)
}

// lasts reports whether the route of path takes as long as it takes: sockets, and the download of a replay.
func lasts(path string) bool {
	return path == "/ws" || strings.HasPrefix(path, "/media/") || strings.HasSuffix(path, ".mkv")
}

// makes reports whether the request asks for something new to be kept: an account, or a replay's file.
func makes(r *http.Request) bool {
	return r.Method == http.MethodPost &&
		(r.URL.Path == "/api/auth/register" || r.URL.Path == "/api/auth/setup" || strings.HasSuffix(r.URL.Path, "/replay"))
}

// check refuses a Host that is not this daemon's (a name that somebody made resolve to it: DNS rebinding) and an Origin that is another
// site's. A program sends no Origin.
func (d *door) check(r *http.Request) error {
	if !d.own(r) {
		return event.Refuse(event.Denied, "This server does not answer under that host name. (The administrator allows names with --public-host.)")
	}
	origin := r.Header.Get("Origin")
	if origin == "" {
		return nil
	}
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" || !strings.EqualFold(u.Host, r.Host) || (u.Scheme != "http" && u.Scheme != "https") {
		return event.Refuse(event.Denied, "Pages of another site may not do this.")
	}
	return nil
}

// own reports whether the request's Host names this daemon: an allowed name, or the very address that the connection came to.
func (d *door) own(r *http.Request) bool {
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.ToLower(strings.Trim(host, "[]"))
	if d.hosts[host] {
		return true
	}
	local, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	ip := net.ParseIP(host)
	return ok && ip != nil && ip.Equal(local.IP)
}

func (d *door) headers(h http.Header) {
	h.Set("Content-Security-Policy", web.Policy)
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Embedder-Policy", "require-corp")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Permissions-Policy", "camera=(self), microphone=(self), display-capture=(self), geolocation=(), payment=(), usb=()")
	if d.secure {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

// recover answers a request whose handler panicked; the others go on.
func (d *door) recover(w http.ResponseWriter, r *http.Request) {
	p := recover()
	if p == nil || p == http.ErrAbortHandler {
		if p != nil {
			panic(p)
		}
		return
	}
	d.logger.Error("a handler panicked", "method", r.Method, "path", r.URL.Path, "panic", p, "stack", string(debug.Stack()))
	services.WriteJSON(w, http.StatusInternalServerError,
		event.Refusal{Code: event.Unavailable, Text: "Something went wrong on the server. Try again in a moment."})
}
