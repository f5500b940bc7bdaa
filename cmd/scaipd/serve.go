package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"github.com/spf13/cobra"

	"scaip/internal/app"
)

func (c *cli) serve() *cobra.Command {
	var config app.Config
	var level string
	var quota float64
	cmd := leaf("serve", "Run the daemon until it is interrupted",
		"  scaipd serve\n  scaipd serve --listen :8420 --tls-cert cert.pem --tls-key key.pem --public-host meet.example.org", 0,
		func(ctx context.Context, _ []string) error {
			logger, err := c.logger(level)
			if err != nil {
				return err
			}
			config.Quota = int64(quota * (1 << 30))
			config.DataDir, config.Version, config.Logger = c.dataDir, programVersion(), logger
			return c.runDaemon(ctx, config)
		})
	f := cmd.Flags()
	f.StringVar(&config.Listen, "listen", app.DefaultListen, "address to listen on, host:port")
	f.StringVar(&config.TLSCert, "tls-cert", "", "PEM file of the certificate and its chain")
	f.StringVar(&config.TLSKey, "tls-key", "", "PEM file of the certificate's key")
	f.StringSliceVar(&config.PublicHosts, "public-host", nil, "name under which browsers reach the daemon; may be repeated")
	f.StringVar(&config.Events, "events", "", "the event log: nats://host:port,…[/prefix][?replicas=3], or kafka://, likewise (default embedded)")
	f.StringVar(&config.Media, "media", "", "the media log, likewise (default embedded)")
	f.StringVar(&config.Registration, "registration", app.RegistrationOpen, "who may make an account: open (anybody who reaches the daemon) or closed")
	f.Float64Var(&quota, "quota", 0, "GiB, as 200 or 0.5, that recordings and running calls may take; beyond, running calls go on but are not kept (default no limit but the disk)")
	f.StringVar(&level, "log-level", "info", "debug, info, warn or error")
	return cmd
}

func (c *cli) runDaemon(ctx context.Context, config app.Config) error {
	if os.Getenv("GOGC") == "" {
		go tendGarbage(ctx)
	}
	a, err := app.Open(ctx, config)
	if err != nil {
		return err
	}
	for _, text := range a.Warnings() {
		config.Logger.Warn(text)
	}
	told := make(chan struct{})
	running, cancel := context.WithCancel(ctx)
	go func() {
		defer close(told)
		select {
		case <-a.Ready():
			c.greet(running, a)
		case <-running.Done():
		}
	}()
	err = a.Run(ctx)
	cancel()
	<-told
	return err
}

// greet prints where to go: at the first start to the setup link.
func (c *cli) greet(ctx context.Context, a *app.App) {
	token, needed, err := a.SetupToken(ctx)
	if err != nil {
		slog.Error("make setup link", "err", err)
	}
	if needed {
		fmt.Fprintf(c.out, "Open     %s/#setup=%s   (makes the administrator; once, within 30 minutes)\n", a.URL(), token)
	}
	fmt.Fprintf(c.out, "Address  %s\nData     %s\n", a.URL(), c.dataDir)
}

// logger writes text to a terminal and JSON elsewhere.
func (c *cli) logger(level string) (*slog.Logger, error) {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		return nil, usage("--log-level is debug, info, warn or error, not %q", level)
	}
	o := &slog.HandlerOptions{Level: l}
	if terminal(c.err) {
		return slog.New(slog.NewTextHandler(c.err, o)), nil
	}
	return slog.New(slog.NewJSONHandler(c.err, o)), nil
}
