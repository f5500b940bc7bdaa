package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"time"

	"scaip/internal/event"
	"scaip/internal/media"
	"scaip/internal/media/past"
	"scaip/internal/media/replay"
	"scaip/internal/services"
	"scaip/internal/ws"
	"scaip/web"
)

// PlayOptions of Play. All are required but Listen.
type PlayOptions struct {
	Path   string // of a file that was downloaded
	Listen string // an address on loopback; empty: any free port
	Logger *slog.Logger
	Ready  func(url string) // called once; the URL opens the player, for whoever has it
}

// fileCookie holds the key of the URL that Ready was told.
const fileCookie = "scaip-file"

// Play serves the player of the client for one file, until ctx ends. It needs no account, no daemon and no network: it listens on loopback, and
// answers who has opened its URL.
func Play(ctx context.Context, o PlayOptions) error {
	f, err := replay.OpenSealed(o.Path)
	if err != nil {
		return event.Refuse(event.Invalid, "This is not a whole recording of Scaip: "+err.Error()+".")
	}
	defer f.Close()
	client, err := newFiles(web.Files())
	if err != nil {
		return err
	}
	if o.Listen == "" {
		o.Listen = "127.0.0.1:0"
	}
	l, err := net.Listen("tcp", o.Listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	if a, ok := l.Addr().(*net.TCPAddr); !ok || !a.IP.IsLoopback() {
		l.Close()
		return event.Refuse(event.Invalid, "A file is played on loopback only, such as 127.0.0.1:8080.")
	}
	p := &player{ctx: ctx, o: o, file: f, client: client, key: rand.Text(), call: f.Call()}
	if p.call == "" {
		p.call = "file"
	}
	s := &http.Server{Handler: newDoor(Config{Listen: l.Addr().String(), Logger: o.Logger}, nil, p.mux()), ReadHeaderTimeout: 5 * time.Second,
		ErrorLog: slog.NewLogLogger(o.Logger.Handler(), slog.LevelDebug)}
	ended := make(chan error, 1)
	go func() { ended <- listen(s, l) }()
	o.Ready("http://" + l.Addr().String() + "/open/" + p.key)
	select {
	case <-ctx.Done():
		_ = s.Close()
		return errors.Join(<-ended)
	case err := <-ended:
		return err
	}
}

// player answers the requests of Play.
type player struct {
	ctx    context.Context // sockets outlive their requests
	o      PlayOptions
	file   *replay.Sealed
	client http.Handler
	key    string
	call   string
}

func (p *player) mux() http.Handler {
	m := http.NewServeMux()
	m.HandleFunc("GET /open/{key}", func(w http.ResponseWriter, r *http.Request) {
		if r.PathValue("key") != p.key {
			p.refuse(w)
			return
		}
		http.SetCookie(w, &http.Cookie{Name: fileCookie, Value: p.key, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode})
		http.Redirect(w, r, "/replay.html#/r/"+url.PathEscape(p.call), http.StatusSeeOther)
	})
	m.Handle("GET /api/calls/{id}/timeline", p.known(p.timeline))
	m.Handle("GET /media/past/{id}", p.known(p.play))
	m.Handle("GET /", p.client) // what anybody may have
	return m
}

func (p *player) refuse(w http.ResponseWriter) {
	services.WriteError(w, p.o.Logger, event.Refuse(event.Denied, "Open the address that scaipd replay open has printed."))
}

// known lets those in who have opened the URL.
func (p *player) known(next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := r.Cookie(fileCookie)
		switch {
		case err != nil || c.Value != p.key:
			p.refuse(w)
		case r.PathValue("id") != p.call:
			services.WriteError(w, p.o.Logger, event.Refuse(event.NotFound, "There is no such call in this file."))
		default:
			next(w, r)
		}
	})
}

func (p *player) timeline(w http.ResponseWriter, r *http.Request) {
	story, err := replay.Tell(r.Context(), p.file, replay.Options{Call: p.call, Start: p.file.Start()})
	if err != nil {
		services.WriteError(w, p.o.Logger, err)
		return
	}
	services.WriteJSON(w, http.StatusOK, story)
}

func (p *player) play(w http.ResponseWriter, r *http.Request) {
	conn, err := ws.Accept(w, r, ws.Options{})
	if err != nil {
		return // Accept has answered
	}
	past.Serve(p.ctx, past.Options{Call: p.call, Start: p.file.Start(), Conn: conn,
		Open:  func(context.Context) (media.Source, error) { return replay.OpenSealed(p.o.Path) },
		State: func() (bool, error) { return false, nil }})
}
