package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"scaip/internal/client"
	"scaip/internal/media/compose"
	"scaip/internal/media/replay"
)

// reshape makes of a call's file at part, which goes then, the one that is wanted.
func (c *cli) reshape(ctx context.Context, part string, r replayFlags, s client.ReplayStatus, bar *bar) (saved, error) {
	out := saved{r.path, s.Bytes, s.SHA256}
	var made replay.Result
	var err error
	switch {
	case r.grid:
		if err = compose.Grid(ctx, part, r.path, func(done float64) { bar.show("composing", done) }); err == nil {
			out.Bytes, out.SHA256, err = replay.Digest(r.path)
		}
	case r.audio:
		made, err = replay.Voices(part, r.path)
		out.Bytes, out.SHA256 = made.Bytes, made.SHA256
	case r.format == "webm":
		made, err = replay.WebM(part, r.path)
		out.Bytes, out.SHA256 = made.Bytes, made.SHA256
		if n := made.Skipped.Unwritable; n > 0 {
			fmt.Fprintf(c.err, "%s: %d tracks are left out, which WebM can't hold\n", r.path, n)
		}
	default:
		if err := os.Rename(part, r.path); err != nil {
			return saved{}, fmt.Errorf("write file: %w", err)
		}
		return out, nil
	}
	if err != nil {
		return saved{}, err // the download stays, for the next time
	}
	return out, discard(part)
}

func discard(part string) error {
	if err := os.Remove(part); err != nil {
		return fmt.Errorf("remove what was downloaded: %w", err)
	}
	return nil
}

// replayOggs writes an Ogg Opus file for each person, or, if one alone is wanted, at the path itself.
func (c *cli) replayOggs(ctx context.Context, a *client.Admin, call string, r replayFlags) error {
	bar := c.newBar()
	defer bar.clear()
	s, err := a.PrepareReplay(ctx, call, r.part, func(done float64) { bar.show("preparing", done) })
	if err != nil {
		return err
	}
	part, err := c.fetch(ctx, a, s, r.path, bar)
	if err != nil {
		return err
	}
	all := []saved{}
	voices, err := replay.Oggs(part, func(name string) string {
		p := r.path
		if r.participant == "" || len(all) > 0 {
			p = beside(r.path, name, all)
		}
		all = append(all, saved{File: p})
		return p
	})
	if err != nil {
		return err
	}
	for i, v := range voices {
		all[i].File = v.File
		if all[i].Bytes, all[i].SHA256, err = replay.Digest(v.File); err != nil {
			return fmt.Errorf("read what was written: %w", err)
		}
		if v.Left > 0 {
			fmt.Fprintf(c.err, "%s: %d frames are left out, which were ahead of their time\n", v.File, v.Left)
		}
	}
	bar.clear()
	if err := discard(part); err != nil {
		return err
	}
	return c.print(all, func(io.Writer) {
		for _, s := range all {
			c.tellSaved(s)
		}
	})
}
