package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"scaip/internal/admin"
	"scaip/internal/app"
	"scaip/internal/client"
)

func (c *cli) doctor() *cobra.Command {
	var listen string
	var verify bool
	cmd := leaf("doctor", "Check directory, lock, disk, clock, port, stores, services and topics, and say what to do", "  scaipd doctor --verify\n  scaipd doctor --json", 0,
		func(ctx context.Context, _ []string) error {
			var d admin.Doctor
			path := "/admin/doctor"
			if verify {
				path += "?verify=1"
			}
			err := c.ask(func(a *client.Admin) error { return a.Do(ctx, "GET", path, nil, &d) })
			if admin.NotRunning(err) {
				d.Checks, err = app.Examine(app.Config{DataDir: c.dataDir, Listen: listen})
			}
			if err != nil {
				return err
			}
			if err := c.print(d, func(w io.Writer) { c.showChecks(w, d.Checks) }); err != nil {
				return err
			}
			return verdict(d.Checks)
		})
	cmd.Flags().BoolVar(&verify, "verify", false, "read every recording and compare it with its SHA-256 (of a running daemon)")
	cmd.Flags().StringVar(&listen, "listen", app.DefaultListen, "address that the daemon would listen on, checked if none runs")
	return c.listing(cmd)
}

func (c *cli) showChecks(w io.Writer, checks []admin.Check) {
	colors := map[string]string{admin.OK: "32", admin.Warn: "33", admin.Fail: "31"}
	for _, k := range checks {
		fmt.Fprintf(w, "%s  %-15s %s\n", c.color(colors[k.State], fmt.Sprintf("%-4s", k.State)), k.Name, k.Text)
		if k.Fix != "" {
			fmt.Fprintf(w, "      %-15s → %s\n", "", k.Fix)
		}
	}
}

// verdict is an error if a check failed; a warning is none.
func verdict(checks []admin.Check) error {
	failed := 0
	for _, k := range checks {
		if k.State == admin.Fail {
			failed++
		}
	}
	if failed > 0 {
		return verifyError{fmt.Errorf("%d of %d checks failed", failed, len(checks))}
	}
	return nil
}
