package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"scaip/internal/admin"
	"scaip/internal/bench"
	"scaip/internal/client"
)

// benchFlags are those of all of bench's commands.
type benchFlags struct {
	url   string
	temp  string
	media string
	chat  bench.ChatOptions
	call  bench.CallOptions
	idle  time.Duration
	tls   bool
}

func (c *cli) bench() *cobra.Command {
	b := &benchFlags{}
	cmd := noun("bench", "Measure a daemon: a chat, a call, calls that are over, and doing nothing; beside each number its floor on this machine",
		"  scaipd bench chat\n  scaipd bench call --media testdata/media/walk.webm --bots 15 --json",
		c.benchChat(b), c.benchCall(b), c.benchReplay(b), c.benchIdle(b), c.benchRelay())
	cmd.PersistentFlags().StringVar(&b.temp, "temp-dir", "", "where the daemons of the measurement keep their data, on the disk to be measured (default the system's)")
	return cmd
}

func (c *cli) benchChat(b *benchFlags) *cobra.Command {
	cmd := leaf("chat", "Measure posts: from sending to delivery at a steady rate, then how many a second are acknowledged",
		"  scaipd bench chat\n  scaipd bench chat --clients 50 --rate 100 --json", 0,
		func(ctx context.Context, _ []string) error {
			return c.measure(ctx, b, func(t bench.Target) error {
				r, err := bench.Chat(ctx, t, b.chat)
				if err != nil {
					return err
				}
				return c.print(r, func(w io.Writer) { showBenchChat(w, r) })
			})
		})
	f := cmd.Flags()
	f.IntVar(&b.chat.Clients, "clients", 100, "clients in one group")
	f.IntVar(&b.chat.Rate, "rate", 200, "posts a second, by all clients together")
	f.DurationVar(&b.chat.For, "for", 10*time.Second, "how long each of the two measurements lasts")
	f.IntVar(&b.chat.Writers, "writers", 250, "clients that post without pause afterwards, each in a group of its own")
	f.StringVar(&b.url, "url", "", "address of a running daemon, the one of the data directory (default a new one)")
	return c.listing(cmd)
}

func (c *cli) benchCall(b *benchFlags) *cobra.Command {
	cmd := leaf("call", "Measure a call of bots that all receive each other",
		"  scaipd bench call --media testdata/media/walk.webm\n  scaipd bench call --media testdata/media/walk.webm --tls --for 10s --json", 0,
		func(ctx context.Context, _ []string) error {
			if b.media == "" {
				return usage("what shall the bots play? Use --media FILE.webm, as in --media testdata/media/walk.webm")
			}
			clip, err := openClip(b.media)
			if err != nil {
				return err
			}
			self, err := os.Executable()
			if err != nil {
				return fmt.Errorf("find one's own program: %w", err)
			}
			b.call.Clip, b.call.Relay = clip, []string{self, "bench", "relay"}
			return c.measure(ctx, b, func(t bench.Target) error {
				r, err := bench.Call(ctx, t, b.call)
				if err != nil {
					return err
				}
				return c.print(r, func(w io.Writer) { showBenchCall(w, r) })
			})
		})
	f := cmd.Flags()
	f.StringVar(&b.media, "media", "", "WebM file that the bots play")
	f.IntVar(&b.call.Bots, "bots", 15, "how many are in the call")
	f.DurationVar(&b.call.For, "for", 20*time.Second, "how long is measured, after a warming up")
	f.BoolVar(&b.tls, "tls", false, "with TLS: the new daemon has a self-made certificate, which the bots verify")
	f.StringVar(&b.url, "url", "", "address of a running daemon, the one of the data directory (default a new one)")
	return c.listing(cmd)
}

func (c *cli) benchIdle(b *benchFlags) *cobra.Command {
	cmd := leaf("idle", "Measure the start, and a daemon that nobody uses", "  scaipd bench idle\n  scaipd bench idle --for 1m --json", 0,
		func(ctx context.Context, _ []string) error {
			self, err := os.Executable()
			if err != nil {
				return fmt.Errorf("find one's own program: %w", err)
			}
			r, err := bench.Idle(ctx, self, b.temp, b.idle)
			if err != nil {
				return err
			}
			return c.print(r, func(w io.Writer) { showBenchIdle(w, r) })
		})
	cmd.Flags().DurationVar(&b.idle, "for", 20*time.Second, "how long the idle daemon is watched")
	return c.listing(cmd)
}

