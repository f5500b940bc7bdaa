// Package bench measures a daemon from outside, as its users meet it: a chat, a call, doing nothing. Beside each number stands its floor,
// measured in the same run on the same machine: what the disk, the kernel and the network alone cost.
//
// The load comes from the measuring process, which competes with the daemon for the machine's cores: latencies include what that costs, the
// daemon's CPU time (from /proc) does not.
package bench

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"scaip/internal/client"
)

// A Target is a running daemon.
type Target struct {
	URL   string
	Admin *client.Admin // of its unix socket: users and sessions come from there
	PID   int           // on this machine; 0: no CPU and memory are measured
	Dir   string        // on the disk that the daemon writes to: for the floor

	Roots *x509.CertPool // who vouches for URL; nil: whom the system trusts
}

// Daemon is a daemon of the benchmark's own, on a directory that goes with it.
type Daemon struct {
	Target
	Start time.Duration // from exec to ready

	binary string
	listen string
	cert   *certificate // nil: it speaks without TLS
	cmd    *exec.Cmd
	stderr *tail
	exited chan struct{}
}

// StartDaemon starts `binary serve` on a new directory beneath parent (the system's for temporary files if empty) and waits until it is ready.
// Stop ends it.
func StartDaemon(ctx context.Context, binary, parent string) (*Daemon, error) {
	return startDaemon(ctx, binary, parent, nil)
}

// StartTLSDaemon is StartDaemon with a certificate of its own making, which the Target's users verify.
func StartTLSDaemon(ctx context.Context, binary, parent string) (*Daemon, error) {
	cert, err := newCertificate(parent)
	if err != nil {
		return nil, fmt.Errorf("start daemon: %w", err)
	}
	return startDaemon(ctx, binary, parent, cert)
}

func startDaemon(ctx context.Context, binary, parent string, cert *certificate) (*Daemon, error) {
	dir, err := os.MkdirTemp(parent, "scaip-bench-")
	if err != nil {
		return nil, fmt.Errorf("start daemon: %w", err)
	}
	listen, err := freePort()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start daemon: %w", err), os.RemoveAll(dir))
	}
	d := &Daemon{binary: binary, listen: listen, cert: cert}
	d.Target = Target{URL: "http://" + listen, Admin: client.NewAdmin(filepath.Join(dir, "scaipd.sock")), Dir: dir}
	if cert != nil {
		d.URL, d.Roots = "https://"+listen, cert.roots
	}
	if err := d.Launch(ctx); err != nil {
		return nil, errors.Join(err, d.Stop())
	}
	return d, nil
}

// Launch starts the process, which must not run, on the directory and address of before, and waits until it is ready.
func (d *Daemon) Launch(ctx context.Context) error {
	d.stderr, d.exited = &tail{}, make(chan struct{})
	args := []string{"serve", "--data-dir", d.Dir, "--listen", d.listen}
	if d.cert != nil {
		args = append(args, "--tls-cert", d.cert.cert, "--tls-key", d.cert.key)
	}
	d.cmd = exec.Command(d.binary, args...)
	d.cmd.Stderr, d.cmd.Stdout = d.stderr, io.Discard
	began := time.Now()
	if err := d.cmd.Start(); err != nil {
		close(d.exited)
		return fmt.Errorf("start daemon: %w", err)
	}
	go func() {
		_ = d.cmd.Wait() // what it had to say is in stderr
		close(d.exited)
	}()
	d.PID = d.cmd.Process.Pid
	ask := newHTTP(d.Roots)
	defer ask.CloseIdleConnections()
	for {
		if d.ready(ctx, ask) {
			d.Start = time.Since(began)
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-d.exited:
			return fmt.Errorf("start daemon: it ended: %s", d.stderr)
		case <-time.After(2 * time.Millisecond):
		}
	}
}

func (d *Daemon) ready(ctx context.Context, ask *http.Client) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, d.URL+"/readyz", nil)
	if err != nil {
		return false
	}
	resp, err := ask.Do(req)
	if err != nil {
		return false
	}
	resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// halt ends the process.
func (d *Daemon) halt() {
	if d.cmd.Process == nil {
		return
	}
	_ = d.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	select {
	case <-d.exited:
	case <-time.After(10 * time.Second):
		_ = d.cmd.Process.Kill()
		<-d.exited
	}
}

// Kill ends the process as a power cut would: without a word to it.
func (d *Daemon) Kill() {
	_ = d.cmd.Process.Kill() // it may have ended
	<-d.exited
}

// Stop ends the daemon and removes its directory.
func (d *Daemon) Stop() error {
	d.halt()
	if d.cert != nil {
		return errors.Join(os.RemoveAll(d.Dir), os.RemoveAll(d.cert.dir))
	}
	return os.RemoveAll(d.Dir)
}

// freePort finds a loopback address nobody listens on.
func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// tail keeps the last words of a process.
type tail struct {
	mu  sync.Mutex
	buf []byte
}

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, b...)
	t.buf = t.buf[max(0, len(t.buf)-4096):]
	return len(b), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.buf)
}

// user is somebody with a session.
type user struct {
	id     string
	client *client.Client
}

// newUsers makes n users with names of this run.
func (t Target) newUsers(ctx context.Context, n int) ([]user, error) {
	run := strconv.FormatInt(time.Now().UnixNano()%1e9, 36)
	users := make([]user, n)
	errs := make([]error, n)
	var wg sync.WaitGroup
	slots := make(chan struct{}, 4) // hashing passwords is most of it
	for i := range users {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			login := fmt.Sprintf("bench-%s-%d", run, i)
			id, err := t.Admin.AddUser(ctx, login, client.NewID(), fmt.Sprintf("Bench %d", i), "")
			if err != nil {
				errs[i] = err
				return
			}
			token, _, err := t.Admin.Session(ctx, id, "2h")
			users[i], errs[i] = user{id, &client.Client{URL: t.URL, Token: token, HTTP: newHTTP(t.Roots)}}, err
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("make users: %w", err)
	}
	for _, u := range users { // Me waits until the user has arrived
		if _, err := u.client.Me(ctx); err != nil {
			return nil, fmt.Errorf("make users: %w", err)
		}
	}
	return users, nil
}

// milliseconds is a duration that JSON shows in ms.
type milliseconds time.Duration

func (m milliseconds) MarshalJSON() ([]byte, error) {
	return strconv.AppendFloat(nil, float64(time.Duration(m).Microseconds())/1000, 'f', -1, 64), nil
}

func (m milliseconds) String() string { return fmt.Sprintf("%.2f ms", float64(m)/1e6) }

var _ json.Marshaler = milliseconds(0)
