package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"scaip/internal/bench"
)

func (c *cli) benchReplay(b *benchFlags) *cobra.Command {
	var o bench.ReplayOptions
	var quiet string
	cmd := leaf("replay", "Measure calls that are over: sealing, download, seeking, and a start with thousands of them; beside it a plain copy of the same bytes",
		"  scaipd bench replay --media testdata/media/walk.webm --quiet-media testdata/media/flashbeep.webm\n"+
			"  scaipd bench replay --media testdata/media/walk.webm --people 3 --length 10m --calls 500 --json", 0,
		func(ctx context.Context, _ []string) (err error) {
			if b.media == "" {
				return usage("what shall be recorded? Use --media FILE.webm, as in --media testdata/media/walk.webm")
			}
			if o.Loud, err = openClip(b.media); err != nil {
				return err
			}
			if quiet != "" {
				if o.Quiet, err = openClip(quiet); err != nil {
					return err
				}
			}
			self, err := os.Executable()
			if err != nil {
				return fmt.Errorf("find one's own program: %w", err)
			}
			bar := c.newBar()
			o.MaxDisk <<= 30
			o.Progress = bar.show
			r, err := bench.Replay(ctx, self, b.temp, o)
			bar.clear()
			if err != nil {
				return err
			}
			return c.print(r, func(w io.Writer) { showBenchReplay(w, r) })
		})
	f := cmd.Flags()
	f.StringVar(&b.media, "media", "", "WebM file that the speakers send")
	f.StringVar(&quiet, "quiet-media", "", "WebM file that the others send (default the same)")
	f.IntVar(&o.People, "people", 10, "how many are in the long call")
	f.IntVar(&o.Speakers, "speakers", 2, "how many of them send --media")
	f.DurationVar(&o.Length, "length", 3*time.Hour, "how long the call is")
	f.IntVar(&o.Calls, "calls", 10_000, "how many other calls are over when the start is measured")
	f.IntVar(&o.Seeks, "seeks", 200, "how often a moment is sought, of each sort")
	f.Int64Var(&o.MaxDisk, "max-disk", 8, "GiB that the measurement may take")
	f.StringVar(&o.KeepFile, "keep-file", "", "copy the long call's file here, to look at it with scaipd replay open")
	return c.listing(cmd)
}

func showBenchReplay(w io.Writer, r bench.ReplayResult) {
	mb := func(f float64) string { return fmt.Sprintf("%.0f MB/s", f) }
	table(w, [][]string{
		{"WHAT", "VALUE"},
		{fmt.Sprintf("sealing %d people, %v", r.People, time.Duration(r.Seconds*float64(time.Second))),
			fmt.Sprintf("%s, %.0f MB for each second of a core, %s resident", mb(r.Seal), r.SealCPU, size(r.Resident))},
		{"download", mb(r.Download)},
		{"floor: a copy of the file", mb(r.Floor)},
		{fmt.Sprintf("start, %d calls over", r.Calls), r.Start.String()},
		{"floor: a process alone", r.FloorStart.String()},
	})
	fmt.Fprintln(w)
	row := func(what string, s bench.Spread) []string {
		return []string{what, s.P50.String(), s.P95.String(), s.Max.String()}
	}
	table(w, [][]string{
		{"SEEK", "P50", "P95", "MAX"},
		row("to every first picture", r.Seek),
		row("the same, file not in memory", r.SeekCold),
		row("floor: reading as much", r.FloorSeek),
	})
	fmt.Fprintf(w, "\nThe file: %s, %d frames. Its topics were written at %s.\n", size(r.Bytes), r.Frames, mb(r.Log))
}
