package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"scaip/internal/client"
)

// commands calls f with every command there is.
func commands(cmd *cobra.Command, f func(*cobra.Command)) {
	f(cmd)
	for _, sub := range cmd.Commands() {
		commands(sub, f)
	}
}

func TestEveryCommandHasTwoExamples(t *testing.T) {
	n := 0
	commands((&cli{}).root(), func(cmd *cobra.Command) {
		if cmd.Hidden {
			return
		}
		n++
		examples := 0
		for line := range strings.Lines(cmd.Example) {
			if strings.Contains(line, cmd.CommandPath()) || strings.Contains(line, "scaipd --data-dir") {
				examples++
			}
		}
		if cmd.Parent() == nil || cmd.HasSubCommands() { // those of its commands do
			examples = strings.Count(cmd.Example, "scaipd ")
		}
		if examples < 2 {
			t.Errorf("%s has %d examples:\n%s", cmd.CommandPath(), examples, cmd.Example)
		}
		if cmd.Short == "" {
			t.Errorf("%s does not say what it does", cmd.CommandPath())
		}
		switch cmd.Name() {
		case "ls", "show", "members", "routes", "status", "doctor", "cat", "tail", "version":
			if cmd.Flags().Lookup("json") == nil {
				t.Errorf("%s lists something and has no --json", cmd.CommandPath())
			}
		}
	})
	if n < 30 {
		t.Errorf("only %d commands", n)
	}
}

// A shell runs command lines against one data directory.
type shell struct {
	t   *testing.T
	dir string
}

// run runs a command line; stdin is what it may read.
func (s shell) run(stdin string, args ...string) (code int, out, talk string) {
	s.t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		s.t.Fatal(err)
	}
	defer r.Close()
	if _, err := io.WriteString(w, stdin); err != nil {
		s.t.Fatal(err)
	}
	w.Close()
	var stdout, stderr bytes.Buffer
	c := &cli{in: r, out: &stdout, err: &stderr, getenv: func(name string) string {
		return map[string]string{"SCAIPD_DATA_DIR": s.dir}[name]
	}}
	code = c.run(s.t.Context(), args)
	return code, stdout.String(), stderr.String()
}

// ok runs a command line that must succeed, and returns what it prints.
func (s shell) ok(args ...string) string {
	s.t.Helper()
	return s.okWith("", args...)
}

func (s shell) okWith(stdin string, args ...string) string {
	s.t.Helper()
	code, out, talk := s.run(stdin, args...)
	if code != 0 {
		s.t.Fatalf("scaipd %s: exit %d\n%s%s", strings.Join(args, " "), code, out, talk)
	}
	return out
}

