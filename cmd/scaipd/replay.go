package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"scaip/internal/client"
	"scaip/internal/event"
	"scaip/internal/media/replay"
)

// replayFlags are those of replay.
type replayFlags struct {
	path, participant string
	split, audio      bool
	part              client.ReplayOptions
}

func (c *cli) replay() *cobra.Command {
	var r replayFlags
	cmd := leaf("replay CALL", "Download a call as one Matroska file; a download that broke off goes on where it was",
		"  scaipd replay abc234 -o call.mkv\n  scaipd replay abc234 -o ada.mkv --participant ada --from 10m --to 12m30s\n"+
			"  scaipd replay abc234 -o voices.mka --audio\n  scaipd replay abc234 -o call.mkv --split", 1,
		func(ctx context.Context, args []string) error {
			switch {
			case r.path == "":
				return usage("where shall the file go? Use -o FILE.mkv, or -o - for standard output")
			case r.path == "-" && (r.split || r.audio):
				return usage("--split and --audio need files: use -o FILE.mkv")
			case r.split && r.participant != "":
				return usage("--split makes a file of each participant; --participant wants one")
			}
			return c.ask(func(a *client.Admin) error { return c.replayTo(ctx, a, args[0], r) })
		})
	f := cmd.Flags()
	f.StringVarP(&r.path, "output", "o", "", "file to write; - for standard output")
	f.StringVar(&r.participant, "participant", "", "only this one's tracks: login or ID")
	f.DurationVar(&r.part.From, "from", 0, "where to begin, since the call began, as in 1m30s; with pictures it begins at a key frame, up to 5 s earlier")
	f.DurationVar(&r.part.To, "to", 0, "where to end (default the end)")
	f.BoolVar(&r.split, "split", false, "a file of each participant: FILE-Ada.mkv, FILE-Bob.mkv …")
	f.BoolVar(&r.audio, "audio", false, "only the voices")
	cmd.AddCommand(c.replayOpen())
	return c.listing(cmd)
}

// saved is a file that was written.
type saved struct {
	File   string `json:"file"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// replayTo writes what is wanted of a call.
func (c *cli) replayTo(ctx context.Context, a *client.Admin, call string, r replayFlags) error {
	if r.participant != "" {
		u, err := findUser(ctx, a, r.participant)
		if err != nil {
			return err
		}
		r.part.Participant = u.ID
	}
	if !r.split {
		s, err := c.download(ctx, a, call, r)
		if err != nil || r.path == "-" {
			return err
		}
		return c.print(s, func(io.Writer) { c.tellSaved(s) })
	}
	var in struct{ Call client.Call }
	if err := a.Do(ctx, "GET", "/admin/calls/"+url.PathEscape(call), nil, &in); err != nil {
		return err
	}
	all := []saved{}
	for _, p := range in.Call.Participants {
		one := r
		one.part.Participant, one.path = p.User, beside(r.path, cmp.Or(p.Name, p.User), all)
		s, err := c.download(ctx, a, call, one)
		if refusal, ok := event.AsRefusal(err); ok && refusal.Code == event.NotFound {
			fmt.Fprintf(c.err, "%s: %s\n", cmp.Or(p.Name, p.User), refusal.Text) // he sent nothing
			continue
		}
		if err != nil {
			return err
		}
		all = append(all, s)
	}
	if len(all) == 0 {
		return replay.ErrEmpty
	}
	return c.print(all, func(io.Writer) {
		for _, s := range all {
			c.tellSaved(s)
		}
	})
}

func (c *cli) tellSaved(s saved) {
	fmt.Fprintf(c.err, "%s  %s  SHA-256 %s\n", s.File, size(s.Bytes), s.SHA256)
}

// beside is the path of a participant's file: that of the whole with the name in it, and a number where two have one name.
func beside(path, name string, have []saved) string {
	name = strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune(`/\:*?"<>|`, r) {
			return '-'
		}
		return r
	}, name)
	ext := filepath.Ext(path)
	base := strings.TrimSuffix(path, ext) + "-" + name
	for n := 1; ; n++ {
		p := base + ext
		if n > 1 {
			p = fmt.Sprintf("%s-%d%s", base, n, ext)
		}
		if !slices.ContainsFunc(have, func(s saved) bool { return s.File == p }) {
			return p
		}
	}
}

// download has the file made and copies it to its path, or to standard output.
func (c *cli) download(ctx context.Context, a *client.Admin, call string, r replayFlags) (saved, error) {
	bar := c.newBar()
	defer bar.clear()
	s, err := a.PrepareReplay(ctx, call, r.part, func(done float64) { bar.show("preparing", done) })
	if err != nil {
		return saved{}, err
	}
	if r.path == "-" {
		return saved{}, a.Download(ctx, s, &counter{w: c.out, total: s.Bytes, bar: bar})
	}
	part := r.path + "." + s.SHA256[:12] + ".part" // of this content: another one's is not gone on with
	if err := resume(ctx, a, s, part, bar); err != nil {
		return saved{}, err
	}
	if r.audio {
		return voices(part, r.path)
	}
	if err := os.Rename(part, r.path); err != nil {
		return saved{}, fmt.Errorf("write file: %w", err)
	}
	return saved{r.path, s.Bytes, s.SHA256}, nil
}

// resume fills the file at path, which may hold a beginning. What is damaged goes; what broke off stays, for the next time.
func resume(ctx context.Context, a *client.Admin, s client.ReplayStatus, path string, bar *bar) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("write file: %w", err)
	}
	err = a.Resume(ctx, s, f, func(n int64) { bar.show("downloading", float64(n)/float64(max(s.Bytes, 1))) })
	if err = errors.Join(err, f.Sync(), f.Close()); errors.Is(err, client.ErrCorrupt) {
		_ = os.Remove(path) // what is wrong is told already
	}
	return err
}

// voices makes of a call's file one of its voices, and removes the former.
func voices(from, to string) (saved, error) {
	r, err := replay.Voices(from, to)
	if err != nil {
		return saved{}, err
	}
	if err := os.Remove(from); err != nil {
		return saved{}, fmt.Errorf("remove what was downloaded: %w", err)
	}
	return saved{to, r.Bytes, r.SHA256}, nil
}

// A counter shows how much has been written.
type counter struct {
	w        io.Writer
	n, total int64
	bar      *bar
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	c.bar.show("downloading", float64(c.n)/float64(max(c.total, 1)))
	return n, err
}

// A bar shows progress on a terminal, and nothing elsewhere.
type bar struct {
	w    io.Writer // nil: nothing
	last time.Time
}

func (c *cli) newBar() *bar {
	if !terminal(c.err) {
		return &bar{}
	}
	return &bar{w: c.err}
}

const barWidth = 30

func (b *bar) show(what string, done float64) {
	if b.w == nil || time.Since(b.last) < 50*time.Millisecond && done < 1 {
		return
	}
	b.last = time.Now()
	full := int(min(max(done, 0), 1) * barWidth)
	fmt.Fprintf(b.w, "\r%-12s [%-*.*s] %3.0f %%", what, barWidth, full, "##############################", done*100)
}

// clear takes the bar away.
func (b *bar) clear() {
	if b.w != nil && !b.last.IsZero() {
		fmt.Fprintf(b.w, "\r%*s\r", barWidth+24, "")
	}
}
