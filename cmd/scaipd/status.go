package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"scaip/internal/admin"
	"scaip/internal/client"
)

func (c *cli) status() *cobra.Command {
	return c.listing(leaf("status", "Show how the daemon is: services, logs, sockets, memory, disk", "  scaipd status\n  scaipd status --json", 0,
		func(ctx context.Context, _ []string) error {
			return c.ask(func(a *client.Admin) error {
				var s admin.Status
				if err := a.Do(ctx, "GET", "/admin/status", nil, &s); err != nil {
					return err
				}
				return c.print(s, func(w io.Writer) { showStatus(w, s) })
			})
		}))
}

// recordings says what they take, and how long there is room.
func recordings(r admin.Recordings) string {
	text := fmt.Sprintf("%d, %s", r.Files, size(r.Bytes))
	if r.Running > 0 {
		text += fmt.Sprintf("; calls that are not sealed yet %s", size(r.Running))
	}
	if r.Quota > 0 {
		text += fmt.Sprintf("; quota %s", size(r.Quota))
	}
	switch {
	case r.Spent:
		text += ", spent: running calls are not kept"
	case r.DaysLeft >= 0:
		text += fmt.Sprintf("; %s a day lately: room for %.0f days", size(r.PerDay), r.DaysLeft)
	}
	return text
}

func showStatus(w io.Writer, s admin.Status) {
	disk := fmt.Sprintf("%s free", size(s.Disk.Free))
	if s.Disk.Full {
		disk += "; nearly full: nothing new is taken in"
	}
	up := time.Duration(s.Uptime * float64(time.Second)).Round(time.Second)
	table(w, [][]string{
		{"version", s.Version}, {"address", s.Address}, {"data", s.DataDir},
		{"up", fmt.Sprintf("%s, process %d", up, s.PID)},
		{"memory", fmt.Sprintf("%s, %d goroutines", size(s.Memory.Resident), s.Memory.Goroutines)},
		{"disk", disk},
		{"recordings", recordings(s.Recordings)},
		{"clients", fmt.Sprintf("%d users, %d connections", s.Gateway.Users, s.Gateway.Connections)},
	})
	for _, m := range s.Media {
		fmt.Fprintf(w, "%s  %d calls, %d sockets, %d tracks\n", m.Service, m.Calls, m.Sockets, m.Tracks)
	}
	if len(s.Recordings.Groups) > 0 {
		rows := [][]string{{""}, {"GROUP", "CALLS", "RECORDINGS"}}
		for _, g := range s.Recordings.Groups[:min(len(s.Recordings.Groups), 10)] {
			rows = append(rows, []string{cmp.Or(g.Name, g.Group, "–"), number(int64(g.Calls)), size(g.Bytes)})
		}
		table(w, rows)
	}
	rows := [][]string{{""}, {"SERVICE", "STATE", "OFFSET", "LAG", "MADE", "RELAYED", "PARKED"}}
	for _, st := range s.Services {
		state := "ready"
		switch {
		case st.Failing != "":
			state = "failing"
		case !st.Ready:
			state = "starting"
		}
		var next, lag int64
		for topic, n := range st.Next {
			next += n
			lag += max(st.Lag[topic], 0)
		}
		rows = append(rows, []string{st.Service, state, number(next), number(lag), strconv.FormatUint(st.Made, 10), strconv.FormatUint(st.Relayed, 10), strconv.Itoa(st.Parked)})
	}
	table(w, rows)
	var records, bytes int64
	for _, t := range s.Topics {
		records += t.Bounds.Next - t.Bounds.First
		bytes += max(t.Bytes, 0)
	}
	fmt.Fprintf(w, "\n%d topics, %d records, %s\n", len(s.Topics), records, size(bytes))
}
