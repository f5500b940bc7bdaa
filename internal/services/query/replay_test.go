package query

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"scaip/internal/event"
	"scaip/internal/log"
	"scaip/internal/log/memlog"
	"scaip/internal/media"
	"scaip/internal/media/replay"
)

// serveReplays serves a call "c1" with three seconds of somebody's video and sound.
func serveReplays(t *testing.T) *httptest.Server {
	t.Helper()
	l := memlog.New()
	t.Cleanup(func() { l.Close() })
	for kind, cfg := range map[string]media.Config{
		media.Video: {User: "u", Name: "Ada", Codec: "vp8", Width: 64, Height: 48},
		media.Audio: {User: "u", Name: "Ada", Codec: "opus", SampleRate: 48000, Channels: 1},
	} {
		raw, err := json.Marshal(cfg)
		if err != nil {
			t.Fatal(err)
		}
		recs := []log.Record{{Value: media.Frame{Config: true, Track: 4, Payload: raw}.Append(nil)}}
		for i := range 150 {
			recs = append(recs, log.Record{Value: media.Frame{Key: kind == media.Audio || i%50 == 0, Track: 4, Seq: uint32(i + 1), PTS: int64(i) * 20000,
				Payload: bytes.Repeat([]byte{8}, 100)}.Append(nil)})
		}
		topic := media.Topic("c1", kind)
		if err := l.Create(t.Context(), topic, log.Retention{}); err != nil {
			t.Fatal(err)
		}
		if _, err := l.Append(t.Context(), topic, recs...); err != nil {
			t.Fatal(err)
		}
	}
	logger := slog.New(slog.DiscardHandler)
	cache, err := replay.OpenCache(replay.CacheOptions{Dir: t.TempDir(), Log: l, Logger: logger})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { cache.Run(ctx); close(ended) }()
	t.Cleanup(func() { cancel(); <-ended })

	h := Replays{Cache: cache, Logger: logger, Find: func(r *http.Request, call string) (replay.Request, error) {
		if call != "c1" || r.Header.Get("X-User") == "stranger" {
			return replay.Request{}, event.Refuse(event.NotFound, "There is no such call.")
		}
		return replay.Request{Call: call, Title: `Team: "A/B"`, Ended: true}, nil
	}}
	mux := http.NewServeMux()
	for _, r := range append(h.Routes(), h.AdminRoutes()...) {
		if _, ok := event.RouteAccess()[r.Pattern]; !ok {
			t.Errorf("%s has no row in event.RouteAccess", r.Pattern)
		}
		mux.Handle(r.Pattern, r.Handler)
	}
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	return srv
}

func ask(t *testing.T, method, url, body string, header ...string) (int, http.Header, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if method == "POST" {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header, raw
}

func TestReplayIsPreparedAndServed(t *testing.T) {
	srv := serveReplays(t)
	for _, base := range []string{"/api/calls/", "/admin/calls/"} {
		for _, body := range []string{`{}`, `{"from":1.5}`, `{"from":0.5,"to":2,"participant":"u"}`} {
			var s struct {
				State, URL, SHA256 string
				Bytes              int
			}
			deadline := time.After(10 * time.Second)
			for s.State != "ready" {
				status, _, raw := ask(t, "POST", srv.URL+base+"c1/replay", body)
				if err := json.Unmarshal(raw, &s); err != nil || status != map[string]int{"ready": 200, "working": 202}[s.State] {
					t.Fatalf("%s: status %d, %s", body, status, raw)
				}
				select {
				case <-deadline:
					t.Fatalf("%s: never ready", body)
				default:
				}
			}
			status, head, whole := ask(t, "GET", srv.URL+s.URL, "")
			sum := sha256.Sum256(whole)
			if status != 200 || len(whole) != s.Bytes || hex.EncodeToString(sum[:]) != s.SHA256 {
				t.Errorf("%s: status %d, %d bytes, want %d with SHA-256 %s", s.URL, status, len(whole), s.Bytes, s.SHA256)
			}
			if got, want := head.Get("Content-Disposition"), `attachment; filename="Team- -A-B.mkv"`; got != want {
				t.Errorf("Content-Disposition %s, want %s", got, want)
			}
			status, head, some := ask(t, "GET", srv.URL+s.URL, "", "Range", "bytes=100-199", "If-Range", head.Get("ETag"))
			if status != 206 || !bytes.Equal(some, whole[100:200]) || head.Get("Content-Range") != "bytes 100-199/"+strconv.Itoa(s.Bytes) {
				t.Errorf("range: status %d, %d bytes, %s", status, len(some), head.Get("Content-Range"))
			}
		}
	}
}

func TestReplayIsMadeWhenNobodyPreparedIt(t *testing.T) {
	srv := serveReplays(t)
	if status, _, raw := ask(t, "GET", srv.URL+"/api/calls/c1/replay.mkv", ""); status != 200 || len(raw) < 1000 {
		t.Errorf("status %d, %d bytes", status, len(raw))
	}
}

func TestReplayRefusals(t *testing.T) {
	srv := serveReplays(t)
	for _, c := range []struct {
		method, path, body string
		status             int
		header             []string
	}{
		{"POST", "/api/calls/c2/replay", `{}`, 404, nil},
		{"GET", "/api/calls/c2/replay.mkv", ``, 404, nil},
		{"POST", "/api/calls/c1/replay", `{}`, 404, []string{"X-User", "stranger"}},
		{"GET", "/api/calls/c1/replay.mkv", ``, 404, []string{"X-User", "stranger"}},
		{"POST", "/api/calls/c1/replay", `{"from":-1}`, 400, nil},
		{"POST", "/api/calls/c1/replay", `{"from":2,"to":1}`, 400, nil},
		{"POST", "/api/calls/c1/replay", `{"participant":"../x"}`, 400, nil},
		{"POST", "/api/calls/c1/replay", `{"form":1}`, 400, nil},
		{"GET", "/api/calls/c1/replay.mkv?from=NaN", ``, 400, nil},
		{"GET", "/api/calls/c1/replay.mkv?from=x", ``, 400, nil},
		{"GET", "/api/calls/c1/replay.mkv?to=1e300", ``, 400, nil},
		{"GET", "/api/calls/c1/replay.mkv?participant=nobody", ``, 404, nil},
		{"GET", "/api/calls/c1/replay.mkv?from=3600", ``, 404, nil},
	} {
		if status, _, raw := ask(t, c.method, srv.URL+c.path, c.body, c.header...); status != c.status {
			t.Errorf("%s %s %s: status %d, %s; want %d", c.method, c.path, c.body, status, raw, c.status)
		}
	}
}
