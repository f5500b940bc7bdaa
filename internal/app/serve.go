package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"scaip/internal/admin"
	"scaip/internal/event"
	"scaip/internal/services"
	"scaip/internal/ws"
	"scaip/web"
)

// serve starts the two servers: for everybody at the address, for the administrator at the socket.
func (a *App) serve(g *group) ([]*http.Server, error) {
	client, err := newFiles(web.Files())
	if err != nil {
		return nil, err
	}
	public := append(slices.Clone(a.system.public), a.ownRoutes(client)...)
	local := a.adminRoutes()
	for _, r := range a.system.local {
		local = append(local, a.settled(r))
	}
	outer, err := mux(public, false)
	if err != nil {
		return nil, err
	}
	inner, err := mux(local, true)
	if err != nil {
		return nil, err
	}
	outside := a.server(newDoor(a.c, a.disk, outer))
	inside := a.server(inner)
	listener := ws.NewListener(a.outside)
	if a.c.secure() {
		cert, err := tls.LoadX509KeyPair(a.c.TLSCert, a.c.TLSKey)
		if err != nil {
			return nil, fmt.Errorf("read TLS certificate: %w", err)
		}
		listener = tls.NewListener(listener, &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}})
	}
	g.start("server", func(context.Context) error { return listen(outside, listener) })
	g.start("admin socket", func(context.Context) error { return listen(inside, a.admin.listener) })
	return []*http.Server{outside, inside}, nil
}

func listen(s *http.Server, l net.Listener) error {
	if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// server has the bounds that hold whatever is asked. There is none on the time of an answer: the door and the routes have their own.
func (a *App) server(h http.Handler) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(a.c.Logger.Handler(), slog.LevelDebug), // clients that break off, strangers without TLS
	}
}

// mux refuses a route that has no row in the table of access, and one whose row is for the other side: what is Local is served at the
// socket alone.
func mux(routes []services.Route, local bool) (http.Handler, error) {
	table := event.RouteAccess()
	m := http.NewServeMux()
	for _, r := range routes {
		access, ok := table[r.Pattern]
		if !ok {
			return nil, fmt.Errorf("serve %q: the route has no row in event.RouteAccess", r.Pattern)
		}
		if (access == event.Local) != local {
			return nil, fmt.Errorf("serve %q: a route for %q is not served here", r.Pattern, access)
		}
		m.Handle(r.Pattern, r.Handler)
	}
	return m, nil
}

// ownRoutes are those that no service owns.
func (a *App) ownRoutes(client http.Handler) []services.Route {
	return []services.Route{
		{Pattern: "GET /", Handler: client},
		{Pattern: "GET /healthz", Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { plain(w, http.StatusOK, "ok") })},
		{Pattern: "GET /readyz", Handler: http.HandlerFunc(a.serveReady)},
		{Pattern: "GET /version", Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			services.WriteJSON(w, http.StatusOK, map[string]string{"version": a.c.Version})
		})},
	}
}

func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text + "\n"))
}

// An adminSocket is the unix socket in the data directory.
type adminSocket struct {
	listener net.Listener
	path     string
}

// listenAdmin makes the socket. The lock on the data directory is held, so one that is there is a dead daemon's.
func listenAdmin(dir *dataDir) (*adminSocket, error) {
	s := &adminSocket{path: dir.join(admin.SocketName)}
	if err := os.Remove(s.path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("remove an old admin socket: %w", err)
	}
	path, release, err := admin.SocketPath(dir.path)
	if err != nil {
		return nil, fmt.Errorf("listen on admin socket: %w", err)
	}
	defer release()
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("listen on admin socket: %w", err)
	}
	if u, ok := l.(*net.UnixListener); ok {
		u.SetUnlinkOnClose(false) // the path it would unlink may be one through a closed directory
	}
	s.listener = l
	if err := os.Chmod(s.path, 0o600); err != nil {
		s.close()
		return nil, fmt.Errorf("close admin socket to others: %w", err)
	}
	return s, nil
}

func (s *adminSocket) close() {
	_ = s.listener.Close() // the server may have closed it
	_ = os.Remove(s.path)  // what stays is removed at the next start
}

// Warnings are what the operator should know about the configuration.
func (a *App) Warnings() (all []string) {
	if beyondLoopback(a.c.Listen) && !a.c.secure() && !strings.HasPrefix(a.URL(), "https:") {
		all = append(all, "others can reach "+a.c.Listen+" without TLS: browsers give camera and microphone to secure pages only, "+
			"and passwords travel in the clear. Use --tls-cert and --tls-key, or put a TLS proxy in front of 127.0.0.1.")
	}
	return all
}
