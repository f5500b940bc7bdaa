package netsim

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"io"
	"math/rand/v2"
	"net"
	"testing"
	"time"
)

// echo answers every byte until the test ends.
func echo(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				_, _ = io.Copy(c, c)
			}()
		}
	}()
	return l.Addr().String()
}

func open(t *testing.T, p Profile) (*Line, net.Conn) {
	t.Helper()
	line, err := Open("127.0.0.1:0", echo(t), p, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = line.Close() })
	return line, dial(t, line)
}

func dial(t *testing.T, line *Line) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", line.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(20 * time.Second))
	return c
}

// trip sends n bytes there and back, compares them and returns how long that took.
func trip(t *testing.T, c net.Conn, n int) time.Duration {
	t.Helper()
	sent := make([]byte, n)
	r := rand.NewChaCha8([32]byte{1})
	_, _ = r.Read(sent)
	start := time.Now()
	go func() { _, _ = c.Write(sent) }()
	got := make([]byte, n)
	if _, err := io.ReadFull(c, got); err != nil {
		t.Fatal(err)
	}
	if sha256.Sum256(got) != sha256.Sum256(sent) {
		t.Fatal("what came back is not what was sent")
	}
	return time.Since(start)
}

func TestDelayIsBothWays(t *testing.T) {
	_, c := open(t, Profile{Delay: 30 * time.Millisecond})
	if d := trip(t, c, 100); d < 60*time.Millisecond || d > 500*time.Millisecond {
		t.Errorf("a round trip took %v, want 60 ms", d)
	}
}

func TestRateBoundsWhatPasses(t *testing.T) {
	_, c := open(t, Profile{Rate: 800_000})
	if d := trip(t, c, 100_000); d < time.Second || d > 4*time.Second { // 100 kB/s, both directions at once
		t.Errorf("100 kB at 800 kbit/s took %v", d)
	}
}

func TestBytesSurviveLossAndJitter(t *testing.T) {
	line, c := open(t, Profile{Delay: time.Millisecond, Jitter: 2 * time.Millisecond, Loss: 0.05})
	lossy := trip(t, c, 200_000)
	if err := line.Set(Profile{Delay: time.Millisecond}); err != nil {
		t.Fatal(err)
	}
	if clean := trip(t, c, 200_000); lossy < clean {
		t.Errorf("with loss %v, without %v", lossy, clean)
	}
}

// A slow line may not hide megabytes in the kernel: what the sender can be ahead is bounded.
func TestLittleHidesBeforeASlowLine(t *testing.T) {
	line, err := Open("127.0.0.1:0", echo(t), Profile{Rate: 80_000}, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer line.Close()
	c := dial(t, line)
	if trip(t, c, 1) > time.Second {
		t.Fatal("the first byte is slow")
	}
	_ = c.(*net.TCPConn).SetWriteBuffer(4 << 10)
	_ = c.SetWriteDeadline(time.Now().Add(500 * time.Millisecond))
	n, _ := c.Write(make([]byte, 4<<20))
	if n > 256<<10 {
		t.Errorf("%d bytes went in at once", n)
	}
}

func TestDownHoldsAndUpGoesOn(t *testing.T) {
	line, c := open(t, Profile{})
	trip(t, c, 10)
	line.Down()
	got := make(chan time.Time, 1)
	go func() {
		_, _ = c.Write([]byte("x"))
		_, _ = c.Read(make([]byte, 1))
		got <- time.Now()
	}()
	select {
	case <-got:
		t.Fatal("something passed while the line was down")
	case <-time.After(50 * time.Millisecond):
	}
	up := time.Now()
	line.Up()
	if at := <-got; at.Before(up) {
		t.Error("it passed before the line was up")
	}
}

func TestCutConnectionsAreDeadForGood(t *testing.T) {
	line, old := open(t, Profile{})
	trip(t, old, 10)
	line.Cut()
	line.Up()
	trip(t, dial(t, line), 10) // new ones live
	_, _ = old.Write([]byte("x"))
	_ = old.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
	if n, err := old.Read(make([]byte, 1)); n > 0 || err == io.EOF {
		t.Errorf("a cut connection gave %d bytes, %v", n, err)
	}
}

// One seed, one fate: the same segments are lost.
func TestSeedDecides(t *testing.T) {
	fate := func(seed uint64) (due []time.Duration) {
		p := &pipe{conn: &conn{line: &Line{profile: Profile{Loss: 0.2, Jitter: time.Hour}}}, wake: make(chan struct{}, 1)}
		p.random = rand.New(rand.NewPCG(seed, 2))
		start := time.Now()
		for range 50 {
			p.add([]byte("x"))
			due = append(due, p.last.Sub(start).Round(time.Second))
		}
		return due
	}
	equal := func(a, b []time.Duration) bool {
		for i := range a {
			if (a[i] - b[i]).Abs() > time.Second {
				return false
			}
		}
		return true
	}
	if !equal(fate(1), fate(1)) || equal(fate(1), fate(2)) {
		t.Error("the seed does not decide")
	}
}

func TestEndOfStreamPasses(t *testing.T) {
	_, c := open(t, Profile{Delay: 5 * time.Millisecond})
	_, _ = c.Write([]byte("all"))
	_ = c.(*net.TCPConn).CloseWrite()
	if b, err := io.ReadAll(c); err != nil || !bytes.Equal(b, []byte("all")) {
		t.Errorf("read %q, %v", b, err)
	}
}

func TestProfileAsJSON(t *testing.T) {
	var p Profile
	err := json.Unmarshal([]byte(`{"delay":"25ms","jitter":"5ms","loss":0.02,"rate":"300k","buffer":9}`), &p)
	want := Profile{Delay: 25 * time.Millisecond, Jitter: 5 * time.Millisecond, Loss: 0.02, Rate: 300_000, Buffer: 9}
	if err != nil || p != want {
		t.Errorf("got %+v, %v", p, err)
	}
	for _, bad := range []string{`{"delay":"x"}`, `{"loss":1}`, `{"rate":"fast"}`, `{"delay":"-1s"}`, `[]`} {
		if json.Unmarshal([]byte(bad), &p) == nil {
			t.Errorf("%s was accepted", bad)
		}
	}
}

func TestClosedLineLeavesNothing(t *testing.T) {
	line, c := open(t, Profile{Delay: time.Hour})
	_, _ = c.Write([]byte("x"))
	line.Down()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	done := make(chan struct{})
	go func() { _ = line.Close(); close(done) }()
	select {
	case <-done:
	case <-ctx.Done():
		t.Fatal("Close hangs")
	}
}
