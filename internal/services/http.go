package services

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"

	"scaip/internal/event"
)

// maxJSON is the largest request body that ReadJSON takes, in bytes.
const maxJSON = 64 << 10

// ReadJSON decodes the body of r, one JSON object of at most 64 KiB sent as application/json, into the struct that into
// points to. Fields that the struct does not have are refused, so that a misspelt one is not silently ignored. Every error is an
// event.Refusal with the code Invalid, except that of a broken connection.
func ReadJSON(w http.ResponseWriter, r *http.Request, into any) error {
	if typ, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || typ != "application/json" {
		return event.Refuse(event.Invalid, "The request must be sent as application/json.")
	}
	dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxJSON))
	dec.DisallowUnknownFields()
	err := dec.Decode(into)
	if err == nil {
		if _, err = dec.Token(); err == io.EOF {
			return nil
		}
		return event.Refuse(event.Invalid, "The request holds more than one JSON value.")
	}
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return event.Refuse(event.Invalid, "The request is larger than 64 KiB.")
	case r.Context().Err() != nil:
		return r.Context().Err()
	}
	return event.Refuse(event.Invalid, "The request is not the JSON that is expected here: "+err.Error()+".")
}

// WriteJSON answers with v as JSON. It is never cached.
func WriteJSON(w http.ResponseWriter, status int, v any) {
	raw, err := json.Marshal(v)
	if err != nil {
		status, raw = http.StatusInternalServerError, []byte(`{"code":"unavailable","text":"The answer could not be written."}`)
	}
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("X-Content-Type-Options", "nosniff")
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-store")
	}
	w.WriteHeader(status)
	_, _ = w.Write(append(raw, '\n')) // an error here means that the client has gone
}

// WriteError answers with err: a Refusal with the status of its code (TooMany with a Retry-After of a second, if none is set yet),
// anything else with 500 and a sentence that gives nothing away, and is logged.
func WriteError(w http.ResponseWriter, logger *slog.Logger, err error) {
	if refusal, ok := event.AsRefusal(err); ok {
		if refusal.Code == event.TooMany && w.Header().Get("Retry-After") == "" {
			w.Header().Set("Retry-After", "1")
		}
		WriteJSON(w, refusal.Code.HTTPStatus(), refusal)
		return
	}
	level := slog.LevelError
	if errors.Is(err, context.Canceled) {
		level = slog.LevelDebug // the client has gone
	}
	logger.Log(context.Background(), level, "request failed", "err", err)
	WriteJSON(w, http.StatusInternalServerError, event.Refusal{Code: event.Unavailable, Text: "Something went wrong on the server. Try again in a moment."})
}
