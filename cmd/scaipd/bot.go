package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"scaip/internal/admin"
	"scaip/internal/bot"
	"scaip/internal/client"
	"scaip/internal/media/matroska"
)

func (c *cli) bot() *cobra.Command {
	var o bot.Options
	var as, path, url string
	cmd := leaf("bot", "Join a call as a participant without a screen, and play a WebM file to it",
		"  scaipd bot --group Team --as ada --media walk.webm --loop --for 1m\n  scaipd bot --call abc234 --as bob --receive --for 30s --json", 0,
		func(ctx context.Context, _ []string) error {
			if as == "" || (o.Call == "") == (o.Group == "") || path == "" && !o.Receive {
				return usage("a bot needs --as LOGIN, --call ID or --group NAME, and --media FILE or --receive")
			}
			if path != "" {
				clip, err := openClip(path)
				if err != nil {
					return err
				}
				o.Clip = clip
			}
			return c.ask(func(a *client.Admin) error { return c.runBot(ctx, a, botRun{o, as, url}) })
		})
	f := cmd.Flags()
	f.StringVar(&o.Call, "call", "", "ID of the call")
	f.StringVar(&o.Group, "group", "", "name or ID of a group of the user's, whose running call is joined")
	f.StringVar(&as, "as", "", "login of the user")
	f.StringVar(&path, "media", "", "WebM file with VP8 or VP9, and Opus")
	f.BoolVar(&o.Loop, "loop", false, "play it again and again")
	f.DurationVar(&o.For, "for", 0, "leave after this time (default at the end of the file or the call)")
	f.BoolVar(&o.Receive, "receive", false, "take in what the others send and check it")
	f.StringVar(&url, "url", "", "address of the daemon (default the one that it has)")
	return c.listing(cmd)
}

type botRun struct {
	o       bot.Options
	as, url string
}

// runBot gives the bot a session and runs it.
func (c *cli) runBot(ctx context.Context, a *client.Admin, r botRun) error {
	if r.url == "" {
		var s admin.Status
		if err := a.Do(ctx, "GET", "/admin/status", nil, &s); err != nil {
			return err
		}
		r.url = s.Address
	}
	token, session, err := a.Session(ctx, r.as, "")
	if err != nil {
		return err
	}
	r.o.Client = &client.Client{URL: r.url, Token: token}
	r.o.Name = session.Name
	defer func() { // also when it was interrupted: the session is the bot's alone
		_ = r.o.Client.Logout(context.WithoutCancel(ctx))
	}()
	report, err := bot.Run(ctx, r.o)
	if err != nil {
		return err
	}
	if err := c.print(report, func(w io.Writer) { showReport(w, report) }); err != nil {
		return err
	}
	if report.Faults > 0 {
		return verifyError{fmt.Errorf("%d things were wrong in what was received", report.Faults)}
	}
	return nil
}

func showReport(w io.Writer, r bot.Report) {
	fmt.Fprintf(w, "call %s, %.1f s\nsent %d audio and %d video frames\n", r.Call, r.Seconds, r.Sent.Audio.Frames, r.Sent.Video.Frames)
	rows := [][]string{{"FROM", "KIND", "FRAMES", "BYTES", "KEYS", "GAPS", "LOST", "LATENCY", "P99"}}
	for _, k := range r.Received {
		rows = append(rows, []string{k.Name, k.Kind, fmt.Sprint(k.Frames), size(k.Bytes), fmt.Sprint(k.Keys), fmt.Sprint(k.Gaps), fmt.Sprint(k.Lost), k.Latency.P50.String(), k.Latency.P99.String()})
	}
	if len(r.Received) > 0 {
		table(w, rows)
	}
}

func openClip(path string) (*matroska.Clip, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open media file: %w", err)
	}
	clip, err := matroska.Read(f)
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("read media file %s: %w", path, err)
	}
	return clip, nil
}
