package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"scaip/internal/client"
	"scaip/internal/event"
)

func (c *cli) call() *cobra.Command {
	return noun("call", "List, start, end and remove calls", "  scaipd call ls --group Team\n  scaipd call start Team --as ada",
		c.callList(), c.callShow(), c.callStart(), c.callEnd(), c.callRemove(), c.callMute(), c.callExpel(), c.callAdmit())
}

func (c *cli) callList() *cobra.Command {
	var group, state string
	var limit int
	cmd := leaf("ls", "List calls, newest first", "  scaipd call ls --state running\n  scaipd call ls --group Team --json", 0,
		func(ctx context.Context, _ []string) error {
			return c.ask(func(a *client.Admin) error {
				if group != "" {
					g, err := findGroup(ctx, a, group)
					if err != nil {
						return err
					}
					group = g.Group.ID
				}
				found := []client.Call{}
				err := pages(ctx, a, "/admin/calls", func(p page) bool {
					for _, one := range p.Calls {
						if (group == "" || one.Group == group) && (state == "" || one.State == state) && len(found) < limit {
							found = append(found, one)
						}
					}
					return len(found) < limit
				})
				if err != nil {
					return err
				}
				return c.print(map[string]any{"calls": found}, func(w io.Writer) { tableOfCalls(w, found) })
			})
		})
	cmd.Flags().StringVar(&group, "group", "", "only those of a group, named by name or ID")
	cmd.Flags().StringVar(&state, "state", "", "only those that are scheduled, running, ended or cancelled")
	cmd.Flags().IntVar(&limit, "limit", 50, "at most so many")
	return c.listing(cmd)
}

func tableOfCalls(w io.Writer, calls []client.Call) {
	rows := [][]string{{"ID", "STATE", "START", "LENGTH", "PEOPLE", "TITLE"}}
	for _, one := range calls {
		rows = append(rows, []string{one.ID, one.State, when(one.Start), length(one), strconv.Itoa(len(one.Participants)), one.Title})
	}
	table(w, rows)
}

func length(one client.Call) string {
	if one.End == nil || one.End.IsZero() || one.Start.IsZero() {
		return ""
	}
	return one.End.Sub(one.Start).Round(1e9).String()
}

func (c *cli) callShow() *cobra.Command {
	return c.listing(leaf("show CALL", "Show a call and who was in it", "  scaipd call show abc234\n  scaipd call show abc234 --json", 1,
		func(ctx context.Context, args []string) error {
			return c.ask(func(a *client.Admin) error {
				one, err := getCall(ctx, a, args[0])
				if err != nil {
					return err
				}
				return c.print(map[string]any{"call": one}, func(w io.Writer) { showCall(w, one) })
			})
		}))
}

func getCall(ctx context.Context, a *client.Admin, id string) (client.Call, error) {
	var out struct {
		Call client.Call `json:"call"`
	}
	err := a.Do(ctx, "GET", "/admin/calls/"+url.PathEscape(id), nil, &out)
	return out.Call, err
}

func showCall(w io.Writer, one client.Call) {
	table(w, [][]string{{"call", one.ID}, {"title", cmp.Or(one.Title, "–")}, {"group", one.Group}, {"state", one.State},
		{"start", when(one.Start)}, {"length", cmp.Or(length(one), "–")}, {"recording", recording(one)}})
	rows := [][]string{{"", ""}, {"SEAT", "NAME", "NOW", "JOINED", "ID"}}
	for _, p := range one.Participants {
		var now []string
		for _, s := range []struct {
			is   bool
			name string
		}{{p.In, "in"}, {p.Audio, "audio"}, {p.Video, "video"}, {!p.Hand.IsZero(), "hand"}, {p.Muted, "muted"}, {p.Barred, "expelled"}} {
			if s.is {
				now = append(now, s.name)
			}
		}
		rows = append(rows, []string{strconv.Itoa(p.Seat), p.Name, strings.Join(now, " "), when(p.Joined), p.User})
	}
	table(w, rows)
}

// recording says what becomes of a call's recording.
func recording(one client.Call) string {
	switch {
	case one.State == "scheduled" || one.State == "cancelled":
		return "–"
	case !one.Kept:
		return "not kept"
	case one.Stopped == "disk":
		return "only the last of it is kept: the disk was full"
	case one.Until != nil:
		return "kept until " + when(*one.Until)
	case one.Keep == event.KeepNone:
		return "not kept beyond hanging up"
	case one.Keep == event.KeepDays:
		return fmt.Sprintf("kept for %d days", one.Days)
	}
	return "kept"
}

func (c *cli) callStart() *cobra.Command {
	var as, title string
	cmd := leaf("start GROUP", "Start a call in a group, named by name or ID", "  scaipd call start Team --as ada\n  scaipd call start Team --as ada --title Standup", 1,
		func(ctx context.Context, args []string) error {
			return c.ask(func(a *client.Admin) error {
				g, err := findGroup(ctx, a, args[0])
				if err != nil {
					return err
				}
				if as == "" {
					as = firstOwner(g)
				}
				events, err := a.Command(ctx, as, event.CallsStart{Group: g.Group.ID, Title: title})
				if err != nil {
					return err
				}
				made, err := answer[event.CallsStarted](events)
				if err != nil {
					return err
				}
				return c.print(made, func(w io.Writer) { fmt.Fprintln(w, made.Call) })
			})
		})
	cmd.Flags().StringVar(&as, "as", "", "login of the member who starts it (default an owner)")
	cmd.Flags().StringVar(&title, "title", "", "title of the call")
	return c.listing(cmd)
}

// firstOwner names an owner of the group; "" if it has none.
func firstOwner(g client.GroupDetail) string {
	for _, m := range g.Members {
		if m.Role == event.GroupOwner {
			return m.User.ID
		}
	}
	return ""
}

func (c *cli) callEnd() *cobra.Command {
	return leaf("end CALL", "End a running call", "  scaipd call end abc234\n  scaipd call end \"$(scaipd call ls --state running --json | jq -r '.calls[0].id')\"", 1,
		func(ctx context.Context, args []string) error {
			return c.ask(func(a *client.Admin) error {
				events, err := a.Command(ctx, "", event.CallsEnd{Call: args[0]})
				if err != nil {
					return err
				}
				c.told(events, "the call has ended")
				return nil
			})
		})
}

func (c *cli) callRemove() *cobra.Command {
	var yes bool
	cmd := leaf("rm CALL", "Remove an ended call and its recording for good", "  scaipd call rm abc234\n  scaipd call rm abc234 --yes", 1,
		func(ctx context.Context, args []string) error {
			if err := c.confirm(yes, "The recording of call "+args[0]+" will be gone for good. Go on?"); err != nil {
				return err
			}
			return c.ask(func(a *client.Admin) error {
				events, err := a.Command(ctx, "", event.CallsDelete{Call: args[0]})
				if err != nil {
					return err
				}
				c.told(events, "the call and its recording are gone")
				return nil
			})
		})
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return cmd
}
