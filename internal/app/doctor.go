package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"scaip/internal/admin"
	"scaip/internal/log"
	"scaip/internal/services"
	"scaip/internal/store"
)

// Doctor's checks. Each says what is and, unless all is well, what to do.

func ok(name, format string, args ...any) admin.Check {
	return admin.Check{Name: name, State: admin.OK, Text: fmt.Sprintf(format, args...)}
}

func warn(name, text, fix string) admin.Check {
	return admin.Check{Name: name, State: admin.Warn, Text: text, Fix: fix}
}

func fail(name, text, fix string) admin.Check {
	return admin.Check{Name: name, State: admin.Fail, Text: text, Fix: fix}
}

// Examine checks what can be checked while no daemon runs on the data directory. It changes nothing.
func Examine(c Config) ([]admin.Check, error) {
	c, err := c.complete()
	if err != nil {
		return nil, fmt.Errorf("configure: %w", err)
	}
	checks := []admin.Check{checkDir(c.DataDir), checkUnlocked(c.DataDir), checkDisk(c), checkYear(c.Now()), checkPort(c.Listen)}
	return append(checks, warn("daemon", "no daemon runs on this data directory; services, stores and topics are checked while one does", "scaipd serve --data-dir "+c.DataDir)), nil
}

// doctor checks the running daemon.
func (a *App) doctor(r *http.Request) (any, error) {
	checks := []admin.Check{
		checkDir(a.c.DataDir),
		ok("lock", "held by this daemon, process %d", os.Getpid()),
		checkDisk(a.c),
		a.checkClock(r.Context()),
		a.checkAnswers(r.Context()),
	}
	checks = append(checks, a.checkStores()...)
	checks = append(checks, a.checkServices()...)
	checks = append(checks, a.checkParked(r)...)
	checks = append(checks, a.checkTopics(r.Context()))
	checks = append(checks, a.checkRoom(r.Context()))
	if r.URL.Query().Get("verify") != "" {
		checks = append(checks, a.checkRecordings(r.Context())...)
	}
	return admin.Doctor{Checks: checks}, nil
}

// checkRoom says how long there is room for recordings.
func (a *App) checkRoom(ctx context.Context) admin.Check {
	const name, fix = "room", "delete calls, have groups keep them for some days only (scaipd group keep), or raise --quota"
	r, err := a.system.usage.report(ctx)
	switch {
	case err != nil:
		return fail(name, err.Error(), "see the daemon's log")
	case r.Spent:
		return fail(name, fmt.Sprintf("the quota of %d MiB is spent: running calls are not kept", r.Quota>>20), fix)
	case r.DaysLeft >= 0 && r.DaysLeft < 14:
		return warn(name, fmt.Sprintf("recordings grow by %d MiB a day lately: there is room for %.0f days", r.PerDay>>20, r.DaysLeft), fix)
	case r.DaysLeft >= 0:
		return ok(name, "%d recordings, %d MiB; they grow by %d MiB a day lately, for which there is room for %.0f days", r.Files, r.Bytes>>20, r.PerDay>>20, r.DaysLeft)
	}
	return ok(name, "%d recordings, %d MiB; none came lately", r.Files, r.Bytes>>20)
}

// checkRecordings reads every sealed call and compares it with its SHA-256.
func (a *App) checkRecordings(ctx context.Context) []admin.Check {
	const name = "recordings"
	n, bytes, damaged, err := a.system.sealer.Verify(ctx)
	if err != nil {
		return []admin.Check{fail(name, err.Error(), "see the daemon's log")}
	}
	if len(damaged) == 0 {
		return []admin.Check{ok(name, "all %d are as they were sealed, %d MiB", n, bytes>>20)}
	}
	var bad []admin.Check
	for _, d := range damaged[:min(len(damaged), 20)] {
		bad = append(bad, fail(name, fmt.Sprintf("call %s is damaged: %s", d.Call, d.Reason), "restore "+a.dir.join("calls", d.Call+".mkv")+" from a backup; what is left of it plays, and can be downloaded"))
	}
	return append(bad, warn(name, fmt.Sprintf("%d of %d recordings are damaged", len(damaged), n), "check the disk, for example with: smartctl -a DEVICE"))
}

