// Package compose makes of a call's file one picture with everybody in it and one sound, by ffmpeg, if that is installed: the one place where a
// recording is decoded and encoded anew.
package compose

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"scaip/internal/media/matroska"
)

// Bounds of a grid.
const (
	maxTiles  = 25
	maxVoices = 64
	width     = 1280
	height    = 720
	rate      = 25
	lastWords = 2 << 10 // bytes that are kept of what ffmpeg complains
)

// Errors of Grid.
var (
	ErrNoFFmpeg = errors.New("a grid is composed by ffmpeg, which is not installed (Debian, Ubuntu: apt install ffmpeg; macOS: brew install ffmpeg)")
	ErrTooMany  = fmt.Errorf("a grid has room for %d pictures and %d voices: choose a part of the call with --from and --to, or --participant", maxTiles, maxVoices)
	ErrNothing  = errors.New("there is nothing to see or hear in that part of the call")
)

// Grid writes at the path to, in the form that its ending says (.mkv or .webm; VP8 and Opus), what the file from that package replay has made shows and
// lets hear: a tile for each camera and screen, black until the picture comes, and the sum of all sound. A file that is there is replaced when the new one
// is whole. progress (may be nil) hears 0 to 1. It ends early with ctx.
func Grid(ctx context.Context, from, to string, progress func(float64)) error {
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		return ErrNoFFmpeg
	}
	args, length, err := plan(from)
	if err != nil {
		return err
	}
	format := "matroska"
	if strings.EqualFold(filepath.Ext(to), ".webm") {
		format = "webm"
	}
	part := to + ".part"
	args = append(args, "-f", format, "file:"+part)
	err = run(exec.CommandContext(ctx, ffmpeg, args...), length, progress)
	if err == nil {
		err = syncFile(part)
	}
	if err == nil {
		err = os.Rename(part, to)
	}
	if err != nil {
		os.Remove(part)
		return fmt.Errorf("compose grid: %w", errors.Join(ctx.Err(), err))
	}
	return nil
}

func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// plan makes the arguments, up to the output: what is in them are numbers, and the path of the input.
func plan(from string) (args []string, length time.Duration, err error) {
	f, err := os.Open(from)
	if err != nil {
		return nil, 0, fmt.Errorf("compose grid: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, 0, fmt.Errorf("compose grid: %w", err)
	}
	file, err := matroska.OpenFile(f, info.Size())
	if err != nil {
		return nil, 0, fmt.Errorf("compose grid: %w", err)
	}
	tiles, voices := tilesOf(file.Tracks)
	if len(tiles) > maxTiles || voices > maxVoices {
		return nil, 0, ErrTooMany
	}
	if len(tiles) == 0 && voices == 0 {
		return nil, 0, ErrNothing
	}
	args = []string{"-nostdin", "-v", "error", "-y", "-progress", "pipe:1", "-i", "file:" + from, "-filter_complex", graph(tiles, voices, file.Duration),
		"-map", "[picture]", "-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "2M", "-g", "50"}
	if voices > 0 {
		args = append(args, "-map", "[sound]", "-c:a", "libopus", "-b:a", "96k")
	}
	return append(args, "-t", seconds(file.Duration), "-map_chapters", "-1", "-sn", "-dn"), file.Duration, nil
}

// tilesOf says which video tracks, by their number among them, share a tile: those of a seat's slot, whatever their codec.
func tilesOf(tracks []matroska.Track) (tiles [][]int, voices int) {
	at := map[uint64]int{}
	n := 0
	for _, t := range tracks {
		switch t.Kind {
		case matroska.Audio:
			voices++
		case matroska.Video:
			id := t.UID >> 24
			if _, ok := at[id]; !ok {
				at[id] = len(tiles)
				tiles = append(tiles, nil)
			}
			tiles[at[id]] = append(tiles[at[id]], n)
			n++
		}
	}
	return tiles, voices
}

// graph is ffmpeg's filter: a black canvas onto which each track is laid where its tile is, and the sum of the sound. A track that begins later leaves its
// tile as it was.
func graph(tiles [][]int, voices int, length time.Duration) string {
	columns := int(math.Ceil(math.Sqrt(float64(max(len(tiles), 1)))))
	rows := (len(tiles) + columns - 1) / columns
	w, h := width/columns&^1, height/max(rows, 1)&^1
	b := &strings.Builder{}
	fmt.Fprintf(b, "color=black:s=%dx%d:r=%d:d=%s[c0]", width, height, rate, seconds(length))
	n := 0
	for i, tile := range tiles {
		x := i%columns*w + (width-columns*w)/2
		if last := len(tiles) - (rows-1)*columns; i/columns == rows-1 { // the last row stands in the middle
			x += (columns - last) * w / 2
		}
		for _, track := range tile {
			fmt.Fprintf(b, ";[0:v:%d]fps=%d,scale=%d:%d:force_original_aspect_ratio=decrease:force_divisible_by=2,setsar=1,pad=%d:%d:(ow-iw)/2:(oh-ih)/2[v%d]",
				track, rate, w, h, w, h, n)
			fmt.Fprintf(b, ";[c%d][v%d]overlay=%d:%d:eof_action=pass[c%d]", n, n, x, i/columns*h, n+1)
			n++
		}
	}
	fmt.Fprintf(b, ";[c%d]format=yuv420p[picture]", n)
	if voices == 0 {
		return b.String()
	}
	for i := range voices {
		fmt.Fprintf(b, ";[0:a:%d]aresample=48000:async=1:first_pts=0,aformat=channel_layouts=stereo[a%d]", i, i)
	}
	b.WriteString(";")
	for i := range voices {
		fmt.Fprintf(b, "[a%d]", i)
	}
	fmt.Fprintf(b, "amix=inputs=%d:duration=longest:normalize=0,alimiter=limit=0.95[sound]", voices)
	return b.String()
}

func seconds(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', 3, 64) }

// run runs ffmpeg and reads how far it is.
func run(cmd *exec.Cmd, length time.Duration, progress func(float64)) error {
	words := &tail{}
	cmd.Stderr = words
	cmd.WaitDelay = 5 * time.Second
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		us, ok := strings.CutPrefix(lines.Text(), "out_time_us=")
		if n, err := strconv.ParseInt(us, 10, 64); ok && err == nil && progress != nil {
			progress(min(max(float64(n)/float64(length.Microseconds()), 0), 1))
		}
	}
	_, _ = io.Copy(io.Discard, out) // what was too long for a line
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("ffmpeg: %w: %s", err, words.buf)
	}
	if progress != nil {
		progress(1)
	}
	return nil
}

// tail keeps the last words.
type tail struct{ buf []byte }

func (t *tail) Write(p []byte) (int, error) {
	t.buf = append(t.buf, p...)
	t.buf = slices.Clone(t.buf[max(0, len(t.buf)-lastWords):])
	return len(p), nil
}
