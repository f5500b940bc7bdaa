package query

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"time"

	"scaip/internal/event"
	"scaip/internal/media"
	"scaip/internal/media/past"
	"scaip/internal/media/replay"
	"scaip/internal/services"
	"scaip/internal/store"
	"scaip/internal/ws"
)

// Clips serves parts of calls that are over to whoever has a clip's token, a member or not (docs/protocol.md, "Clips"). What is served is a file that
// holds the part and nothing else. A token that is unknown, revoked, expired, or of a recording that is gone, and a members' clip for who is none, get the
// same answer. All fields are required.
type Clips struct {
	View HTTP
	Past *Past // bounds the sockets
	Now  func() time.Time
}

// Clip is a clip as its call's members see it.
type Clip struct {
	ID      string    `json:"id"`
	Maker   string    `json:"maker"`
	Made    time.Time `json:"made"`
	From    int64     `json:"from"` // µs on the call's clock
	To      int64     `json:"to"`
	Title   string    `json:"title"`
	Expires time.Time `json:"expires"`
	Members bool      `json:"members"`
}

// Routes are the HTTP routes.
func (h *Clips) Routes() []services.Route {
	return []services.Route{
		{Pattern: "GET /api/calls/{id}/clips", Handler: h.View.session(h.list)},
		{Pattern: "GET /api/clips/{token}", Handler: h.handle(h.manifest)},
		{Pattern: "GET /api/clips/{token}/timeline", Handler: h.handle(h.timeline)},
		{Pattern: "GET /api/clips/{token}/replay.mkv", Handler: h.handle(h.file)},
		{Pattern: "GET /media/clip/{token}", Handler: h.handle(h.play)},
	}
}

func (h *Clips) handle(f func(http.ResponseWriter, *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Referrer-Policy", "no-referrer") // the token is in the address
		if err := f(w, r); err != nil && r.Context().Err() == nil {
			services.WriteError(w, h.View.Logger, err)
		}
	})
}

// list gives the clips of a call that have not expired.
func (h *Clips) list(s services.Session, r *http.Request) (any, error) {
	out := []Clip{}
	err := h.View.Store.View(func(v store.Reader) error {
		c, err := seenCall(v, r.PathValue("id"), s.User)
		if err != nil {
			return err
		}
		for row, err := range tableClipsOf.Scan(v, store.Range{Prefix: c.ID + "/"}) {
			if err != nil {
				return err
			}
			k, ok, err := tableClips.Get(v, row.Value)
			if err != nil {
				return err
			}
			if ok && h.Now().Before(k.Expires) {
				out = append(out, Clip{k.ID, k.Maker, k.Made, k.From, k.To, k.Title, k.Expires, k.Members})
			}
		}
		return nil
	})
	return map[string]any{"clips": out}, err
}

func noClip() error {
	return event.Refuse(event.NotFound, "There is no such clip: it has expired or was revoked, or the link is not whole.")
}

// found is a clip that the request may see, and what file it is.
type found struct {
	clip clip
	call Call
	file replay.Request
}

// find looks a token up.
func (h *Clips) find(r *http.Request) (f found, err error) {
	token := r.PathValue("token")
	if len(token) < 40 || len(token) > 64 {
		return f, noClip()
	}
	sum := sha256.Sum256([]byte(token))
	err = h.View.Store.View(func(v store.Reader) (err error) {
		f, err = h.look(v, hex.EncodeToString(sum[:]))
		return err
	})
	if err != nil || !f.clip.Members {
		return f, err
	}
	s, err := h.View.Gate.Authenticate(r)
	if err != nil {
		return f, noClip()
	}
	return f, h.View.Store.View(func(v store.Reader) error {
		if in, err := tableMembers.Has(v, pair(f.call.Group, s.User)); err != nil || !in {
			return noClip()
		}
		return nil
	})
}

