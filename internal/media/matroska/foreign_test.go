package matroska

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestForeignCodecs has ffmpeg encode in each codec, reads that, writes it anew, also without the decoder's description where that may be
// missing, and has ffmpeg decode it.
func TestForeignCodecs(t *testing.T) {
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("SKIPPED, NOT CHECKED: ffmpeg is not installed, so no codec but those of the test clips has been tried")
	}
	dir := t.TempDir()
	for _, c := range []struct {
		name, codec string
		bare        bool // the description is left out
		args        []string
	}{
		{"vp9", "vp09.00.10.08", true, []string{"-c:v", "libvpx-vp9", "-deadline", "realtime", "-auto-alt-ref", "0"}},
		{"av1", "av01.0.", true, []string{"-c:v", "libsvtav1", "-preset", "13", "-svtav1-params", "pred-struct=1"}},
		{"h264", "avc1.42C0", false, []string{"-c:v", "libx264", "-profile:v", "baseline", "-preset", "ultrafast", "-bf", "0"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			from, to := filepath.Join(dir, c.name+".in.mkv"), filepath.Join(dir, c.name+".out.mkv")
			args := append([]string{"-v", "error", "-f", "lavfi", "-i", "testsrc=size=160x120:rate=15:duration=3", "-pix_fmt", "yuv420p", "-g", "15"}, c.args...)
			if out, err := exec.Command("ffmpeg", append(args, from)...).CombinedOutput(); err != nil {
				t.Skipf("SKIPPED, NOT CHECKED: this ffmpeg can't encode %s: %v\n%s", c.name, err, out)
			}
			clip := openFile(t, from)
			tr := clip.Tracks[0]
			if !strings.HasPrefix(tr.Codec, c.codec) || tr.Width != 160 || tr.Height != 120 || len(clip.Packets) != 45 {
				t.Errorf("read as %s %d×%d, %d packets; want %s 160×120, 45", tr.Codec, tr.Width, tr.Height, len(clip.Packets), c.codec)
			}
			if c.bare {
				clip.Tracks[0].Private = nil
			}
			writeCopies(t, to, map[string]*Clip{"x": clip}, []string{"x"})
			if out, err := exec.Command("ffmpeg", "-v", "error", "-i", to, "-f", "null", "-").CombinedOutput(); err != nil || len(out) > 0 {
				t.Errorf("ffmpeg: %v\n%s", err, out)
			}
			if back := openFile(t, to); len(back.Packets) != 45 || back.Duration < 2900*time.Millisecond {
				t.Errorf("written: %d packets, %v", len(back.Packets), back.Duration)
			}
		})
	}
}

func openFile(t *testing.T, path string) *Clip {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	c, err := Read(f)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
