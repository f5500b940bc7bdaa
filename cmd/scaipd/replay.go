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

	"github.com/spf13/cobra"

	"scaip/internal/client"
	"scaip/internal/event"
	"scaip/internal/media/replay"
)

// replayFlags are those of replay.
type replayFlags struct {
	path, participant  string
	format             string
	split, audio, grid bool
	part               client.ReplayOptions
}

// wrong says what about the flags can't be.
func (r replayFlags) wrong() error {
	other := r.audio || r.grid || r.format == "webm"
	switch {
	case r.path == "":
		return usage("where shall the file go? Use -o FILE.mkv, or -o - for standard output")
	case r.format != "mkv" && r.format != "webm":
		return usage("--format is mkv or webm, not %q", r.format)
	case r.path == "-" && (r.split || other):
		return usage("--split, --audio, --grid and --format webm need files: use -o FILE")
	case r.split && r.participant != "":
		return usage("--split makes a file of each participant; --participant wants one")
	case r.grid && (r.split || r.audio):
		return usage("--grid makes one picture with everybody in it: not with --split or --audio")
	case r.audio && r.format == "webm":
		return usage("--audio makes Matroska (-o FILE.mka) or Ogg Opus (-o FILE.opus), no WebM")
	case r.oggs() && r.split:
		return usage("--audio with -o FILE.opus makes a file of each participant anyway: leave --split away")
	}
	return nil
}

// oggs reports whether a file of Ogg Opus is wanted for each person.
func (r replayFlags) oggs() bool {
	ext := strings.ToLower(filepath.Ext(r.path))
	return r.audio && (ext == ".opus" || ext == ".ogg" || ext == ".oga")
}

func (c *cli) replay() *cobra.Command {
	var r replayFlags
	cmd := leaf("replay CALL", "Download a call as one Matroska file, or in another form; a download that broke off goes on where it was",
		"  scaipd replay abc234 -o call.mkv\n  scaipd replay abc234 -o ada.mkv --participant ada --from 10m --to 12m30s\n"+
			"  scaipd replay abc234 -o voice.opus --audio\n  scaipd replay abc234 -o call.webm --format webm\n"+
			"  scaipd replay abc234 -o grid.webm --grid\n  scaipd replay abc234 -o call.mkv --split", 1,
		func(ctx context.Context, args []string) error {
			if err := r.wrong(); err != nil {
				return err
			}
			return c.ask(func(a *client.Admin) error { return c.replayTo(ctx, a, args[0], r) })
		})
	f := cmd.Flags()
	f.StringVarP(&r.path, "output", "o", "", "file to write; - for standard output")
	f.StringVar(&r.participant, "participant", "", "only this one's tracks: login or ID")
	f.DurationVar(&r.part.From, "from", 0, "where to begin, since the call began, as in 1m30s; with pictures it begins at a key frame, up to 5 s earlier")
	f.DurationVar(&r.part.To, "to", 0, "where to end (default the end)")
	f.BoolVar(&r.split, "split", false, "a file of each participant: FILE-Ada.mkv, FILE-Bob.mkv …")
	f.BoolVar(&r.audio, "audio", false, "only the voices: with -o FILE.opus an Ogg Opus file of each person (FILE-Ada.opus …), else one Matroska file")
	f.StringVar(&r.format, "format", "mkv", "mkv, or webm: without chat, chapters, what happened, and pictures in H.264")
	f.BoolVar(&r.grid, "grid", false, "one picture with everybody in it, and one sound, composed by ffmpeg; -o FILE.mkv or FILE.webm")
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
	if r.oggs() {
		return c.replayOggs(ctx, a, call, r)
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
	part, err := c.fetch(ctx, a, s, r.path, bar)
	if err != nil {
		return saved{}, err
	}
	return c.reshape(ctx, part, r, s, bar)
}

// fetch downloads a file that is ready, beside the path where it is to go.
func (c *cli) fetch(ctx context.Context, a *client.Admin, s client.ReplayStatus, path string, bar *bar) (part string, err error) {
	part = path + "." + s.SHA256[:12] + ".part" // of this content: another one's is not gone on with
	return part, resume(ctx, a, s, part, bar)
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