func checkDir(dir string) admin.Check {
	const name = "data directory"
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return ok(name, "%s is not there yet; the first start makes it", dir)
	case err != nil:
		return fail(name, err.Error(), "make the directory readable by this user")
	case !info.IsDir():
		return fail(name, dir+" is no directory", "move it away, or choose another with --data-dir")
	case info.Mode().Perm()&0o077 != 0:
		return warn(name, fmt.Sprintf("%s is open to others (mode %04o)", dir, info.Mode().Perm()), "chmod 700 "+dir)
	}
	v, err := readVersion(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return ok(name, "%s, mode 0700, empty", dir)
	case err != nil:
		return fail(name, err.Error(), "choose the right directory with --data-dir")
	case v > dataVersion:
		return fail(name, fmt.Sprintf("%s: layout %d, this program knows %d", ErrNewer, v, dataVersion), "use the scaipd that wrote it, or a newer one")
	}
	return ok(name, "%s, mode 0700, layout %d", dir, v)
}

func checkUnlocked(dir string) admin.Check {
	const name = "lock"
	f, err := os.Open(filepath.Join(dir, lockName))
	if errors.Is(err, fs.ErrNotExist) {
		return ok(name, "free")
	}
	if err != nil {
		return fail(name, err.Error(), "make "+lockName+" readable by this user")
	}
	defer f.Close()
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB); err != nil {
		return fail(name, "held by a process that does not answer at the admin socket", "look what runs with: ps -C scaipd; end it, or wait until it has stopped")
	}
	return ok(name, "free")
}

func checkDisk(c Config) admin.Check {
	const name = "disk"
	dir := c.DataDir
	for { // the nearest directory that is there
		if _, err := os.Stat(dir); err == nil || dir == filepath.Dir(dir) {
			break
		}
		dir = filepath.Dir(dir)
	}
	free, err := store.FreeSpace(dir)
	switch {
	case err != nil:
		return fail(name, err.Error(), "check the file system")
	case free < c.MinFree:
		return fail(name, fmt.Sprintf("%d MiB are free, below the mark of %d MiB: nothing new is taken in", free>>20, c.MinFree>>20),
			"delete calls with: scaipd call rm CALL; or give the file system more space")
	case free < 4*c.MinFree:
		return warn(name, fmt.Sprintf("%d MiB are free; at %d MiB nothing new is taken in", free>>20, c.MinFree>>20), "make space before it gets there")
	}
	return ok(name, "%d MiB free", free>>20)
}

func checkYear(now time.Time) admin.Check {
	if now.Year() < 2025 || now.Year() > 2100 {
		return fail("clock", "the clock says "+now.UTC().Format(time.RFC3339), "set it, for example with: timedatectl set-ntp true")
	}
	return ok("clock", "%s", now.UTC().Format(time.RFC3339))
}

// checkClock compares the clock with itself since the start, and with what the log has noted.
func (a *App) checkClock(ctx context.Context) admin.Check {
	const name, fix = "clock", "keep it by NTP, for example with: timedatectl set-ntp true"
	now := a.c.Now()
	if c := checkYear(now); c.State != admin.OK {
		return c
	}
	// Sub uses the monotonic readings; without them, wall clocks.
	if jump := now.Round(0).Sub(a.started.Round(0)) - now.Sub(a.started); jump.Abs() > 2*time.Second {
		return warn(name, fmt.Sprintf("it has jumped by %v since the start", jump.Round(time.Millisecond)), fix)
	}
	for _, service := range names() {
		last, ok, err := a.logs.events.Last(ctx, services.Outbox(service))
		if err == nil && ok && last.Time.Sub(now) > 5*time.Second {
			return fail(name, fmt.Sprintf("it is behind: %s's last event is of %s", service, last.Time.Format(time.RFC3339)), fix)
		}
	}
	return ok(name, "%s, not before the last event", now.UTC().Format(time.RFC3339))
}

func checkPort(listen string) admin.Check {
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return fail("port", err.Error(), "end the program that uses it, or choose another with --listen")
	}
	l.Close()
	return ok("port", "%s is free", listen)
}

// checkAnswers asks the daemon at its own address.
func (a *App) checkAnswers(ctx context.Context) admin.Check {
	const name = "port"
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", a.outside.Addr().String())
	if err != nil {
		return fail(name, err.Error(), "see whether a firewall blocks "+a.outside.Addr().String())
	}
	conn.Close()
	if beyondLoopback(a.c.Listen) && !a.c.secure() {
		return warn(name, a.outside.Addr().String()+" is open to others without TLS; browsers give no camera there", "use --tls-cert and --tls-key, or a TLS proxy")
	}
	return ok(name, "%s answers", a.outside.Addr())
}