// decode runs a command line with --json.
func decode[T any](s shell, args ...string) (v T) {
	s.t.Helper()
	out := s.ok(append(args, "--json")...)
	if err := json.Unmarshal([]byte(out), &v); err != nil {
		s.t.Fatalf("scaipd %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return v
}

// lines is a writer that hands out whole lines.
type lines struct {
	mu   sync.Mutex
	rest []byte
	out  chan string
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rest = append(l.rest, p...)
	for {
		line, rest, ok := bytes.Cut(l.rest, []byte("\n"))
		if !ok {
			return len(p), nil
		}
		l.out <- string(line)
		l.rest = rest
	}
}

// serve runs a daemon on a fresh directory and returns the lines that it prints at its first start.
func serve(t *testing.T) (shell, []string) {
	t.Helper()
	s := shell{t, t.TempDir()}
	printed := &lines{out: make(chan string, 16)}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan int, 1)
	c := &cli{in: os.Stdin, out: printed, err: io.Discard, getenv: func(string) string { return "" }}
	go func() {
		ended <- c.run(ctx, []string{"serve", "--data-dir", s.dir, "--listen", "127.0.0.1:0"})
	}()
	t.Cleanup(func() {
		cancel()
		if code := <-ended; code != 0 {
			t.Errorf("serve: exit %d", code)
		}
	})
	var first []string
	for len(first) < 3 {
		select {
		case line := <-printed.out:
			first = append(first, line)
		case code := <-ended:
			ended <- 0
			t.Fatalf("serve ended with %d after %q", code, first)
		}
	}
	return s, first
}

func TestCommandLinesThatMakeNoSense(t *testing.T) {
	s := shell{t, t.TempDir()}
	for _, args := range [][]string{
		{"fly"}, {"user"}, {"user", "fly"}, {"user", "add"}, {"user", "add", "a", "b"}, {"status", "now"}, {"status", "--fast"},
		{"group", "add", "Team"}, {"replay", "abc"}, {"bot", "--as", "ada"}, {"serve", "--log-level", "loud"}, {"call", "rm", "abc"},
		{"user", "add", "ada"}, // no terminal to ask for a password
	} {
		if code, _, talk := s.run("", args...); code != exitUsage || !strings.Contains(talk, "--help") {
			t.Errorf("scaipd %q: exit %d, %s", args, code, talk)
		}
	}
}

func TestNoDaemon(t *testing.T) {
	s := shell{t, filepath.Join(t.TempDir(), "not", "there")}
	for _, args := range [][]string{{"status"}, {"user", "ls"}, {"log", "cat", "auth.out"}, {"rebuild", "users"}, {"call", "start", "Team"}} {
		code, out, talk := s.run("", args...)
		if code != exitUnreachable || out != "" || !strings.Contains(talk, "scaipd serve") {
			t.Errorf("scaipd %q: exit %d, %q, %q", args, code, out, talk)
		}
	}
	if code, out, _ := s.run("", "doctor"); code != 0 || !strings.Contains(out, "scaipd serve") {
		t.Errorf("doctor without a daemon: exit %d\n%s", code, out)
	}
	if _, err := os.Stat(s.dir); err == nil {
		t.Error("asking made the data directory")
	}
}

func TestFirstRunPrintsThreeLines(t *testing.T) {
	s, first := serve(t)
	for i, want := range []string{"Open     http://127.0.0.1:", "Address  http://127.0.0.1:", "Data     " + s.dir} {
		if !strings.HasPrefix(first[i], want) {
			t.Errorf("line %d is %q, want %q…", i+1, first[i], want)
		}
	}
	if !strings.Contains(first[0], "/#setup=") {
		t.Errorf("no setup link: %q", first[0])
	}
	start := time.Now()
	if code, _, talk := s.run("", "serve", "--listen", "127.0.0.1:0"); code != exitConflict || !strings.Contains(talk, "another daemon") {
		t.Errorf("a second daemon: exit %d, %s", code, talk)
	}
	if took := time.Since(start); took > time.Second {
		t.Errorf("it took %v to refuse it", took)
	}
}

func TestAdministration(t *testing.T) {
	s, _ := serve(t)
	const password = "correct horse\n"
	s.okWith(password, "user", "add", "ada", "--admin", "--name", "Ada Lovelace", "--password-stdin")
	s.okWith(password, "user", "add", "bob", "--password-stdin")
	for _, tt := range []struct {
		want  int
		stdin string
		args  []string
	}{
		{5, password, []string{"user", "add", "ada", "--password-stdin"}},
		{2, "short\n", []string{"user", "add", "eve", "--password-stdin"}},
		{3, "", []string{"user", "disable", "eve"}},
		{3, "", []string{"group", "members", "Team"}},
		{3, "", []string{"call", "show", "nothing"}},
		{3, "", []string{"call", "end", "nothing"}},
		{3, "", []string{"log", "cat", "nothing.out"}},
		{3, "", []string{"rebuild", "nothing"}},
		{3, "", []string{"group", "add", "Team", "--owner", "eve"}},
	} {
		if code, _, talk := s.run(tt.stdin, tt.args...); code != tt.want || !strings.HasPrefix(talk, "scaipd: ") {
			t.Errorf("scaipd %q: exit %d, want %d: %s", tt.args, code, tt.want, talk)
		}
	}
	users := decode[struct{ Users []client.User }](s, "user", "ls").Users
	if len(users) != 2 || users[0].Login != "ada" || users[0].Name != "Ada Lovelace" || users[0].Role != "admin" || users[1].Login != "bob" {
		t.Errorf("user ls: %+v", users)
	}
	s.ok("user", "disable", "bob")
	if users := decode[struct{ Users []client.User }](s, "user", "ls").Users; !users[1].Disabled {
		t.Errorf("bob is not disabled: %+v", users)
	}
	s.ok("user", "enable", "bob")
	s.okWith("battery staple\n", "user", "passwd", "bob", "--password-stdin")

	group := decode[struct{ Group string }](s, "group", "add", "Team", "--owner", "ada", "--member", "bob").Group
	if out := s.ok("group", "members", "Team"); !strings.Contains(out, "Ada Lovelace") || !strings.Contains(out, "bob") {
		t.Errorf("group members:\n%s", out)
	}
	if out := s.ok("group", "ls"); !strings.Contains(out, group) {
		t.Errorf("group ls:\n%s", out)
	}
	call := strings.TrimSpace(s.ok("call", "start", "Team", "--title", "Standup"))
	if calls := decode[struct{ Calls []client.Call }](s, "call", "ls", "--state", "running", "--group", "Team").Calls; len(calls) != 1 || calls[0].ID != call {
		t.Errorf("call ls: %+v", calls)
	}
	s.ok("call", "end", call)
	if out := s.ok("call", "show", call); !strings.Contains(out, "Standup") || !strings.Contains(out, "ended") {
		t.Errorf("call show:\n%s", out)
	}
	s.ok("call", "rm", call, "--yes")

	if out := s.ok("log", "cat", "calls.out"); !strings.Contains(out, "calls.started") || !strings.Contains(out, "calls.deleted") {
		t.Errorf("log cat:\n%s", out)
	}
	for _, service := range []string{"users", "groups", "calls", "query", "auth"} {
		s.ok("rebuild", service)
	}
	if out := s.ok("rebuild", "groups", "--at", time.Now().UTC().Format(time.RFC3339Nano)); !strings.Contains(out, "Team") {
		t.Errorf("rebuild --at:\n%s", out)
	}
	for _, args := range [][]string{{"status"}, {"doctor"}, {"routes"}, {"routes", "--http"}, {"log", "ls"}, {"version"}} {
		if out := s.ok(args...); len(out) < 10 {
			t.Errorf("scaipd %q prints %q", args, out)
		}
	}
}

// TestBotsAndTheirReplay: two bots in a call, one plays and one checks; what was played comes back as a file.
func TestBotsAndTheirReplay(t *testing.T) {
	s, _ := serve(t)
	for _, login := range []string{"ada", "bob"} {
		s.okWith("correct horse\n", "user", "add", login, "--password-stdin")
	}
	s.ok("group", "add", "Team", "--owner", "ada", "--member", "bob")
	call := strings.TrimSpace(s.ok("call", "start", "Team"))

	done := make(chan int, 1)
	go func() {
		code, _, _ := s.run("", "bot", "--group", "Team", "--as", "ada", "--media", "../../testdata/media/walk.webm", "--loop", "--for", "4s")
		done <- code
	}()
	type report struct {
		Received []struct {
			Kind   string
			Frames int
		}
		Faults int
	}
	heard := decode[report](s, "bot", "--call", call, "--as", "bob", "--receive", "--for", "3s")
	if code := <-done; code != 0 {
		t.Errorf("the bot that plays: exit %d", code)
	}
	frames := map[string]int{}
	for _, r := range heard.Received {
		frames[r.Kind] += r.Frames
	}
	if heard.Faults > 0 || frames["audio"] < 50 || frames["video"] < 20 {
		t.Errorf("bob received %+v", heard)
	}
	path := filepath.Join(t.TempDir(), "call.mkv")
	s.ok("replay", call, "-o", path)
	raw, err := os.ReadFile(path)
	if err != nil || len(raw) < 10_000 || !bytes.HasPrefix(raw, []byte{0x1a, 0x45, 0xdf, 0xa3}) {
		t.Errorf("the replay has %d bytes, %v", len(raw), err)
	}
	s.ok("replay", call, "-o", path, "--split")
	s.ok("replay", call, "-o", filepath.Join(filepath.Dir(path), "voices.mka"), "--audio")
	s.ok("replay", call, "-o", filepath.Join(filepath.Dir(path), "voice.opus"), "--audio")
	s.ok("replay", call, "-o", filepath.Join(filepath.Dir(path), "web.webm"), "--format", "webm")
	var files []string
	for name, magic := range map[string]string{"call.mkv": "\x1a\x45\xdf\xa3", "call-*.mkv": "\x1a\x45\xdf\xa3", "voices.mka": "\x1a\x45\xdf\xa3",
		"voice-*.opus": "OggS", "web.webm": "\x1a\x45\xdf\xa3"} {
		files = append(files, name)
		found, _ := filepath.Glob(filepath.Join(filepath.Dir(path), name))
		if len(found) != 1 {
			t.Errorf("of %s there are %v", name, found)
			continue
		}
		if raw, err := os.ReadFile(found[0]); err != nil || !strings.HasPrefix(string(raw), magic) {
			t.Errorf("%s: %d bytes, %v", name, len(raw), err)
		}
	}
	if there, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*")); err != nil || len(there) != len(files) {
		t.Errorf("there are %v, want %v", there, files)
	}
	for _, flags := range [][]string{{"--format", "avi"}, {"--grid", "--split"}, {"--audio", "--format", "webm"}} {
		if code, _, _ := s.run("", append([]string{"replay", call, "-o", path}, flags...)...); code != 2 {
			t.Errorf("replay %v: exit %d, want 2", flags, code)
		}
	}
	if code, _, _ := s.run("", "replay", call, "-o", filepath.Join(t.TempDir(), "eve.mkv"), "--participant", "eve"); code != 3 {
		t.Errorf("replay of somebody unknown: exit %d, want 3", code)
	}
}