// benchRelay is the floor of a call, in a process of its own. It ends with its input.
func (c *cli) benchRelay() *cobra.Command {
	cmd := leaf("relay", "Copy media messages from each socket to the others (the floor of bench call)", "  scaipd bench relay\n  scaipd bench relay </dev/null", 0,
		func(context.Context, []string) error { return bench.Relay(c.in, c.out) })
	cmd.Hidden = true
	return cmd
}

// measure calls f with a daemon: the one asked for, or a new one that goes afterwards.
func (c *cli) measure(ctx context.Context, b *benchFlags, f func(bench.Target) error) error {
	if b.url != "" {
		if b.tls {
			return usage("--tls is for a new daemon; the one at --url speaks as it does")
		}
		return c.ask(func(a *client.Admin) error {
			var s admin.Status
			if err := a.Do(ctx, "GET", "/admin/status", nil, &s); err != nil {
				return err
			}
			return f(bench.Target{URL: b.url, Admin: a, PID: s.PID, Dir: s.DataDir})
		})
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find one's own program: %w", err)
	}
	start := bench.StartDaemon
	if b.tls {
		start = bench.StartTLSDaemon
	}
	d, err := start(ctx, self, b.temp)
	if err != nil {
		return err
	}
	return errors.Join(f(d.Target), d.Stop())
}

func showBenchChat(w io.Writer, r bench.ChatResult) {
	table(w, [][]string{
		{"WHAT", "P50", "P99", "MAX"},
		{fmt.Sprintf("delivery, %d/s to %d clients", r.Rate, r.Clients), r.Delivery.P50.String(), r.Delivery.P99.String(), r.Delivery.Max.String()},
		{"answer", r.Answer.P50.String(), r.Answer.P99.String(), r.Answer.Max.String()},
		{"floor: six synced appends", r.FloorDisk.P50.String(), r.FloorDisk.P99.String(), r.FloorDisk.Max.String()},
		{fmt.Sprintf("answer, %d writers without pause", r.MaxWriters), r.MaxAnswer.P50.String(), r.MaxAnswer.P99.String(), r.MaxAnswer.Max.String()},
	})
	fmt.Fprintf(w, "%d of %d deliveries; the daemon took %.0f %% of a core; %.0f posts/s acknowledged without pause\n", r.Delivered, r.Expected, 100*r.Cores, r.MaxRate)
}

func showBenchCall(w io.Writer, r bench.CallResult) {
	rows := [][]string{{"WHAT", "CPU", "A MBIT/S", "MEMORY", "FRAMES/S", "MBIT/S", "AUDIO P50", "P99", "VIDEO P50", "P99"}}
	row := func(name string, l bench.Load) {
		rows = append(rows, []string{name, fmt.Sprintf("%.1f %%", 100*l.Cores), fmt.Sprintf("%.3f %%", 100*l.PerMbit), size(l.Resident),
			fmt.Sprintf("%.0f", l.Delivered), fmt.Sprintf("%.0f", l.Mbits),
			l.Audio.P50.String(), l.Audio.P99.String(), l.Video.P50.String(), l.Video.P99.String()})
	}
	row(fmt.Sprintf("daemon, %d bots", r.Bots), r.Load)
	if r.Floor != nil {
		row("floor: a relay", *r.Floor)
	}
	table(w, rows)
	if a, v := r.ServerAudio, r.ServerVideo; a != nil && v != nil {
		fmt.Fprintf(w, "within the daemon, from receive to send: audio %v, p99 %v; video %v, p99 %v\n", a.P50, a.P99, v.P50, v.P99)
	}
	fmt.Fprintf(w, "%d frames sent, %d of them late; video lost %.3f %%; %d dropped by the daemon; %d faults; %d reconnects\n",
		r.Sent, r.Late, 100*r.LostVideo, r.Dropped, r.Faults, r.Reconnects)
}

func showBenchIdle(w io.Writer, r bench.IdleResult) {
	table(w, [][]string{
		{"WHAT", "VALUE"},
		{"start to ready", r.Start.String()},
		{"restart to ready", r.Restart.String()},
		{"floor: a process alone", r.FloorStart.String()},
		{"memory", size(r.Resident)},
		{fmt.Sprintf("CPU over %.0f s", r.Seconds), fmt.Sprintf("%.2f %% of a core", 100*r.Cores)},
		{"binary", size(r.Binary)},
	})
}
