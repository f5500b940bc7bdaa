package storetest

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"scaip/internal/store"
)

// killVariable is set in the environment of the child that is killed: the directory of its store.
const killVariable = "STORETEST_KILL_DIR"

// Main is the TestMain of a package that calls RunKill: in the child it writes until it is killed.
func Main(m *testing.M, open func(dir string) (store.Store, error)) {
	if dir := os.Getenv(killVariable); dir != "" {
		fmt.Fprintln(os.Stderr, "writing:", writeForever(dir, open))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// writeForever counts up in updates of several entries, and prints each number after its update returned.
func writeForever(dir string, open func(dir string) (store.Store, error)) error {
	s, err := open(dir)
	if err != nil {
		return err
	}
	n, err := counter(s)
	for err == nil {
		n++
		err = s.Update(func(tx store.Tx) error {
			number := []byte(strconv.Itoa(n))
			return errors.Join(
				tx.Put("count", "n", number),
				tx.Put("rows", fmt.Sprintf("%08d", n), bytes.Repeat(number, 1+n*37%300)),
				tx.Delete("rows", fmt.Sprintf("%08d", n-1000)),
				tx.Put("count", "again", number))
		})
		if err == nil {
			fmt.Println(n)
		}
	}
	return err
}

func counter(s store.Store) (n int, err error) {
	err = s.View(func(r store.Reader) error {
		raw, ok, err := r.Get("count", "n")
		if err != nil || !ok {
			return err
		}
		n, err = strconv.Atoi(string(raw))
		return err
	})
	return n, err
}

// RunKill kills a writing process with SIGKILL, several times, and checks that what it reported as committed is there and that each
// update is there as a whole or not at all.
func RunKill(t *testing.T, open func(dir string) (store.Store, error)) {
	dir := t.TempDir()
	last := 0
	for _, acks := range []int{1, 10, 300, 77} {
		last = killAfter(t, dir, acks)
		if t.Failed() {
			return
		}
		checkSurvived(t, dir, last, open)
	}
}

// killAfter starts the child, kills it after it has reported a number of updates, and returns the last number that it reported.
func killAfter(t *testing.T, dir string, acks int) (last int) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), killVariable+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	hung := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() })
	defer hung.Stop()
	lines := bufio.NewScanner(out)
	for n := 0; lines.Scan(); n++ {
		if n == acks {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
		if i, err := strconv.Atoi(lines.Text()); err == nil { // the last line may be cut off
			last = max(last, i)
		}
	}
	if err := cmd.Wait(); err == nil || cmd.ProcessState.Exited() {
		t.Errorf("the child ended by itself: %v", err)
	}
	return last
}

func checkSurvived(t *testing.T, dir string, acked int, open func(dir string) (store.Store, error)) {
	t.Helper()
	s, err := open(dir)
	if err != nil {
		t.Fatalf("open after kill: %v", err)
	}
	defer s.Close()
	n, err := counter(s)
	if err != nil || n < acked || n > acked+1 {
		t.Errorf("after kill the store counts %d, %v; %d was acknowledged", n, err, acked)
	}
	err = s.View(func(r store.Reader) error {
		if again, _, err := r.Get("count", "again"); err != nil || string(again) != strconv.Itoa(n) {
			t.Errorf("the last update is there in part: %q, %v, want %d", again, err, n)
		}
		i := max(0, n-1000)
		for kv, err := range r.Scan("rows", store.Range{}) {
			if err != nil {
				return err
			}
			i++
			want := bytes.Repeat([]byte(strconv.Itoa(i)), 1+i*37%300)
			if kv.Key != fmt.Sprintf("%08d", i) || !bytes.Equal(kv.Value, want) {
				t.Fatalf("row %q = %.20q, want row %d = %.20q", kv.Key, kv.Value, i, want)
			}
		}
		if i != n {
			t.Errorf("rows end at %d, want %d", i, n)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
