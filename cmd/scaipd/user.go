package main

import (
	"context"
	"fmt"
	"io"
	"net/url"

	"github.com/spf13/cobra"

	"scaip/internal/client"
	"scaip/internal/event"
)

func (c *cli) user() *cobra.Command {
	return noun("user", "Make, list, bar and readmit users", "  scaipd user add ada --admin\n  scaipd user ls --json",
		c.userAdd(), c.userList(), c.userSwitch(false), c.userSwitch(true), c.userPassword())
}

func (c *cli) userAdd() *cobra.Command {
	var name string
	var admin, fromStdin bool
	cmd := leaf("add LOGIN", "Make an account", "  scaipd user add ada --admin --name 'Ada Lovelace'\n  echo \"$PASSWORD\" | scaipd user add bob --password-stdin", 1,
		func(ctx context.Context, args []string) error {
			password, err := c.password(fromStdin)
			if err != nil {
				return err
			}
			role := event.RoleUser
			if admin {
				role = event.RoleAdmin
			}
			return c.ask(func(a *client.Admin) error {
				id, err := a.AddUser(ctx, args[0], password, name, role)
				if err != nil {
					return err
				}
				v := struct {
					User  string `json:"user"`
					Login string `json:"login"`
					Role  string `json:"role"`
				}{id, args[0], role}
				return c.print(v, func(w io.Writer) { fmt.Fprintf(w, "%s  %s (%s)\n", id, args[0], role) })
			})
		})
	cmd.Flags().StringVar(&name, "name", "", "name that others see (default the login)")
	cmd.Flags().BoolVar(&admin, "admin", false, "make an administrator")
	cmd.Flags().BoolVar(&fromStdin, "password-stdin", false, "read the password from the first line of standard input")
	return c.listing(cmd)
}

func (c *cli) userList() *cobra.Command {
	return c.listing(leaf("ls", "List users", "  scaipd user ls\n  scaipd user ls --json", 0, func(ctx context.Context, _ []string) error {
		return c.ask(func(a *client.Admin) error {
			all, err := allUsers(ctx, a)
			if err != nil {
				return err
			}
			return c.print(map[string]any{"users": all}, func(w io.Writer) {
				rows := [][]string{{"LOGIN", "NAME", "ROLE", "STATE", "ID"}}
				for _, u := range all {
					state := "enabled"
					if u.Disabled {
						state = "disabled"
					}
					rows = append(rows, []string{u.Login, u.Name, u.Role, state, u.ID})
				}
				table(w, rows)
			})
		})
	}))
}

// userSwitch makes disable and enable.
func (c *cli) userSwitch(enable bool) *cobra.Command {
	verb, short := "disable", "Bar a user: all sessions close, no new ones open"
	if enable {
		verb, short = "enable", "Readmit a user who was disabled"
	}
	return leaf(verb+" LOGIN", short, fmt.Sprintf("  scaipd user %s bob\n  scaipd --data-dir /srv/scaip user %[1]s bob", verb), 1,
		func(ctx context.Context, args []string) error {
			return c.ask(func(a *client.Admin) error {
				u, err := findUser(ctx, a, args[0])
				if err != nil {
					return err
				}
				var body event.Body = event.UsersDisable{User: u.ID}
				if enable {
					body = event.UsersEnable{User: u.ID}
				}
				events, err := a.Command(ctx, "", body)
				if err != nil {
					return err
				}
				c.told(events, "%s is %sd", u.Login, verb)
				return nil
			})
		})
}

func (c *cli) userPassword() *cobra.Command {
	var fromStdin bool
	cmd := leaf("passwd LOGIN", "Give a user a new password; all sessions close", "  scaipd user passwd bob\n  echo \"$PASSWORD\" | scaipd user passwd bob --password-stdin", 1,
		func(ctx context.Context, args []string) error {
			password, err := c.password(fromStdin)
			if err != nil {
				return err
			}
			return c.ask(func(a *client.Admin) error {
				in := map[string]string{"password": password}
				if err := a.Do(ctx, "POST", "/admin/users/"+url.PathEscape(args[0])+"/password", in, nil); err != nil {
					return err
				}
				fmt.Fprintf(c.err, "%s has a new password\n", args[0])
				return nil
			})
		})
	cmd.Flags().BoolVar(&fromStdin, "password-stdin", false, "read the password from the first line of standard input")
	return cmd
}

// told says on standard error what a command has done, or that it had been so.
func (c *cli) told(events []event.Envelope, format string, args ...any) {
	already := ""
	if len(events) == 1 && event.IsAnswer(events[0].Type) {
		already = " already"
	}
	fmt.Fprintf(c.err, format+already+"\n", args...)
}
