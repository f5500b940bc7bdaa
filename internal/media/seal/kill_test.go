package seal

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"scaip/internal/log/natslog"
	"scaip/internal/store/boltstore"
)

const killedSeconds = 20

// diskRig is a rig on a real log and a real ledger in dir.
func diskRig(t testing.TB, dir string) *rig {
	t.Helper()
	server, err := natslog.Serve(natslog.ServerOptions{Dir: filepath.Join(dir, "media"), Name: "media", Sync: 250 * time.Millisecond, MaxBytes: 8 << 30,
		Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	l, err := server.Log()
	if err != nil {
		t.Fatal(err)
	}
	ledger, err := boltstore.Open(filepath.Join(dir, "ledger.bolt"), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close(); server.Close(); ledger.Close() })
	g := newRig(t)
	g.dir, g.log, g.ledger = filepath.Join(dir, "calls"), l, ledger
	g.start = time.Now().Add(-time.Hour)
	return g
}

// TestKilledChild is no test of its own: TestKill runs it in a process that is to die.
func TestKilledChild(t *testing.T) {
	dir := os.Getenv("SEAL_TEST_DIR")
	if dir == "" {
		t.Skip("run by TestKill")
	}
	f := &faults{die: true}
	fmt.Sscan(os.Getenv("SEAL_TEST_STEP"), &f.at, &f.after)
	g := diskRig(t, dir)
	g.fate("c1", false)
	if os.Getenv("SEAL_TEST_GONE") != "" {
		g.fate("c1", true)
	}
	g.log, g.ledger, g.files = faultyLog{g.log, f}, faultyLedger{g.ledger, f}, faultyFiles{f}
	fmt.Println("begun")
	if err := g.once(g.open()); err != nil {
		t.Fatal(err)
	}
}

// TestKill kills the sealing process at every step, and at random moments between.
func TestKill(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 0))
	for step, after := 1, false; ; after = !after {
		if killed := killOnce(t, fmt.Sprint(step, " ", after), "", 0); !killed {
			break
		}
		if after {
			step++
		}
	}
	for range 6 {
		killOnce(t, "0 false", "", time.Duration(1+rnd.IntN(60))*time.Millisecond)
	}
	for step := 3; killOnce(t, fmt.Sprint(step, " true"), "gone", 0); step++ {
	}
}

// killOnce lets a child seal, or delete, a call until it dies at a step, or after a time, and a second sealer finish.
func killOnce(t *testing.T, step, gone string, after time.Duration) (killed bool) {
	t.Helper()
	dir := t.TempDir()
	t.Run("prepare", func(t *testing.T) { logCall(t, diskRig(t, dir).log, "c1", killedSeconds) })
	cmd := exec.Command(os.Args[0], "-test.run=^TestKilledChild$", "-test.v")
	cmd.Env = append(os.Environ(), "SEAL_TEST_DIR="+dir, "SEAL_TEST_STEP="+step, "SEAL_TEST_GONE="+gone)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	buf := make([]byte, 4096)
	for {
		n, err := out.Read(buf)
		said.Write(buf[:n])
		if after > 0 && strings.Contains(said.String(), "begun") {
			time.AfterFunc(after, func() { cmd.Process.Kill() })
			after = 0
		}
		if err != nil {
			break
		}
	}
	killed = cmd.Wait() != nil
	if killed && strings.Contains(said.String(), "FAIL") {
		t.Fatalf("the child failed by itself: %s", said.String())
	}
	t.Run(fmt.Sprintf("killed at %s %s", step, gone), func(t *testing.T) {
		g := diskRig(t, dir)
		if gone == "" && !inTopics(t, g.log, "c1", killedSeconds) && !inFile(t, filepath.Join(g.dir, "c1.mkv"), killedSeconds) {
			t.Error("the call is in neither")
		}
		g.fate("c1", false)
		if gone != "" {
			g.fate("c1", true)
		}
		s := g.open()
		if err := g.once(s); err != nil {
			t.Error(err)
		}
		_, state, _, err := s.Find("c1")
		infos, _ := g.log.Topics(t.Context(), "call.")
		if err != nil || len(infos) != 0 || gone == "" && (state != Sealed || !inFile(t, s.path("c1"), killedSeconds)) || gone != "" && state != Gone {
			t.Errorf("then state %d, topics %v, %v", state, infos, err)
		}
	})
	return killed
}
