package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"scaip/internal/admin"
	"scaip/internal/app"
	"scaip/internal/client"
)

// root is the command without a name.
func (c *cli) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "scaipd",
		Short: "A videoconference in one binary whose every byte goes through a log",
		Long: "scaipd is a videoconference in one binary whose every byte goes through a log.\n\n" +
			"Start it with: scaipd serve\nThe other commands speak to the daemon that runs on the data directory.\n\n" +
			"Each flag can be set in the environment too: --data-dir is SCAIPD_DATA_DIR.\n" +
			"Exit codes: 0 ok, 1 error, 2 usage, 3 not found, 4 denied, 5 conflict, 6 unreachable, 7 verification failed, 130 interrupted.",
		Example:       "  scaipd serve\n  scaipd status --json",
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usage("there is no command %q", args[0])
			}
			return cmd.Help()
		},
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error { return c.prepare(cmd) },
	}
	root.Args = cobra.ArbitraryArgs // RunE says which is wrong
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.PersistentFlags().StringVar(&c.dataDir, "data-dir", "", "directory of everything the daemon keeps (default ~/.local/share/scaip)")
	root.AddCommand(c.serve(), c.user(), c.group(), c.call(), c.replay(), c.bot(), c.bench(), c.log(), c.rebuild(), c.routes(), c.status(), c.doctor(), c.version())
	return root
}

// prepare sets flags from the environment, and the data directory.
func (c *cli) prepare(cmd *cobra.Command) (err error) {
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		name := "SCAIPD_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		v := c.getenv(name)
		if f.Changed || v == "" || err != nil || f.Name == "help" {
			return
		}
		if e := cmd.Flags().Set(f.Name, v); e != nil {
			err = usage("environment variable %s: %v", name, e)
		}
	})
	if err == nil && c.dataDir == "" {
		c.dataDir, err = app.DefaultDataDir(c.getenv)
	}
	return err
}

// leaf makes a command that does something.
func leaf(use, short, examples string, args int, run func(context.Context, []string) error) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Example: examples,
		Args: func(cmd *cobra.Command, got []string) error {
			if len(got) != args {
				return usage("%s takes %s, not %d", cmd.CommandPath(), arguments(use), len(got))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, got []string) error { return run(cmd.Context(), got) },
	}
}

// arguments reads what a command takes from its use line.
func arguments(use string) string {
	_, args, _ := strings.Cut(use, " ")
	if n := len(strings.Fields(args)); n > 0 {
		return fmt.Sprintf("%d argument (%s)", n, args)
	}
	return "no argument"
}

// noun makes a command that only has commands.
func noun(use, short, examples string, verbs ...*cobra.Command) *cobra.Command {
	n := &cobra.Command{
		Use: use, Short: short, Example: examples,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usage("%s has no command %q", cmd.CommandPath(), args[0])
			}
			return usage("%s needs a command: %s", cmd.CommandPath(), strings.Join(verbsOf(cmd), ", "))
		},
	}
	n.AddCommand(verbs...)
	return n
}

func verbsOf(cmd *cobra.Command) (names []string) {
	for _, v := range cmd.Commands() {
		if !v.Hidden {
			names = append(names, v.Name())
		}
	}
	return names
}

// listing gives a command the flag --json.
func (c *cli) listing(cmd *cobra.Command) *cobra.Command {
	cmd.Flags().BoolVar(&c.json, "json", false, "print JSON, which stays the same between versions")
	return cmd
}

// ask calls f with a client of the running daemon.
func (c *cli) ask(f func(*client.Admin) error) error {
	path, release, err := admin.SocketPath(c.dataDir)
	if os.IsNotExist(err) {
		path, release = c.dataDir+"/"+admin.SocketName, func() {}
	} else if err != nil {
		return err
	}
	defer release()
	return f(client.NewAdmin(path))
}
