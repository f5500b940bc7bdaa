package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"scaip/internal/client"
)

func (c *cli) replay() *cobra.Command {
	var path, participant string
	var o client.ReplayOptions
	cmd := leaf("replay CALL", "Download a call as one Matroska file",
		"  scaipd replay abc234 -o call.mkv\n  scaipd replay abc234 -o ada.mkv --participant ada --from 10m --to 12m30s", 1,
		func(ctx context.Context, args []string) error {
			if path == "" {
				return usage("where shall the file go? Use -o FILE.mkv, or -o - for standard output")
			}
			return c.ask(func(a *client.Admin) error {
				if participant != "" {
					u, err := findUser(ctx, a, participant)
					if err != nil {
						return err
					}
					o.Participant = u.ID
				}
				return c.download(ctx, a, args[0], path, o)
			})
		})
	f := cmd.Flags()
	f.StringVarP(&path, "output", "o", "", "file to write; - for standard output")
	f.StringVar(&participant, "participant", "", "only this one's tracks: login or ID")
	f.DurationVar(&o.From, "from", 0, "where to begin, since the call began, as in 1m30s")
	f.DurationVar(&o.To, "to", 0, "where to end (default the end)")
	cmd.AddCommand(c.replayOpen())
	return c.listing(cmd)
}

// download has the file made and copies it to path.
func (c *cli) download(ctx context.Context, a *client.Admin, call, path string, o client.ReplayOptions) error {
	bar := c.newBar()
	s, err := a.PrepareReplay(ctx, call, o, func(done float64) { bar.show("preparing", done) })
	if err != nil {
		bar.clear()
		return err
	}
	copied := func(w io.Writer) error {
		return a.Download(ctx, s, &counter{w: w, total: s.Bytes, bar: bar})
	}
	if path == "-" {
		err = copied(c.out)
	} else {
		err = writeAside(path, copied)
	}
	bar.clear()
	if err != nil {
		return err
	}
	if path == "-" {
		return nil
	}
	v := struct {
		File   string `json:"file"`
		Bytes  int64  `json:"bytes"`
		SHA256 string `json:"sha256"`
	}{path, s.Bytes, s.SHA256}
	return c.print(v, func(io.Writer) { fmt.Fprintf(c.err, "%s  %s  SHA-256 %s\n", path, size(s.Bytes), s.SHA256) })
}

// writeAside makes a file that is whole or not there.
func writeAside(path string, fill func(io.Writer) error) error {
	aside := path + ".part"
	f, err := os.OpenFile(aside, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("write file: %w", err)
	}
	if err := errors.Join(fill(f), f.Sync(), f.Close()); err != nil {
		_ = os.Remove(aside) // what is wrong is told already
		return err
	}
	if err := os.Rename(aside, path); err != nil {
		return fmt.Errorf("write file: %w", err)
	}
	return nil
}

// A counter shows how much has been written.
type counter struct {
	w        io.Writer
	n, total int64
	bar      *bar
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	c.bar.show("downloading", float64(c.n)/float64(max(c.total, 1)))
	return n, err
}

// A bar shows progress on a terminal, and nothing elsewhere.
type bar struct {
	w    io.Writer // nil: nothing
	last time.Time
}

func (c *cli) newBar() *bar {
	if !terminal(c.err) {
		return &bar{}
	}
	return &bar{w: c.err}
}

const barWidth = 30

func (b *bar) show(what string, done float64) {
	if b.w == nil || time.Since(b.last) < 50*time.Millisecond && done < 1 {
		return
	}
	b.last = time.Now()
	full := int(min(max(done, 0), 1) * barWidth)
	fmt.Fprintf(b.w, "\r%-12s [%-*.*s] %3.0f %%", what, barWidth, full, "##############################", done*100)
}

// clear takes the bar away.
func (b *bar) clear() {
	if b.w != nil && !b.last.IsZero() {
		fmt.Fprintf(b.w, "\r%*s\r", barWidth+24, "")
	}
}
