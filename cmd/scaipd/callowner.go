package main

import (
	"context"

	"github.com/spf13/cobra"

	"scaip/internal/client"
	"scaip/internal/event"
)

// inCall gives a command about a user, named by login or ID, and tells what came of it.
func (c *cli) inCall(ctx context.Context, login, done string, body func(user string) event.Body) error {
	return c.ask(func(a *client.Admin) error {
		user := ""
		if login != "" {
			u, err := findUser(ctx, a, login)
			if err != nil {
				return err
			}
			user = u.ID
		}
		events, err := a.Command(ctx, "", body(user))
		if err != nil {
			return err
		}
		c.told(events, done)
		return nil
	})
}

func (c *cli) callMute() *cobra.Command {
	var all bool
	cmd := leaf("mute CALL [USER]", "Mute somebody in a running call, or with --all everybody; each can unmute himself",
		"  scaipd call mute abc234 bob\n  scaipd call mute abc234 --all", 0,
		func(ctx context.Context, args []string) error {
			if all == (len(args) == 2) {
				return usage("name the user to mute, or say --all")
			}
			login := ""
			if !all {
				login = args[1]
			}
			return c.inCall(ctx, login, "muted", func(user string) event.Body { return event.CallsMute{Call: args[0], User: user} })
		})
	cmd.Args = func(cmd *cobra.Command, got []string) error {
		if len(got) != 1 && len(got) != 2 {
			return usage("%s takes a call and a user, or a call and --all", cmd.CommandPath())
		}
		return nil
	}
	cmd.Flags().BoolVar(&all, "all", false, "everybody who is in the call")
	return cmd
}

func (c *cli) callExpel() *cobra.Command {
	return leaf("expel CALL USER", "Put somebody out of a running call; he can't join it again before he is admitted",
		"  scaipd call expel abc234 bob\n  scaipd call expel abc234 carol", 2,
		func(ctx context.Context, args []string) error {
			return c.inCall(ctx, args[1], "put out of the call", func(user string) event.Body { return event.CallsExpel{Call: args[0], User: user} })
		})
}

func (c *cli) callAdmit() *cobra.Command {
	return leaf("admit CALL USER", "Let somebody who was put out of a running call join it again",
		"  scaipd call admit abc234 bob\n  scaipd call admit abc234 carol", 2,
		func(ctx context.Context, args []string) error {
			return c.inCall(ctx, args[1], "may join again", func(user string) event.Body { return event.CallsAdmit{Call: args[0], User: user} })
		})
}
