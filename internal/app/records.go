package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"scaip/internal/admin"
	"scaip/internal/event"
	"scaip/internal/log"
	"scaip/internal/media"
	"scaip/internal/services"
)

// isMedia reports whether the topic is one of a call's.
func isMedia(t log.Topic) bool { return strings.HasPrefix(string(t), "call.") }

// logOf returns the log that the topic is in.
func (a *App) logOf(t log.Topic) log.Admin {
	if isMedia(t) {
		return a.logs.media
	}
	return a.logs.events
}

// A selection says which records of a topic are wanted.
type selection struct {
	log    log.Admin
	topic  log.Topic
	from   int64
	limit  int  // at most so many; negative: no bound
	follow bool // and those to come
}

// serveRecords answers GET /admin/log/{topic}?from=&since=&limit=&follow= with one JSON object a line. from is an offset, or counts from the
// end if negative; since, an RFC 3339 time, stands for the first offset not before it.
func (a *App) serveRecords(w http.ResponseWriter, r *http.Request) {
	s, err := a.selection(r)
	if err != nil {
		services.WriteError(w, a.c.Logger, err)
		return
	}
	w.Header().Set("Content-Type", "application/x-ndjson")
	w.Header().Set("Cache-Control", "no-store")
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	go func() { // a follower must not hold up a stop
		select {
		case <-a.stopped:
			cancel()
		case <-ctx.Done():
		}
	}()
	flush := http.NewResponseController(w).Flush
	if err := s.copy(ctx, json.NewEncoder(w), flush); err != nil && ctx.Err() == nil {
		a.c.Logger.Error("read records for the administrator", "topic", s.topic, "err", err)
		panic(http.ErrAbortHandler) // so that the reader sees that it is not all
	}
}

func (a *App) selection(r *http.Request) (s selection, err error) {
	q := r.URL.Query()
	s = selection{topic: log.Topic(r.PathValue("topic")), limit: -1, follow: q.Get("follow") == "1"}
	if !s.topic.Valid() {
		return s, event.Refuse(event.Invalid, "That is no name of a topic.")
	}
	s.log = a.logOf(s.topic)
	if v := q.Get("limit"); v != "" {
		if s.limit, err = strconv.Atoi(v); err != nil || s.limit < 0 {
			return s, event.Refuse(event.Invalid, "The limit is a number of records.")
		}
	}
	b, err := s.log.Bounds(r.Context(), s.topic)
	if errors.Is(err, log.ErrNoTopic) {
		return s, event.Refuse(event.NotFound, fmt.Sprintf("There is no topic %s. (scaipd log ls lists them.)", s.topic))
	}
	if err != nil {
		return s, fmt.Errorf("read bounds of %s: %w", s.topic, err)
	}
	s.from = b.First
	if v := q.Get("from"); v != "" {
		n, err := strconv.ParseInt(v, 10, 64)
		if err != nil {
			return s, event.Refuse(event.Invalid, "from is an offset.")
		}
		if n < 0 {
			n += b.Next
		}
		s.from = max(n, b.First)
	}
	if v := q.Get("since"); v != "" {
		t, err := time.Parse(time.RFC3339, v)
		if err != nil {
			return s, event.Refuse(event.Invalid, "since is a time as in 2026-01-31T12:00:00Z.")
		}
		if s.from, err = s.log.Seek(r.Context(), s.topic, t); err != nil {
			return s, fmt.Errorf("seek in %s: %w", s.topic, err)
		}
	}
	return s, nil
}

// copy writes the records to out.
func (s selection) copy(ctx context.Context, out *json.Encoder, flush func() error) error {
	end, ok, err := s.log.Last(ctx, s.topic)
	if err != nil {
		return err
	}
	if !s.follow && (!ok || end.Offset < s.from) || s.limit == 0 {
		return nil
	}
	if s.follow {
		if err := flush(); err != nil { // the answer has begun, though there may be nothing yet
			return err
		}
	}
	n := 0
	for batch, err := range s.log.Read(ctx, s.topic, s.from) {
		if err != nil {
			return err
		}
		for _, rec := range batch {
			if err := out.Encode(describe(s.topic, rec)); err != nil {
				return err
			}
			if n++; n == s.limit || !s.follow && rec.Offset >= end.Offset {
				return nil
			}
		}
		if s.follow {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

func describe(topic log.Topic, r log.Record) admin.Record {
	out := admin.Record{Offset: r.Offset, Time: r.Time, Origin: r.Origin, Seq: r.Seq, Key: r.Key}
	if isMedia(topic) {
		if pieces, err := media.Unpack(r.Value); err == nil {
			for _, f := range pieces {
				d := admin.Frame{Track: int(f.Track), Seq: f.Seq, PTS: f.PTS, Key: f.Key, Bytes: len(f.Payload)}
				if f.Config {
					d.Config = string(f.Payload)
				}
				out.Frames = append(out.Frames, d)
			}
			return out
		}
	}
	if json.Valid(r.Value) {
		out.Value = r.Value
	} else {
		out.Raw = r.Value
	}
	return out
}