func (a *App) checkStores() []admin.Check {
	var bad []admin.Check
	for service, s := range a.stores {
		err := s.View(func(r store.Reader) error {
			for _, err := range r.Tables() {
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err == nil {
			continue
		}
		fix := fmt.Sprintf("stop the daemon and move %s away: it is built anew from the event store at the next start", a.dir.join("stores", service+"*"))
		if service == "auth" {
			fix += "; passwords are there alone, so everybody needs a new one: scaipd user passwd LOGIN"
		}
		bad = append(bad, fail("store of "+service, err.Error(), fix))
	}
	if bad == nil {
		return []admin.Check{ok("stores", "all %d can be read", len(a.stores))}
	}
	return bad
}

// farBehind is how many records a service may be behind before that is a failure: so long an inbox is not being worked off any more.
const farBehind = 100_000

func (a *App) checkServices() []admin.Check {
	var bad []admin.Check
	for _, st := range a.system.stats() {
		var behind int64
		for _, lag := range st.Lag {
			behind = max(behind, lag)
		}
		switch {
		case st.Failing != "":
			bad = append(bad, fail(st.Service, "it tries again and again: "+st.Failing, "see the daemon's log; it goes on by itself when the reason is gone"))
		case behind > farBehind:
			bad = append(bad, fail(st.Service, fmt.Sprintf("%d records behind; they stay in its inbox, which grows, until it has them", behind),
				"see the daemon's log for why it does not keep up; when the event log is full, nothing new is taken in"))
		case behind > 1000:
			bad = append(bad, warn(st.Service, fmt.Sprintf("%d records behind", behind), "wait; if it grows, see the daemon's log"))
		}
	}
	if bad == nil {
		return []admin.Check{ok("services", "all %d keep up", len(names())+1)}
	}
	return bad
}

func (a *App) checkParked(r *http.Request) []admin.Check {
	var bad []admin.Check
	for _, st := range a.system.stats() {
		if st.Unkept > 0 {
			bad = append(bad, warn(st.Service, fmt.Sprintf("%d more records could not be processed and are not kept, because there were too many", st.Unkept), "see the daemon's log"))
		}
	}
	for _, name := range append(names(), "dispatch") {
		parked, err := a.system.parkedOf(r, name)
		if err != nil {
			bad = append(bad, fail(name, "list parked records: "+err.Error(), "see the daemon's log"))
			continue
		}
		for _, p := range parked[:min(len(parked), 5)] {
			bad = append(bad, warn(name, fmt.Sprintf("parked: %s offset %d %s: %s", p.Topic, p.Offset, p.Type, p.Reason),
				fmt.Sprintf("look at it: scaipd log cat %s --from %d --limit 1; report it with the reason", p.Topic, p.Offset)))
		}
		if n := len(parked) - 5; n > 0 {
			bad = append(bad, warn(name, fmt.Sprintf("%d more records are parked", n), "see the daemon's log"))
		}
	}
	if bad == nil {
		return []admin.Check{ok("parked", "no record was put aside")}
	}
	return bad
}

// checkTopics compares the topics that are there with those that should be.
func (a *App) checkTopics(ctx context.Context) admin.Check {
	const name = "topics"
	topics, err := a.listTopics(ctx, "")
	if err != nil {
		return fail(name, err.Error(), "see whether the log server runs")
	}
	var bytes int64
	var missing []string
	for _, t := range topics {
		bytes += max(t.Bytes, 0)
	}
	for _, service := range names() {
		for _, want := range []log.Topic{services.Inbox(service), services.Outbox(service)} {
			if !slices.ContainsFunc(topics, func(t admin.Topic) bool { return t.Topic == want }) {
				missing = append(missing, string(want))
			}
		}
	}
	if len(missing) > 0 {
		return fail(name, "missing: "+strings.Join(missing, ", "), "restart the daemon: it makes inboxes anew. A lost outbox is filled again from its service's store")
	}
	return ok(name, "%d topics, %d MiB", len(topics), bytes>>20)
}
