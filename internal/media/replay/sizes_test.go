package replay

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"scaip/internal/log"
	"scaip/internal/media"
	"scaip/internal/media/matroska"
)

// sizes logs a call in which Ada's camera has two renditions: the small one for 20 s, the large one from 4 s to 8 s.
func sizes(t *testing.T, c *call) {
	t.Helper()
	for r, name := range []string{"flashbeep.webm", "walk.webm"} {
		clip := readClip(t, name)
		seq := uint32(0)
		again := slices.Clone(clip.Packets)
		for _, p := range clip.Packets {
			p.PTS += 10 * time.Second
			again = append(again, p)
		}
		for _, p := range again {
			tr := clip.Tracks[p.Track]
			if tr.Kind != matroska.Video || r == 1 && (p.PTS < 4*time.Second-5*time.Millisecond || p.PTS > 8*time.Second) {
				continue
			}
			if seq == 0 {
				raw, err := json.Marshal(media.Config{User: "u", Name: "Ada", Codec: tr.Codec, Width: tr.Width, Height: tr.Height})
				if err != nil {
					t.Fatal(err)
				}
				c.add(media.Video, media.Frame{Config: true, Track: 4, Rendition: uint8(r), PTS: p.PTS.Microseconds(), Payload: raw})
			}
			seq++
			c.add(media.Video, media.Frame{Key: p.Key, Track: 4, Rendition: uint8(r), Seq: seq, PTS: p.PTS.Microseconds(), Payload: p.Data})
		}
	}
	slices.SortStableFunc(c.recs[media.Video], func(a, b log.Record) int { return int(timeOf(t, a.Value) - timeOf(t, b.Value)) })
}

// A picture that changes its size stays one track, which a foreign decoder follows.
func TestForeignEyesSeeSizes(t *testing.T) {
	if _, err := exec.LookPath("ffprobe"); err != nil {
		t.Skip("SKIPPED, NOT CHECKED: ffprobe is not installed, so no foreign program has decoded a picture that changes its size")
	}
	c := newCall(t)
	sizes(t, c)
	c.write()
	path := filepath.Join(t.TempDir(), "out.mkv")
	r, err := Export(t.Context(), path, Options{Log: c.log, Call: "c1"})
	if err != nil {
		t.Fatal(err)
	}
	if r.Tracks != 1 || r.Skipped.Total() != 0 {
		t.Errorf("%d tracks, skipped %+v; want one of all sizes", r.Tracks, r.Skipped)
	}
	out, err := exec.Command("ffprobe", "-v", "error", "-show_entries", "stream=width,height:frame=height", "-of", "csv", path).CombinedOutput()
	if err != nil || strings.Contains(string(out), "rror") {
		t.Fatalf("ffprobe: %v\n%s", err, out)
	}
	var runs []string
	n, frames := "", 0
	for line := range strings.Lines(string(out)) {
		if h, ok := strings.CutPrefix(strings.TrimSpace(line), "frame,"); ok {
			if frames++; h != n {
				runs = append(runs, h)
				n = h
			}
		}
	}
	if got := fmt.Sprint(runs); got != "[360 480 360]" || frames != r.Frames {
		t.Errorf("ffprobe decodes %d of %d frames, of the heights %s; want [360 480 360]", frames, r.Frames, got)
	}
	if !strings.Contains(string(out), "stream,640,480") {
		t.Errorf("the track is not as large as its largest picture:\n%s", out[max(0, len(out)-100):])
	}
}

// What is cut from the sealed file is what is cut from the log, where the picture changes its size too; and the source gives each frame with its config.
func TestSizesFromTheFile(t *testing.T) {
	c := newCall(t)
	sizes(t, c)
	c.write()
	dir := t.TempDir()
	whole, a, b := filepath.Join(dir, "whole.mkv"), filepath.Join(dir, "a.mkv"), filepath.Join(dir, "b.mkv")
	if _, err := Export(t.Context(), whole, Options{Log: c.log, Call: "c1"}); err != nil {
		t.Fatal(err)
	}
	o := Options{Log: c.log, Call: "c1", From: 5 * time.Second, To: 15 * time.Second}
	ra, err := Export(t.Context(), a, o)
	if err != nil {
		t.Fatal(err)
	}
	o.Sealed = whole
	rb, err := Export(t.Context(), b, o)
	if err != nil || ra.SHA256 != rb.SHA256 || ra.Frames < 100 {
		t.Errorf("from the log %d frames %.8s, from the file %d frames %.8s, %v", ra.Frames, ra.SHA256, rb.Frames, rb.SHA256, err)
	}
	s, err := OpenSealed(whole)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	heights := map[uint8]int{}
	var seen []int
	for batch, err := range s.Frames(t.Context(), media.Video, 0) {
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range batch {
			if p.Config {
				cfg, err := media.ParseConfig(media.Video, p.Payload)
				if err != nil {
					t.Fatal(err)
				}
				heights[p.Rendition] = cfg.Height
			} else if h := heights[p.Rendition]; len(seen) == 0 || seen[len(seen)-1] != h {
				seen = append(seen, h)
			}
		}
	}
	if got := fmt.Sprint(seen); got != "[360 480 360]" {
		t.Errorf("the configs say heights %s, want [360 480 360]", got)
	}
}
