package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"scaip/internal/admin"
	"scaip/internal/client"
	"scaip/internal/event"
)

func (c *cli) log() *cobra.Command {
	return noun("log", "Look into the two logs", "  scaipd log ls\n  scaipd log tail messaging.out", c.logList(), c.logCat(), c.logTail())
}

func (c *cli) logList() *cobra.Command {
	var prefix string
	cmd := leaf("ls", "List topics, with their offsets and sizes", "  scaipd log ls\n  scaipd log ls --prefix call. --json", 0,
		func(ctx context.Context, _ []string) error {
			return c.ask(func(a *client.Admin) error {
				var all admin.Topics
				if err := a.Do(ctx, "GET", "/admin/log?prefix="+url.QueryEscape(prefix), nil, &all); err != nil {
					return err
				}
				return c.print(all, func(w io.Writer) {
					rows := [][]string{{"LOG", "TOPIC", "FIRST", "NEXT", "SIZE"}}
					for _, t := range all.Topics {
						rows = append(rows, []string{t.Log, string(t.Topic), number(t.Bounds.First), number(t.Bounds.Next), size(t.Bytes)})
					}
					table(w, rows)
				})
			})
		})
	cmd.Flags().StringVar(&prefix, "prefix", "", "only topics that begin so")
	return c.listing(cmd)
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

func (c *cli) logCat() *cobra.Command {
	var from, limit int64
	var since string
	cmd := leaf("cat TOPIC", "Print the records of a topic", "  scaipd log cat auth.out --limit 20\n  scaipd log cat calls.out --since 2026-01-31T12:00:00Z --json", 1,
		func(ctx context.Context, args []string) error {
			q := url.Values{}
			if from != 0 {
				q.Set("from", number(from))
			}
			if limit >= 0 {
				q.Set("limit", number(limit))
			}
			if since != "" {
				q.Set("since", since)
			}
			return c.records(ctx, args[0], q)
		})
	cmd.Flags().Int64Var(&from, "from", 0, "offset to begin at; negative: so many before the end")
	cmd.Flags().Int64Var(&limit, "limit", -1, "at most so many")
	cmd.Flags().StringVar(&since, "since", "", "time to begin at, as in 2026-01-31T12:00:00Z")
	return c.listing(cmd)
}

func (c *cli) logTail() *cobra.Command {
	var n int64
	cmd := leaf("tail TOPIC", "Print the last records of a topic, and those to come", "  scaipd log tail messaging.out\n  scaipd log tail dispatch.in -n 100 --json", 1,
		func(ctx context.Context, args []string) error {
			return c.records(ctx, args[0], url.Values{"follow": {"1"}, "from": {number(-n)}})
		})
	cmd.Flags().Int64VarP(&n, "lines", "n", 10, "so many records before the end")
	return c.listing(cmd)
}

// records prints what the daemon sends, one record a line; as JSON it is passed on as it comes.
func (c *cli) records(ctx context.Context, topic string, q url.Values) error {
	return c.ask(func(a *client.Admin) error {
		resp, err := a.Get(ctx, "/admin/log/"+url.PathEscape(topic)+"?"+q.Encode())
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		if c.json {
			_, err := io.Copy(c.out, resp.Body)
			return err
		}
		lines := bufio.NewReader(resp.Body)
		for {
			raw, err := lines.ReadBytes('\n')
			if err == io.EOF && len(raw) == 0 {
				return nil
			}
			if err != nil {
				return fmt.Errorf("read records: %w", err)
			}
			var r admin.Record
			if err := json.Unmarshal(raw, &r); err != nil {
				return fmt.Errorf("read record: %w", err)
			}
			fmt.Fprintln(c.out, lineOf(r))
		}
	})
}

// lineOf shows a record to a person.
func lineOf(r admin.Record) string {
	b := &strings.Builder{}
	fmt.Fprintf(b, "%8d  %s  ", r.Offset, r.Time.Local().Format("2006-01-02 15:04:05.000"))
	switch {
	case len(r.Frames) == 1:
		b.WriteString(frameLine(r.Frames[0]))
	case len(r.Frames) > 1:
		fmt.Fprintf(b, "%d frames", len(r.Frames))
		for _, f := range r.Frames {
			fmt.Fprintf(b, "\n%10s%s", "", frameLine(f))
		}
	case r.Value != nil:
		var e event.Envelope
		if json.Unmarshal(r.Value, &e) == nil && e.Type != "" {
			fmt.Fprintf(b, "%-24s %-26s %s", e.Type, e.Actor, e.Body)
			break
		}
		b.Write(r.Value)
	default:
		fmt.Fprintf(b, "%d bytes", len(r.Raw))
	}
	return b.String()
}

func frameLine(f admin.Frame) string {
	if f.Config != "" {
		return fmt.Sprintf("track %d  config %s", f.Track, f.Config)
	}
	key := ""
	if f.Key {
		key = "  key"
	}
	return fmt.Sprintf("track %d  seq %d  pts %.3f s  %d bytes%s", f.Track, f.Seq, float64(f.PTS)/1e6, f.Bytes, key)
}
