package e2e

import (
	"testing"
	"time"

	"scaip/internal/bench"
)

// The benchmark of recordings runs as a whole, on a small scale: the daemon takes in calls that were put into its logs, serves them and plays them.
func TestBenchReplay(t *testing.T) {
	clip := readClip(t, "walk.webm")
	told := map[string]bool{}
	r, err := bench.Replay(t.Context(), binary, t.TempDir(), bench.ReplayOptions{Loud: clip, People: 3, Speakers: 3, Length: 30 * time.Second, Calls: 5, Seeks: 3,
		MaxDisk: 1 << 30, Progress: func(what string, _ float64) { told[what] = true }})
	if err != nil {
		t.Fatal(err)
	}
	if want := 2 * 3 * len(clip.Packets); r.Frames < want-60 || r.Frames > want+20 {
		t.Errorf("%d frames are in the file of 30 s, want %d", r.Frames, want)
	}
	for name, rate := range map[string]float64{"log": r.Log, "seal": r.Seal, "download": r.Download, "floor": r.Floor} {
		if rate < 1 {
			t.Errorf("%s: %.2f MB/s", name, rate)
		}
	}
	if r.Seek.P50 <= 0 || r.SeekCold.P95 <= 0 || r.Start <= 0 {
		t.Errorf("nothing was measured: %+v", r)
	}
	for _, what := range []string{"recording", "sealing", "taking in", "downloading", "seeking"} {
		if !told[what] {
			t.Errorf("nothing is shown while %s", what)
		}
	}
}

// What would take more of the disk than it may is refused before anything is there.
func TestBenchReplayKeepsToItsDisk(t *testing.T) {
	_, err := bench.Replay(t.Context(), "no such program", t.TempDir(), bench.ReplayOptions{Loud: readClip(t, "walk.webm"), People: 10, Speakers: 10,
		Length: 3 * time.Hour, Calls: 5, Seeks: 3, MaxDisk: 1 << 30})
	if err == nil {
		t.Error("three hours of ten people in 1 GiB were begun")
	}
}