// look finds the clip of a hash that has not expired, and whose recording is there.
func (h *Clips) look(v store.Reader, hash string) (f found, err error) {
	var ok bool
	if f.clip, ok, err = tableClips.Get(v, hash); err != nil {
		return f, err
	}
	if !ok || !h.Now().Before(f.clip.Expires) {
		return f, noClip()
	}
	if f.call, err = anyCall(v, f.clip.Call); err != nil || f.call.State != "ended" || !f.call.Kept {
		return f, noClip()
	}
	if f.file, err = recording(v, f.call); err != nil {
		return f, err
	}
	f.file.From, f.file.To = time.Duration(f.clip.From)*time.Microsecond, time.Duration(f.clip.To)*time.Microsecond
	return f, nil
}

// manifest says what the clip is. It comes when its file is made.
func (h *Clips) manifest(w http.ResponseWriter, r *http.Request) error {
	f, err := h.find(r)
	if err != nil {
		return err
	}
	file, s, err := h.View.Replay.Open(r.Context(), f.file)
	if err != nil {
		return err
	}
	defer file.Close()
	title := f.clip.Title
	if title == "" {
		title = f.file.Title
	}
	services.WriteJSON(w, http.StatusOK, map[string]any{"title": title, "start": f.call.Start, "from": f.clip.From, "to": f.clip.To, "expires": f.clip.Expires,
		"members": f.clip.Members, "bytes": s.Bytes, "sha256": s.SHA256})
	return nil
}

// open opens the clip's file as a source.
func (h *Clips) open(ctx context.Context, q replay.Request) (*replay.Sealed, error) {
	file, _, err := h.View.Replay.Open(ctx, q)
	if err != nil {
		return nil, err
	}
	return replay.SealedFrom(file)
}

// timeline tells what happened in the clip.
func (h *Clips) timeline(w http.ResponseWriter, r *http.Request) error {
	f, err := h.find(r)
	if err != nil {
		return err
	}
	src, err := h.open(r.Context(), f.file)
	if err != nil {
		return err
	}
	defer src.Close()
	raw, err := replay.Tell(r.Context(), src, replay.Options{Call: f.call.ID, Title: f.file.Title, Start: f.call.Start})
	if err != nil {
		return err
	}
	var story map[string]any
	if err := json.Unmarshal(raw, &story); err != nil {
		return fmt.Errorf("read the clip's story: %w", err)
	}
	if f.clip.Title != "" {
		story["title"] = f.clip.Title
	}
	services.WriteJSON(w, http.StatusOK, story)
	return nil
}

// file serves the clip as a file, with ranges.
func (h *Clips) file(w http.ResponseWriter, r *http.Request) error {
	f, err := h.find(r)
	if err != nil {
		return err
	}
	file, s, err := h.View.Replay.Open(r.Context(), f.file)
	if err != nil {
		return err
	}
	defer file.Close()
	head := w.Header()
	head.Set("Content-Type", "video/x-matroska")
	head.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": fileName(f.file)}))
	head.Set("ETag", `"`+s.SHA256+`"`)
	head.Set("Cache-Control", "private, no-cache")
	head.Set("X-Content-Type-Options", "nosniff")
	http.ServeContent(w, r, "", time.Time{}, file)
	return nil
}

// clipViewers counts, beside users, the sockets of those who have a link.
const clipViewers = "clip/"

// play plays the clip over a socket, as a call's past. Who watches when it is revoked is cut off within a second or two.
func (h *Clips) play(w http.ResponseWriter, r *http.Request) error {
	f, err := h.find(r)
	if err != nil {
		return err
	}
	src, err := h.open(r.Context(), f.file) // before the socket: it may have to be made
	if err != nil {
		return err
	}
	defer src.Close()
	viewer := clipViewers + f.clip.ID
	ctx, err := h.Past.enter(viewer)
	if err != nil {
		return err
	}
	defer h.Past.leave(viewer)
	conn, err := ws.Accept(w, r, ws.Options{NotSent: pastNotSent, WriteBuffer: pastBuffer})
	if err != nil {
		return nil // Accept has answered
	}
	past.Serve(ctx, past.Options{Call: f.call.ID, Start: f.call.Start, Conn: conn, Now: h.Now,
		Open:  func(ctx context.Context) (media.Source, error) { return h.open(ctx, f.file) },
		State: func() (bool, error) { _, err := h.find(r); return false, err }})
	return nil
}
