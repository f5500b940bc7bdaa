package past

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"scaip/internal/log"
	"scaip/internal/log/natslog"
	"scaip/internal/media"
	"scaip/internal/ws"
)

// BenchmarkViewer compares what a viewer costs the server, a frame of 2 KiB delivered over a socket: live, through a hub that is given what the log holds and
// the queue of one viewer, and in the past, through Serve that reads the same log from its beginning. The client's reading is in both.
func BenchmarkViewer(b *testing.B) {
	for _, kind := range []string{"live", "past"} {
		b.Run(kind, func(b *testing.B) {
			l := benchLog(b)
			frames := max(b.N, 1)
			fill(b, l, frames)
			b.ReportAllocs()
			b.ResetTimer()
			conn := benchViewer(b, kind, l)
			if kind == "past" {
				if err := conn.Write(b.Context(), false, []byte(`{"seek":{"id":1,"at":0,"until":9000000000000}}`)); err != nil {
					b.Fatal(err)
				}
			}
			for got := 0; got < frames; {
				binary, data, err := conn.Next(b.Context())
				if err != nil {
					b.Fatal(err)
				}
				if !binary {
					continue
				}
				if kind == "past" {
					data = data[1:]
				}
				for len(data) > 0 {
					f, rest, err := media.ParseFrame(data)
					if err != nil {
						b.Fatal(err)
					}
					if data = rest; !f.Config {
						got++
					}
				}
			}
			b.StopTimer()
		})
	}
}

func benchLog(b *testing.B) *natslog.Log {
	b.Helper()
	server, err := natslog.Serve(natslog.ServerOptions{Dir: filepath.Join(b.TempDir(), "media"), Name: "media", Sync: time.Second, MaxBytes: 8 << 30,
		Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	l, err := server.Log()
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = l.Close(); server.Close() })
	for _, kind := range []string{media.Audio, media.Video} {
		if err := l.Create(b.Context(), media.Topic("c", kind), log.Retention{MaxBytes: 2 << 30}); err != nil {
			b.Fatal(err)
		}
	}
	return l
}

// fill logs a config and n pictures, every 30th a key frame.
func fill(b *testing.B, l log.Log, n int) {
	b.Helper()
	var batch []log.Record
	put := func(f media.Frame) {
		f.Track = 4
		batch = append(batch, log.Record{Key: "4", Value: f.Append(nil)})
	}
	put(media.Frame{Config: true, Payload: []byte(`{"codec":"vp8"}`)})
	payload := make([]byte, 2048)
	for i := range n {
		put(media.Frame{Key: i%30 == 0, Seq: uint32(i + 1), PTS: int64(i) * 33_333, Payload: payload})
		if len(batch) >= 500 || i == n-1 {
			if _, err := l.Append(b.Context(), media.Topic("c", media.Video), batch...); err != nil {
				b.Fatal(err)
			}
			batch = batch[:0]
		}
	}
}

// benchViewer connects a viewer.
func benchViewer(b *testing.B, kind string, l log.Admin) *ws.Conn {
	b.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(served)
		conn, err := ws.Accept(w, r, ws.Options{WriteBuffer: 32 << 10})
		if err != nil {
			return
		}
		defer conn.CloseNow()
		if kind == "live" {
			serveLive(ctx, conn, l)
			return
		}
		start := time.Now().Add(-time.Hour)
		Serve(ctx, Options{Call: "c", Start: start, Conn: conn, State: func() (bool, error) { return true, nil },
			Open: func(context.Context) (media.Source, error) {
				return media.LogSource{Log: l, Call: "c", Start: start}, nil
			}})
	}))
	conn, err := ws.Dial(b.Context(), srv.URL, nil, ws.Options{ReadLimit: 2 << 20})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { conn.CloseNow(); cancel(); <-served; srv.Close() })
	return conn
}

// serveLive is what the edge does for one viewer: its queue, and a writer that takes all that waits.
func serveLive(ctx context.Context, conn *ws.Conn, l log.Log) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	now := func() int64 { return time.Now().UnixNano() }
	h := media.NewHub(media.HubOptions{Kind: media.Video, Limits: media.Limits{Bytes: 4 << 30, Age: time.Hour}, Now: now})
	v := h.Join(2)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for records, err := range l.Read(ctx, media.Topic("c", media.Video), 0) {
			if err != nil {
				return
			}
			due := false
			for _, r := range records {
				due = h.Put(media.Arrival{Track: 4, Bytes: r.Value}) || due
			}
			if due {
				h.Deliver()
			}
		}
	}()
	defer func() { cancel(); <-done }()
	var batch media.Batch
	for {
		select {
		case <-ctx.Done():
			return
		case <-v.Queue.Ready():
		}
		for v.Queue.Take(&batch) {
			if conn.Write(ctx, !batch.Text, batch.Data) != nil {
				return
			}
		}
	}
}
