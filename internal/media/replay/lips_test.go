package replay

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// Flash and beep of the clip are together in the exported file, as another program decodes it: within 20 ms.
func TestLipSyncOfTheFile(t *testing.T) {
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("SKIPPED, NOT CHECKED: ffmpeg is not installed, so lip sync of the exported file was not measured")
	}
	c := newCall(t)
	c.play(readClip(t, "flashbeep.webm"), 1, "Ada", 730*time.Millisecond)
	c.write()
	path := filepath.Join(t.TempDir(), "out.mkv")
	if _, err := Export(t.Context(), path, Options{Log: c.log, Call: "c1"}); err != nil {
		t.Fatal(err)
	}
	flashes, beeps := flashTimes(t, path), beepTimes(t, path)
	if len(flashes) < 9 || len(flashes) != len(beeps) {
		t.Fatalf("%d flashes and %d beeps, want as many, one a second", len(flashes), len(beeps))
	}
	worst := time.Duration(0)
	for i, f := range flashes {
		worst = max(worst, (f - beeps[i]).Abs())
	}
	t.Logf("%d flashes and beeps, at most %v apart", len(flashes), worst)
	if worst > 20*time.Millisecond {
		t.Errorf("flash and beep are up to %v apart, want 20 ms: %v, %v", worst, flashes, beeps)
	}
}

// flashTimes are the times at which the picture turns white.
func flashTimes(t *testing.T, path string) (at []time.Duration) {
	t.Helper()
	out, err := exec.Command("ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries", "frame=best_effort_timestamp_time", "-of", "csv=p=0", path).Output()
	if err != nil {
		t.Fatal(err)
	}
	var times []time.Duration
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		s, err := strconv.ParseFloat(string(bytes.TrimRight(lines.Bytes(), ",")), 64)
		if err != nil {
			t.Fatal(err)
		}
		times = append(times, time.Duration(s*float64(time.Second)))
	}
	light, err := exec.Command("ffmpeg", "-v", "error", "-i", path, "-map", "v:0", "-vf", "scale=1:1:flags=area,format=gray", "-fps_mode", "passthrough", "-f", "rawvideo", "-").Output()
	if err != nil || len(light) != len(times) {
		t.Fatalf("%d pictures have %d times, %v", len(light), len(times), err)
	}
	for i, l := range light {
		if l > 128 && (i == 0 || light[i-1] <= 128) {
			at = append(at, times[i])
		}
	}
	return at
}

// beepTimes are the times at which the sound begins after a silence of 0.3 s.
func beepTimes(t *testing.T, path string) (at []time.Duration) {
	t.Helper()
	const rate = 48000
	pcm, err := exec.Command("ffmpeg", "-v", "error", "-copyts", "-i", path, "-map", "a:0", "-af", "aresample=48000:async=1:first_pts=0", "-ac", "1", "-f", "s16le", "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	last := -rate
	for i := range len(pcm) / 2 {
		if v := int16(binary.LittleEndian.Uint16(pcm[2*i:])); v > 2000 || v < -2000 {
			if i-last > rate*3/10 {
				at = append(at, time.Duration(i)*time.Second/rate)
			}
			last = i
		}
	}
	return at
}
