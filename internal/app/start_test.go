package app

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"scaip/internal/event"
	"scaip/internal/log"
	"scaip/internal/log/natslog"
	"scaip/internal/media/seal"
	"scaip/internal/services"
	"scaip/internal/store"
	"scaip/internal/store/boltstore"
)

// BenchmarkStart measures from Open until the daemon answers, with no calls and with ten thousand that are over and sealed.
func BenchmarkStart(b *testing.B) {
	for _, calls := range []int{0, 10_000} {
		b.Run(fmt.Sprint(calls, " calls"), func(b *testing.B) {
			c := Config{DataDir: b.TempDir(), Listen: "127.0.0.1:0", MinFree: 1 << 20, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))}
			pastCalls(b, c, calls)
			startOnce(b, c) // the stores are built from the event store
			for b.Loop() {
				startOnce(b, c)
			}
		})
	}
}

// startOnce starts a daemon, and stops it outside the measurement.
func startOnce(b *testing.B, c Config) {
	b.Helper()
	a, err := Open(b.Context(), c)
	if err != nil {
		b.Fatal(err)
	}
	stop := make(chan struct{})
	ended := make(chan error, 1)
	ctx, cancel := contextUntil(stop)
	defer cancel()
	go func() { ended <- a.Run(ctx) }()
	select {
	case <-a.Ready():
	case err := <-ended:
		b.Fatal(err)
	}
	b.StopTimer()
	close(stop)
	if err := <-ended; err != nil {
		b.Fatal(err)
	}
	b.StartTimer()
}

// contextUntil ends when stop is closed.
func contextUntil(stop <-chan struct{}) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		select {
		case <-stop:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

// pastCalls fills a data directory with the events, the ledger and the files of calls that are over.
func pastCalls(b *testing.B, c Config, calls int) {
	b.Helper()
	dir, err := openDataDir(c.DataDir)
	if err != nil {
		b.Fatal(err)
	}
	defer dir.close()
	server, err := natslog.Serve(natslog.ServerOptions{Dir: dir.join("events"), Name: "events", Sync: time.Second})
	if err != nil {
		b.Fatal(err)
	}
	defer server.Close()
	l, err := server.Log()
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	at := time.Now().Add(-40 * 24 * time.Hour).UTC()
	past := map[string][]log.Record{}
	say := func(body event.Body) {
		service := event.Service(body.EventType())
		raw, _ := json.Marshal(body)
		n := uint64(len(past[service]) + 1)
		e, _ := json.Marshal(event.Envelope{ID: fmt.Sprint(service, n), Type: body.EventType(), At: at, Actor: "ada", Cause: fmt.Sprint("c", n), Body: raw})
		past[service] = append(past[service], log.Record{Origin: service + ".out", Seq: n, Value: e})
	}
	say(event.UsersCreated{User: "ada", Login: "ada", Name: "Ada", Color: "#000000", Role: event.RoleUser})
	say(event.GroupsCreated{Group: "g", Name: "Team", Owner: "ada"})
	say(event.GroupsMemberAdded{Group: "g", User: "ada", Role: event.GroupOwner})
	for i := range calls {
		at = at.Add(time.Minute)
		id := fmt.Sprint("call", i)
		say(event.CallsStarted{Call: id, Group: "g", Maker: "ada", Start: at})
		say(event.CallsJoined{Call: id, Group: "g", User: "ada", Seat: 1})
		say(event.CallsLeft{Call: id, Group: "g", User: "ada", Reason: "left"})
		say(event.CallsEnded{Call: id, Group: "g", Reason: "empty", End: at})
	}
	for service, recs := range past {
		topic := services.Outbox(service)
		if err := l.Create(b.Context(), topic, log.Retention{}); err != nil {
			b.Fatal(err)
		}
		for len(recs) > 0 {
			n := min(len(recs), 500)
			if _, err := l.Append(b.Context(), topic, recs[:n]...); err != nil {
				b.Fatal(err)
			}
			recs = recs[n:]
		}
	}
	sealedCalls(b, dir, calls)
}

// sealedCalls makes the ledger and a file for each call.
func sealedCalls(b *testing.B, dir *dataDir, calls int) {
	b.Helper()
	for _, d := range []string{"calls", "stores"} {
		if err := os.MkdirAll(dir.join(d), 0o700); err != nil {
			b.Fatal(err)
		}
	}
	ledger, err := boltstore.Open(dir.join("stores", sealLedger+".bolt"), nil)
	if err != nil {
		b.Fatal(err)
	}
	defer ledger.Close()
	for from := 0; from <= calls; from += 1000 {
		err := ledger.Update(func(tx store.Tx) error {
			for i := from; i < min(calls, from+1000); i++ {
				id := fmt.Sprint("call", i)
				if err := os.WriteFile(filepath.Join(dir.join("calls"), id+".mkv"), nil, 0o600); err != nil {
					return err
				}
				if err := store.Table[seal.File]("seal/files").Put(tx, id, seal.File{Bytes: 1}); err != nil {
					return err
				}
			}
			return store.Table[uint64]("seal/mark").Put(tx, "fates", uint64(calls))
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}
