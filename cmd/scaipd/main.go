// Command scaipd is Scaip: the daemon (serve), and the commands that administer it.
//
// Each command has a file of its own here and is thin: what it does is in internal. All but serve, doctor and version speak to the daemon that
// runs on the data directory.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"scaip/internal/admin"
	"scaip/internal/app"
	"scaip/internal/client"
	"scaip/internal/event"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	// The first signal asks; the next one, when the default is back, ends the process.
	context.AfterFunc(ctx, stop)
	c := &cli{in: os.Stdin, out: os.Stdout, err: os.Stderr, getenv: os.Getenv}
	code := c.run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}

// A cli is one run of the program.
type cli struct {
	in       *os.File
	out, err io.Writer // results; talk
	getenv   func(string) string

	dataDir string
	json    bool
}

// Exit codes, but for those of refusals: see event.Code.
const (
	exitOK          = 0
	exitError       = 1
	exitUsage       = 2
	exitConflict    = 5
	exitUnreachable = 6
	exitVerify      = 7 // what was checked is not as it should be
	exitInterrupted = 130
)

// A usageError is a command line that can't be understood.
type usageError struct{ error }

// A verifyError says that what was checked is not as it should be.
type verifyError struct{ error }

func usage(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// run executes a command line and returns the exit code.
func (c *cli) run(ctx context.Context, args []string) int {
	root := c.root()
	root.SetArgs(args)
	root.SetOut(c.out)
	root.SetErr(c.err)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitOK
	}
	code, text := c.explain(ctx, err)
	fmt.Fprintln(c.err, "scaipd:", text)
	if code == exitUsage {
		fmt.Fprintf(c.err, "See: %s --help\n", cmd.CommandPath())
	}
	return code
}

// explain finds the exit code of an error, and the words for it.
func (c *cli) explain(ctx context.Context, err error) (code int, text string) {
	var wrong usageError
	var verify verifyError
	refusal, refused := event.AsRefusal(err)
	switch {
	case errors.As(err, &wrong):
		return exitUsage, err.Error()
	case refused:
		return refusal.Code.ExitCode(), refusal.Text
	case admin.NotRunning(err):
		return exitUnreachable, fmt.Sprintf("no daemon runs on the data directory %s.\nStart it with: scaipd serve --data-dir %s\nOr name another directory with --data-dir.", c.dataDir, c.dataDir)
	case errors.Is(err, app.ErrLocked):
		return exitConflict, err.Error() + ".\nAsk it how it is with: scaipd status"
	case errors.As(err, &verify), errors.Is(err, client.ErrCorrupt):
		return exitVerify, err.Error()
	case ctx.Err() != nil:
		return exitInterrupted, "interrupted"
	}
	return exitError, err.Error()
}
