package main

import (
	"context"
	"fmt"
	"io"
	"net/url"

	"github.com/spf13/cobra"

	"scaip/internal/admin"
	"scaip/internal/client"
)

func (c *cli) rebuild() *cobra.Command {
	var at string
	cmd := leaf("rebuild SERVICE", "Build a service's store anew from the event store, aside, and compare it with the live one",
		"  scaipd rebuild groups\n  scaipd rebuild groups --at 2026-01-31T12:00:00Z", 1,
		func(ctx context.Context, args []string) error {
			return c.ask(func(a *client.Admin) error {
				path := "/admin/rebuild/" + url.PathEscape(args[0])
				if at != "" {
					path += "?at=" + url.QueryEscape(at)
				}
				var r admin.Rebuilt
				if err := a.Do(ctx, "POST", path, struct{}{}, &r); err != nil {
					return err
				}
				if r.Comparison == nil {
					c.json = true // a state has no other form
					return c.print(r, nil)
				}
				if err := c.print(r, func(w io.Writer) { showComparison(w, r) }); err != nil {
					return err
				}
				if n := r.Comparison.Differ; n > 0 {
					return verifyError{fmt.Errorf("%s's rebuilt store differs from the live one in %d rows", args[0], n)}
				}
				return nil
			})
		})
	cmd.Flags().StringVar(&at, "at", "", "show the state of that moment instead, as JSON")
	return c.listing(cmd)
}

func showComparison(w io.Writer, r admin.Rebuilt) {
	for _, d := range r.Comparison.Differences {
		fmt.Fprintf(w, "%-9s  %s  %q\n", d.What, d.Table, d.Key)
	}
	if r.Comparison.Differ == 0 {
		fmt.Fprintf(w, "%s: the rebuilt store equals the live one: %d events, %d tables, %d rows\n", r.Service, r.Comparison.Events, r.Comparison.Tables, r.Comparison.Rows)
	}
}
