package main

import (
	"context"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"scaip/internal/admin"
	"scaip/internal/app"
)

func (c *cli) routes() *cobra.Command {
	var http bool
	cmd := leaf("routes", "Print the routing table: which type goes to which inbox, and who may send it", "  scaipd routes\n  scaipd routes --http --json", 0,
		func(context.Context, []string) error {
			r := app.Routes()
			return c.print(r, func(w io.Writer) {
				if http {
					tableOfHTTP(w, r)
					return
				}
				rows := [][]string{{"TYPE", "BY", "TO"}}
				for _, d := range r.Deliveries {
					var to []string
					for _, t := range d.Targets {
						to = append(to, string(t))
					}
					rows = append(rows, []string{d.Type, string(d.Access), strings.Join(to, " ")})
				}
				table(w, rows)
			})
		})
	cmd.Flags().BoolVar(&http, "http", false, "print the routes of HTTP instead")
	return c.listing(cmd)
}

func tableOfHTTP(w io.Writer, r admin.Routes) {
	rows := [][]string{{"ROUTE", "BY"}}
	for _, h := range r.HTTP {
		rows = append(rows, []string{h.Pattern, string(h.Access)})
	}
	table(w, rows)
}
