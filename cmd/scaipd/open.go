package main

import (
	"context"
	"fmt"
	"os/exec"
	"runtime"

	"github.com/spf13/cobra"

	"scaip/internal/app"
)

// replayOpen plays a file that replay has downloaded.
func (c *cli) replayOpen() *cobra.Command {
	var listen string
	var quiet bool
	cmd := leaf("open FILE", "Play a downloaded call in the browser: no account, no daemon, no network",
		"  scaipd replay open call.mkv\n  scaipd replay open call.mkv --listen 127.0.0.1:8080 --no-browser", 1,
		func(ctx context.Context, args []string) error {
			logger, err := c.logger("warn")
			if err != nil {
				return err
			}
			return app.Play(ctx, app.PlayOptions{Path: args[0], Listen: listen, Logger: logger, Ready: func(url string) {
				fmt.Fprintf(c.out, "Open  %s   (Ctrl-C ends it)\n", url)
				if !quiet && terminal(c.err) {
					c.browse(url)
				}
			}})
		})
	cmd.Flags().StringVar(&listen, "listen", "", "address on loopback (default any free port)")
	cmd.Flags().BoolVar(&quiet, "no-browser", false, "only print the address")
	return cmd
}

// browse opens a URL in the browser of a desktop. Where there is none, the printed address has to do.
func (c *cli) browse(url string) {
	var cmd *exec.Cmd
	switch {
	case runtime.GOOS == "darwin":
		cmd = exec.Command("open", url)
	case runtime.GOOS == "windows":
		cmd = exec.Command("rundll32", "url.dll,FileProtocolHandler", url)
	case c.getenv("DISPLAY") != "" || c.getenv("WAYLAND_DISPLAY") != "":
		cmd = exec.Command("xdg-open", url)
	default:
		return
	}
	if cmd.Start() == nil {
		go func() { _ = cmd.Wait() }() // what becomes of it is the desktop's business
	}
}
