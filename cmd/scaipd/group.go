package main

import (
	"context"
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"scaip/internal/client"
	"scaip/internal/event"
)

func (c *cli) group() *cobra.Command {
	return noun("group", "Make and list groups and their members", "  scaipd group add Team --owner ada --member bob\n  scaipd group members Team",
		c.groupAdd(), c.groupList(), c.groupMembers(), c.groupKeep())
}

func (c *cli) groupAdd() *cobra.Command {
	var owner string
	var members []string
	cmd := leaf("add NAME", "Make a group", "  scaipd group add Team --owner ada\n  scaipd group add 'Project X' --owner ada --member bob --member eve", 1,
		func(ctx context.Context, args []string) error {
			if owner == "" {
				return usage("a group needs an owner: --owner LOGIN")
			}
			return c.ask(func(a *client.Admin) error {
				body := event.GroupsCreate{Name: args[0]}
				for _, m := range members {
					u, err := findUser(ctx, a, m)
					if err != nil {
						return err
					}
					body.Members = append(body.Members, u.ID)
				}
				events, err := a.Command(ctx, owner, body)
				if err != nil {
					return err
				}
				made, err := answer[event.GroupsCreated](events)
				if err != nil {
					return err
				}
				return c.print(made, func(w io.Writer) { fmt.Fprintf(w, "%s  %s\n", made.Group, made.Name) })
			})
		})
	cmd.Flags().StringVar(&owner, "owner", "", "login of the owner")
	cmd.Flags().StringSliceVar(&members, "member", nil, "login of a member; may be repeated")
	return c.listing(cmd)
}

func (c *cli) groupList() *cobra.Command {
	return c.listing(leaf("ls", "List groups", "  scaipd group ls\n  scaipd group ls --json", 0, func(ctx context.Context, _ []string) error {
		return c.ask(func(a *client.Admin) error {
			all := []client.Group{}
			if err := pages(ctx, a, "/admin/groups", func(p page) bool { all = append(all, p.Groups...); return true }); err != nil {
				return err
			}
			return c.print(map[string]any{"groups": all}, func(w io.Writer) {
				rows := [][]string{{"NAME", "MEMBERS", "STATE", "LAST", "ID"}}
				for _, g := range all {
					state := ""
					switch {
					case g.Archived:
						state = "archived"
					case g.Call != "":
						state = "in a call"
					}
					rows = append(rows, []string{g.Name, strconv.Itoa(g.Members), state, when(g.Last), g.ID})
				}
				table(w, rows)
			})
		})
	}))
}

func (c *cli) groupMembers() *cobra.Command {
	return c.listing(leaf("members GROUP", "List the members of a group, named by name or ID", "  scaipd group members Team\n  scaipd group members Team --json", 1,
		func(ctx context.Context, args []string) error {
			return c.ask(func(a *client.Admin) error {
				g, err := findGroup(ctx, a, args[0])
				if err != nil {
					return err
				}
				return c.print(map[string]any{"members": g.Members}, func(w io.Writer) {
					rows := [][]string{{"LOGIN", "NAME", "ROLE", "ID"}}
					for _, m := range g.Members {
						rows = append(rows, []string{m.User.Login, m.User.Name, m.Role, m.User.ID})
					}
					table(w, rows)
				})
			})
		}))
}

func (c *cli) groupKeep() *cobra.Command {
	return leaf("keep GROUP forever|none|DAYS", "Say how long a group's recordings are kept: for good, not beyond hanging up, or for DAYS days",
		"  scaipd group keep Team 30\n  scaipd group keep Team none", 2,
		func(ctx context.Context, args []string) error {
			body := event.GroupsSetKeep{Keep: args[1]}
			if days, err := strconv.Atoi(args[1]); err == nil {
				body.Keep, body.Days = event.KeepDays, days
			}
			return c.ask(func(a *client.Admin) error {
				g, err := findGroup(ctx, a, args[0])
				if err != nil {
					return err
				}
				body.Group = g.Group.ID
				events, err := a.Command(ctx, "", body)
				if err != nil {
					return err
				}
				c.told(events, "that holds for calls that end from now on")
				return nil
			})
		})
}

// answer finds the first event of B's type.
func answer[B event.Body](events []event.Envelope) (b B, err error) {
	for _, e := range events {
		if e.Type == b.EventType() {
			return event.As[B](e)
		}
	}
	return b, fmt.Errorf("the daemon's answer holds no %s", b.EventType())
}
