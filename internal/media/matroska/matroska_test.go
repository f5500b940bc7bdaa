package matroska

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

func readClip(t *testing.T, name string) *Clip {
	t.Helper()
	f, err := os.Open(filepath.Join("../../../testdata/media", name))
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

// writeCopies writes the clips' packets into one file, in order of PTS; each clip's tracks are named after it.
func writeCopies(t *testing.T, path string, clips map[string]*Clip, order []string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w, err := NewWriter(f, Options{Title: "Team", Date: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	var all []Packet
	for n, name := range order {
		c := clips[name]
		base := make([]int, len(c.Tracks))
		for i, tr := range c.Tracks {
			tr.Name, tr.UID = name+" "+string(tr.Kind), uint64(100*(n+1)+i)
			if base[i], err = w.AddTrack(tr); err != nil {
				t.Fatal(err)
			}
		}
		for _, p := range c.Packets {
			p.Track = base[p.Track]
			all = append(all, p)
		}
	}
	merged := &Clip{Tracks: make([]Track, 16), Packets: all}
	for i := range merged.Tracks {
		merged.Tracks[i].Codec = "opus"
	}
	merged.finish()
	for _, p := range merged.Packets {
		if err := w.Write(p); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestReadClip(t *testing.T) {
	c := readClip(t, "walk.webm")
	if len(c.Tracks) != 2 {
		t.Fatalf("%d tracks, want 2", len(c.Tracks))
	}
	v, a := c.Tracks[0], c.Tracks[1]
	if v.Kind == Audio {
		v, a = a, v
	}
	if v.Codec != "vp8" || v.Width != 640 || v.Height != 480 {
		t.Errorf("video is %s %d×%d, want vp8 640×480", v.Codec, v.Width, v.Height)
	}
	if a.Codec != "opus" || a.SampleRate != 48000 || a.Channels != 1 || !bytes.HasPrefix(a.Private, []byte("OpusHead")) {
		t.Errorf("audio is %+v", a)
	}
	if d := c.Duration - 15*time.Second; d < -50*time.Millisecond || d > 50*time.Millisecond {
		t.Errorf("duration %v, want about 15 s", c.Duration)
	}
	keys, frames, sounds := 0, 0, 0
	for _, p := range c.Packets {
		switch {
		case c.Tracks[p.Track].Kind == Audio:
			sounds++
		case p.Key:
			keys++
			fallthrough
		default:
			frames++
		}
	}
	if frames != 450 || keys != 8 || sounds < 745 || sounds > 755 {
		t.Errorf("%d frames, %d keys, %d sounds; want 450, 8, about 750", frames, keys, sounds)
	}
}

func TestReadRefusesNonsense(t *testing.T) {
	for name, raw := range map[string][]byte{"nothing": {}, "text": []byte("hello, world, this is no video"), "cut": {0x1a, 0x45, 0xdf}} {
		if _, err := Read(bytes.NewReader(raw)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestWrittenFileReadsBack(t *testing.T) {
	walk := readClip(t, "walk.webm")
	path := filepath.Join(t.TempDir(), "walk.mkv")
	writeCopies(t, path, map[string]*Clip{"walk": walk}, []string{"walk"})
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	back, err := Read(f)
	if err != nil {
		t.Fatal(err)
	}
	if len(back.Packets) != len(walk.Packets) {
		t.Fatalf("%d packets, want %d", len(back.Packets), len(walk.Packets))
	}
	for i, p := range back.Packets {
		q := walk.Packets[i]
		if p.PTS != q.PTS || p.Key != q.Key || !bytes.Equal(p.Data, q.Data) || back.Tracks[p.Track].Kind != walk.Tracks[q.Track].Kind {
			t.Fatalf("packet %d: got %v key %v %d bytes, want %v key %v %d bytes", i, p.PTS, p.Key, len(p.Data), q.PTS, q.Key, len(q.Data))
		}
	}
}

func TestSameCallsSameBytes(t *testing.T) {
	clips := map[string]*Clip{"walk": readClip(t, "walk.webm"), "flash": readClip(t, "flashbeep.webm")}
	dir := t.TempDir()
	var files [2][]byte
	for i := range files {
		path := filepath.Join(dir, strconv.Itoa(i))
		writeCopies(t, path, clips, []string{"walk", "flash"})
		var err error
		if files[i], err = os.ReadFile(path); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(files[0], files[1]) {
		t.Error("two writings differ")
	}
}

// TestForeignEyes has ffprobe and ffmpeg look at a file.
func TestForeignEyes(t *testing.T) {
	if _, err := exec.LookPath("ffprobe"); err != nil {
		t.Skip("SKIPPED, NOT CHECKED: ffprobe is not installed, so no foreign program has read our Matroska")
	}
	clips := map[string]*Clip{"walk": readClip(t, "walk.webm"), "box": readClip(t, "box.webm"), "flash": readClip(t, "flashbeep.webm")}
	path := filepath.Join(t.TempDir(), "three.mkv")
	writeCopies(t, path, clips, []string{"walk", "box", "flash"})

	raw, err := exec.Command("ffprobe", "-v", "error", "-of", "json", "-show_streams", "-show_format", path).CombinedOutput()
	if err != nil {
		t.Fatalf("ffprobe: %v\n%s", err, raw)
	}
	var seen struct {
		Streams []struct {
			Name        string            `json:"codec_name"`
			Width       int               `json:"width"`
			Tags        map[string]string `json:"tags"`
			Disposition map[string]int    `json:"disposition"`
		}
		Format struct {
			Duration string            `json:"duration"`
			Tags     map[string]string `json:"tags"`
		}
	}
	if err := json.Unmarshal(raw, &seen); err != nil {
		t.Fatal(err)
	}
	if len(seen.Streams) != 6 {
		t.Fatalf("%d streams, want 6", len(seen.Streams))
	}
	names := []string{"walk", "walk", "box", "box", "flash", "flash"}
	for i, s := range seen.Streams {
		if got := s.Tags["title"]; got != names[i]+" video" && got != names[i]+" audio" {
			t.Errorf("stream %d is named %q, want %s", i, got, names[i])
		}
		want := "00:00:15."
		if names[i] == "flash" {
			want = "00:00:10."
		}
		if got := s.Tags["DURATION"]; got < want[:8] || len(got) != 18 || (got[:9] != want && got[:8] != "00:00:14" && got[:8] != "00:00:09") {
			t.Errorf("stream %d lasts %q, want about %s", i, got, want)
		}
		if s.Disposition["default"] != map[bool]int{true: 1}[i < 2] {
			t.Errorf("stream %d: default %d", i, s.Disposition["default"])
		}
	}
	if d, _ := strconv.ParseFloat(seen.Format.Duration, 64); d < 14.9 || d > 15.1 {
		t.Errorf("duration %q, want 15", seen.Format.Duration)
	}
	if seen.Format.Tags["title"] != "Team" || seen.Format.Tags["creation_time"] != "2030-01-02T03:04:05.000000Z" {
		t.Errorf("tags %v", seen.Format.Tags)
	}
	if out, err := exec.Command("ffmpeg", "-v", "error", "-i", path, "-map", "0", "-f", "null", "-").CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("ffmpeg: %v\n%s", err, out)
	}
	// Seeking by the cues: the first packet after a seek to 9 s is the key frame of 8 s.
	out, err := exec.Command("ffprobe", "-v", "error", "-select_streams", "v:0", "-read_intervals", "9%+#1", "-show_entries", "packet=pts_time,flags",
		"-of", "csv=p=0", path).CombinedOutput()
	if err != nil || !bytes.HasPrefix(out, []byte("8.007000,K")) {
		t.Errorf("seek to 9 s: %v, %q, want the key frame of 8.007 s", err, out)
	}
}

func TestCodecs(t *testing.T) {
	avcC := []byte{1, 0x42, 0xe0, 0x1e, 0xff, 0xe1, 0}
	for _, c := range []struct {
		track Track
		id    string
	}{
		{Track{Kind: Video, Codec: "vp8"}, "V_VP8"},
		{Track{Kind: Video, Codec: "vp09.00.10.08"}, "V_VP9"},
		{Track{Kind: Video, Codec: "av01.0.04M.08"}, "V_AV1"},
		{Track{Kind: Video, Codec: "avc1.42E01E", Private: avcC}, "V_MPEG4/ISO/AVC"},
		{Track{Kind: Audio, Codec: "opus"}, "A_OPUS"},
		{Track{Kind: Video, Codec: "avc1.42E01E"}, ""},
		{Track{Kind: Video, Codec: "av01"}, ""},
		{Track{Kind: Audio, Codec: "vp8"}, ""},
		{Track{Kind: Video, Codec: "opus"}, ""},
		{Track{Kind: Audio, Codec: "opus", Private: []byte("short")}, ""},
		{Track{Kind: Video, Codec: ""}, ""},
	} {
		got, err := codecOf(c.track)
		if got.id != c.id || (err == nil) != (c.id != "") || err != nil && !errors.Is(err, ErrCodec) {
			t.Errorf("%s %q: got %q, %v; want %q", c.track.Kind, c.track.Codec, got.id, err, c.id)
		}
	}
	opus, _ := codecOf(Track{Kind: Audio, Codec: "opus"})
	if opus.delay != 6500*time.Microsecond || opus.preRoll != 80*time.Millisecond || len(opus.private) != 19 {
		t.Errorf("opus: delay %v, pre-roll %v, header of %d bytes", opus.delay, opus.preRoll, len(opus.private))
	}
}

func TestOpusDuration(t *testing.T) {
	for _, c := range []struct {
		packet []byte
		want   time.Duration
	}{
		{nil, 0}, {[]byte{0x08}, 20 * time.Millisecond}, {[]byte{0x18}, 60 * time.Millisecond}, {[]byte{0x78}, 20 * time.Millisecond},
		{[]byte{0xf8}, 20 * time.Millisecond}, {[]byte{0xf9}, 40 * time.Millisecond}, {[]byte{0xe0}, 2500 * time.Microsecond},
		{[]byte{0xfb, 3}, 60 * time.Millisecond}, {[]byte{0xfb}, 0}, {[]byte{0xfb, 63}, 0},
	} {
		if got := OpusDuration(c.packet); got != c.want {
			t.Errorf("%x: got %v, want %v", c.packet, got, c.want)
		}
	}
}

// discard is a file whose content nobody needs.
type discard struct{ n int64 }

func (d *discard) Write(b []byte) (int, error)         { d.n += int64(len(b)); return len(b), nil }
func (d *discard) Seek(at int64, _ int) (int64, error) { return at, nil }

func TestLongFileBoundedMemory(t *testing.T) {
	w, err := NewWriter(&discard{}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	const tracks = 60
	for i := range tracks {
		if _, err := w.AddTrack(Track{UID: uint64(i + 1), Kind: Video, Codec: "vp8", Width: 640, Height: 480}); err != nil {
			t.Fatal(err)
		}
	}
	// An hour and a half of key frames alone, one a second and track: 324,000 of them.
	for s := range 5400 {
		for i := range tracks {
			if err := w.Write(Packet{Track: i, PTS: time.Duration(s)*time.Second + time.Duration(i)*time.Millisecond, Key: true, Data: []byte{1}}); err != nil {
				t.Fatal(err)
			}
		}
		if len(w.cues) > maxCues || len(w.buf) > maxClusterBytes+1<<20 {
			t.Fatalf("after %d s: %d cues, cluster of %d bytes", s, len(w.cues), len(w.buf))
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if len(w.cues) < maxCues/4 {
		t.Errorf("only %d cues are left", len(w.cues))
	}
}

func TestHeaderRunsFull(t *testing.T) {
	var sink discard
	w, err := NewWriter(&sink, Options{})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for ; n < 10000; n++ {
		if _, err = w.AddTrack(Track{UID: uint64(n + 1), Kind: Audio, Codec: "opus", Name: "Some longer name (microphone)"}); err != nil {
			break
		}
	}
	if !errors.Is(err, ErrTooManyTracks) || n < 500 {
		t.Fatalf("after %d tracks: %v, want ErrTooManyTracks after 500 or more", n, err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}
