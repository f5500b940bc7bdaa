package natslog_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"scaip/internal/log"
	"scaip/internal/log/natslog"
)

// childDir is set in the environment of the process that TestKill kills.
const childDir = "NATSLOG_TEST_CHILD_DIR"

// TestKillChild is what TestKill runs: it appends, and prints the Seq of what was acknowledged, until it is killed.
func TestKillChild(t *testing.T) {
	dir := os.Getenv(childDir)
	if dir == "" {
		t.Skip("only as TestKill's child")
	}
	_, l := serve(t, dir, 0)
	if err := l.Create(t.Context(), "a.in", log.Retention{}); err != nil {
		t.Fatal(err)
	}
	last, _, err := l.Last(t.Context(), "a.in")
	if err != nil {
		t.Fatal(err)
	}
	for seq := last.Seq; ; {
		records := make([]log.Record, []int{1, 3, 40}[rand.IntN(3)])
		for i := range records {
			seq++
			records[i] = log.Record{Origin: "child", Seq: seq, Value: make([]byte, rand.IntN(2000))}
		}
		if _, err := l.Append(t.Context(), "a.in", records...); err != nil {
			t.Fatal(err)
		}
		fmt.Println("acknowledged", seq)
	}
}

func TestKill(t *testing.T) {
	dir := t.TempDir()
	seed := rand.Uint64()
	t.Log("seed", seed)
	rnd := rand.New(rand.NewPCG(seed, 0))
	for round := range 6 {
		acknowledged := runAndKill(t, dir, 1+rnd.IntN(150))
		s, l := serve(t, dir, 0)
		b, err := l.Bounds(t.Context(), "a.in")
		if err != nil {
			t.Fatal(err)
		}
		got, err := readTo(t.Context(), l, b.Next)
		if err != nil {
			t.Fatal(err)
		}
		for i, r := range got {
			if r.Seq != uint64(i+1) {
				t.Fatalf("round %d: record %d has seq %d", round, i, r.Seq)
			}
		}
		if len(got) < acknowledged {
			t.Fatalf("round %d: %d records acknowledged, %d there", round, acknowledged, len(got))
		}
		l.Close()
		s.Close()
	}
}

// runAndKill kills the child after it has acknowledged n appends and returns the last Seq that it acknowledged.
func runAndKill(t *testing.T, dir string, n int) int {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^TestKillChild$", "-test.v")
	child.Env = append(os.Environ(), childDir+"="+dir)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	last := 0
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		var seq int
		if _, err := fmt.Sscanf(lines.Text(), "acknowledged %d", &seq); err != nil {
			continue
		}
		last = seq
		if n--; n == 0 {
			child.Process.Kill()
		}
	}
	child.Wait()
	if n > 0 {
		t.Fatalf("the child ended by itself, %d appends before it was to be killed", n)
	}
	return last
}

// readTo reads all records below next.
func readTo(ctx context.Context, l log.Log, next int64) (all []log.Record, err error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for batch, err := range l.Read(ctx, "a.in", 0) {
		if err != nil {
			return all, err
		}
		if all = append(all, batch...); batch[len(batch)-1].Offset >= next-1 {
			break
		}
	}
	return all, nil
}

// A log whose machine died may come back without its end. Writers resume at Last, and readers that had seen more go on.
func TestLostTail(t *testing.T) {
	dir, older := filepath.Join(t.TempDir(), "now"), filepath.Join(t.TempDir(), "older")
	s, l := serve(t, dir, 0)
	if err := l.Create(t.Context(), "a.in", log.Retention{}); err != nil {
		t.Fatal(err)
	}
	number := func(l log.Log, from, to int) {
		t.Helper()
		for i := from; i <= to; i++ {
			if _, err := l.Append(t.Context(), "a.in", log.Record{Origin: "o", Seq: uint64(i), Key: strconv.Itoa(i)}); err != nil {
				t.Fatal(err)
			}
		}
	}
	number(l, 1, 5)
	l.Close()
	s.Close()
	if err := os.CopyFS(older, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	s, l = serve(t, dir, 0)
	number(l, 6, 9)
	l.Close()
	s.Close()

	_, l = serve(t, older, 0)
	last, ok, err := l.Last(t.Context(), "a.in")
	if err != nil || !ok || last.Seq != 5 {
		t.Fatalf("last: got %v, %v, %v, want seq 5", last, ok, err)
	}
	seen := make(chan log.Record, 1)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	go func() {
		defer close(seen)
		for batch, err := range l.Read(ctx, "a.in", 9) {
			if err == nil {
				seen <- batch[0]
			}
			return
		}
	}()
	number(l, 6, 10)
	if r := <-seen; r.Seq != 10 || r.Offset != 9 {
		t.Errorf("a reader that had seen 9: got seq %d at offset %d next, want 10 at 9", r.Seq, r.Offset)
	}
}

// The server's limit is reached before the disk's end, and is a clean error; what is there stays readable, and deleting
// makes room.
func TestServerFull(t *testing.T) {
	for name, sync := range kinds {
		t.Run(name, func(t *testing.T) {
			s, err := natslog.Serve(natslog.ServerOptions{Dir: t.TempDir(), Name: "small", Sync: sync, MaxBytes: 1 << 20})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(s.Close)
			l, err := s.Log()
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { l.Close() })
			for _, topic := range []log.Topic{"a.in", "b.in"} {
				if err := l.Create(t.Context(), topic, log.Retention{}); err != nil {
					t.Fatal(err)
				}
			}
			if err := l.Create(t.Context(), "c.in", log.Retention{MaxBytes: 2 << 20}); !errors.Is(err, log.ErrFull) {
				t.Errorf("create a topic larger than the server: got %v, want %v", err, log.ErrFull)
			}
			fill := func(topic log.Topic, n int) (full error) {
				for range 100 {
					records := make([]log.Record, n)
					for i := range records {
						records[i].Value = make([]byte, 5000)
					}
					if _, err := l.Append(t.Context(), topic, records...); err != nil {
						return err
					}
				}
				return nil
			}
			for _, n := range []int{20, 3, 1} {
				if err := fill("a.in", n); !errors.Is(err, log.ErrFull) {
					t.Errorf("fill by appends of %d: got %v, want %v", n, err, log.ErrFull)
				}
			}
			if err := fill("b.in", 1); !errors.Is(err, log.ErrFull) {
				t.Errorf("append to another topic: got %v, want %v", err, log.ErrFull)
			}
			b, err := l.Bounds(t.Context(), "a.in")
			if err != nil {
				t.Fatal(err)
			}
			if got, err := readTo(t.Context(), l, b.Next); err != nil || int64(len(got)) != b.Next {
				t.Errorf("read of a full log: got %d of %d records, %v", len(got), b.Next, err)
			}
			if err := l.Delete(t.Context(), "a.in"); err != nil {
				t.Fatal(err)
			}
			if _, err := l.Append(t.Context(), "b.in", log.Record{Value: []byte("fits again")}); err != nil {
				t.Errorf("append after a deletion: %v", err)
			}
		})
	}
}
