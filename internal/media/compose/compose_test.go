package compose

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"scaip/internal/media/matroska"
)

// file makes a call's file: the walking clip at seat 1 from the beginning on, the flashing one at seat 2 from 2 s on.
func file(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "it's a call %d [0].mkv")
	out, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w, err := matroska.NewWriter(out, matroska.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var all []matroska.Packet
	for seat, name := range []string{"walk.webm", "flashbeep.webm"} {
		f, err := os.Open(filepath.Join("../../../testdata/media", name))
		if err != nil {
			t.Fatal(err)
		}
		clip, err := matroska.Read(f)
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		index := map[int]int{}
		for i, tr := range clip.Tracks {
			tr.UID = uint64(seat+1)<<26 | uint64(i)<<16 | 1
			if index[i], err = w.AddTrack(tr); err != nil {
				t.Fatal(err)
			}
		}
		for _, p := range clip.Packets {
			if p.PTS < 2*time.Second {
				p.Track, p.PTS = index[p.Track], p.PTS+time.Duration(seat)*2*time.Second
				all = append(all, p)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b matroska.Packet) int { return int(a.PTS - b.PTS) })
	for _, p := range all {
		if err := w.Write(p); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), out.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestGrid(t *testing.T) {
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("SKIPPED, NOT CHECKED: ffmpeg is not installed, so no grid was composed")
	}
	from, to := file(t), filepath.Join(t.TempDir(), "grid.webm")
	var told []float64
	if err := Grid(t.Context(), from, to, func(f float64) { told = append(told, f) }); err != nil {
		t.Fatal(err)
	}
	if !slices.IsSorted(told) || len(told) == 0 || told[len(told)-1] != 1 {
		t.Errorf("progress %v", told)
	}
	// The middle of the left tile moves from the start, that of the right one is black until 2 s.
	light := func(at, x string) byte {
		out, err := exec.Command("ffmpeg", "-v", "error", "-ss", at, "-i", to, "-frames:v", "1", "-vf", "crop=400:300:"+x+":210,scale=1:1,format=gray", "-f", "rawvideo", "-").Output()
		if err != nil || len(out) != 1 {
			t.Fatalf("look at the grid: %v, %d bytes", err, len(out))
		}
		return out[0]
	}
	if l, r := light("1", "120"), light("1", "760"); l < 40 || r > 25 {
		t.Errorf("after 1 s the left tile is as light as %d, the right one as %d; want a picture and black", l, r)
	}
	out, err := exec.Command("ffprobe", "-v", "error", "-show_entries", "stream=codec_name,width:format=duration", "-of", "csv=p=0", to).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "vp8,1280") || !strings.Contains(string(out), "opus") || !strings.Contains(string(out), "\n4.") && !strings.Contains(string(out), "\n3.9") {
		t.Errorf("ffprobe: %v\n%s", err, out)
	}
	if left, _ := filepath.Glob(to + ".part"); len(left) > 0 {
		t.Errorf("%v is left", left)
	}
}

func TestGridWithoutFFmpeg(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if err := Grid(t.Context(), "x.mkv", "y.mkv", nil); !errors.Is(err, ErrNoFFmpeg) {
		t.Errorf("got %v", err)
	}
}

// What fails leaves the file of before as it was.
func TestGridThatFails(t *testing.T) {
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("SKIPPED, NOT CHECKED: ffmpeg is not installed")
	}
	from, to := file(t), filepath.Join(t.TempDir(), "grid.mkv")
	if err := os.WriteFile(to, []byte("before"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(to+".part", 0o700); err != nil { // so that ffmpeg can't write
		t.Fatal(err)
	}
	if err := Grid(t.Context(), from, to, nil); err == nil {
		t.Error("no error")
	}
	if raw, _ := os.ReadFile(to); string(raw) != "before" {
		t.Errorf("the file holds %q", raw)
	}
}

// However many there are, the arguments stay short; more than there is room for is refused.
func TestGridIsBounded(t *testing.T) {
	tracks := func(n int) (all []matroska.Track) {
		for seat := range n {
			all = append(all, matroska.Track{UID: uint64(seat+1) << 26, Kind: matroska.Video}, matroska.Track{UID: uint64(seat+1)<<26 | 1<<16, Kind: matroska.Audio})
		}
		return all
	}
	for n := 1; n <= maxTiles; n++ {
		tiles, voices := tilesOf(tracks(n))
		if g := graph(tiles, voices, time.Hour); len(tiles) != n || voices != n || len(g) > 10_000 {
			t.Errorf("%d people: %d tiles, a filter of %d bytes", n, len(tiles), len(g))
		}
	}
	two := []matroska.Track{{UID: 1 << 26, Kind: matroska.Video, Codec: "vp8"}, {UID: 1<<26 | 2, Kind: matroska.Video, Codec: "vp09"}}
	if tiles, _ := tilesOf(two); len(tiles) != 1 || len(tiles[0]) != 2 {
		t.Errorf("one camera of two codecs has the tiles %v", tiles)
	}
}
