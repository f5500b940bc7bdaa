package query

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"scaip/internal/event"
	"scaip/internal/media/replay"
	"scaip/internal/services"
)

// Replays serves calls as files (docs/protocol.md). Who may have a call is Find's business.
type Replays struct {
	Cache  *replay.Cache
	Logger *slog.Logger

	// Find returns the Request for the whole of a call, or a Refusal: Unauthentic, or NotFound for a call that does not exist or that
	// whoever asks may not know of.
	Find func(r *http.Request, call string) (replay.Request, error)
}

// Routes are those of members: Find asks who is asking.
func (h Replays) Routes() []services.Route {
	return []services.Route{
		{Pattern: "POST /api/calls/{id}/replay", Handler: h.handle(h.prepare("/api/calls/", "id"))},
		{Pattern: "GET /api/calls/{id}/replay.mkv", Handler: h.handle(h.file("id"))},
	}
}

// AdminRoutes are those of the unix socket: the same, of any call.
func (h Replays) AdminRoutes() []services.Route {
	return []services.Route{
		{Pattern: "POST /admin/calls/{call}/replay", Handler: h.handle(h.prepare("/admin/calls/", "call"))},
		{Pattern: "GET /admin/calls/{call}/replay.mkv", Handler: h.handle(h.file("call"))},
	}
}

func (h Replays) handle(f func(http.ResponseWriter, *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := f(w, r); err != nil {
			services.WriteError(w, h.Logger, err)
		}
	})
}

// part is what of a call is wanted; times in seconds on the call's clock.
type part struct {
	From        float64 `json:"from"`
	To          float64 `json:"to"` // 0: the end
	Participant string  `json:"participant"`
}

const maxSeconds = 366 * 24 * 3600

// narrow brings p into the request for the whole call.
func (p part) narrow(q replay.Request) (replay.Request, error) {
	bad := func(s float64) bool { return math.IsNaN(s) || s < 0 || s > maxSeconds }
	switch {
	case bad(p.From) || bad(p.To) || p.To != 0 && p.To <= p.From:
		return q, event.Refuse(event.Invalid, "from and to are seconds since the call began, and to is after from.")
	case p.Participant != "" && !event.ValidID(p.Participant):
		return q, event.Refuse(event.Invalid, "The participant is the ID of a user.")
	}
	ms := func(s float64) time.Duration { return time.Duration(math.Round(s*1000)) * time.Millisecond }
	q.From, q.To, q.Participant = ms(p.From), ms(p.To), p.Participant
	return q, nil
}

// prepare makes the handler that asks for the file and says how far it is.
func (h Replays) prepare(base, name string) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		call := r.PathValue(name)
		whole, err := h.Find(r, call)
		if err != nil {
			return err
		}
		var p part
		if err := services.ReadJSON(w, r, &p); err != nil {
			return err
		}
		q, err := p.narrow(whole)
		if err != nil {
			return err
		}
		s, err := h.Cache.Prepare(q)
		if err != nil {
			return err
		}
		if !s.Ready {
			services.WriteJSON(w, http.StatusAccepted, map[string]any{"state": "working", "done": s.Done})
			return nil
		}
		services.WriteJSON(w, http.StatusOK, map[string]any{"state": "ready", "done": 1, "bytes": s.Bytes, "sha256": s.SHA256,
			"url": base + url.PathEscape(call) + "/replay.mkv" + p.query(s.SHA256)})
		return nil
	}
}

// query is the part in a URL; v makes the URL of another content another one.
func (p part) query(sha string) string {
	v := url.Values{"v": {sha[:16]}}
	if p.From != 0 {
		v.Set("from", strconv.FormatFloat(p.From, 'f', -1, 64))
	}
	if p.To != 0 {
		v.Set("to", strconv.FormatFloat(p.To, 'f', -1, 64))
	}
	if p.Participant != "" {
		v.Set("participant", p.Participant)
	}
	return "?" + v.Encode()
}

// partOf reads what query wrote.
func partOf(v url.Values) (part, error) {
	p := part{Participant: v.Get("participant")}
	for name, into := range map[string]*float64{"from": &p.From, "to": &p.To} {
		if s := v.Get(name); s != "" {
			f, err := strconv.ParseFloat(s, 64)
			if err != nil {
				return p, event.Refuse(event.Invalid, "from and to are seconds since the call began.")
			}
			*into = f
		}
	}
	return p, nil
}

// file makes the handler that serves the file, with ranges; it waits until the file is made if nobody has prepared it.
func (h Replays) file(name string) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		whole, err := h.Find(r, r.PathValue(name))
		if err != nil {
			return err
		}
		p, err := partOf(r.URL.Query())
		if err != nil {
			return err
		}
		q, err := p.narrow(whole)
		if err != nil {
			return err
		}
		f, s, err := h.Cache.Open(r.Context(), q)
		if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
			return nil // whoever asked has gone
		}
		if err != nil {
			return err
		}
		defer f.Close()
		head := w.Header()
		head.Set("Content-Type", "video/x-matroska")
		head.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": fileName(q)}))
		head.Set("ETag", `"`+s.SHA256+`"`)
		head.Set("Cache-Control", "private, no-cache")
		head.Set("X-Content-Type-Options", "nosniff")
		http.ServeContent(w, r, "", time.Time{}, f)
		return nil
	}
}

// fileName is what a browser saves the file as: title and beginning, without what file systems mind.
func fileName(q replay.Request) string {
	title := strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune(`/\:*?"<>|`, r) {
			return '-'
		}
		return r
	}, q.Title)
	if title = strings.Trim(title, " .-"); title == "" {
		title = "Call"
	}
	if !q.Start.IsZero() {
		title += q.Start.UTC().Format(" 2006-01-02 15-04")
	}
	return title + ".mkv"
}
