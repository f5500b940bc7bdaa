package matroska

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// writeRich writes a clip with everything a file can have, and returns its path and what was written.
func writeRich(t *testing.T) (string, []Packet) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "rich.mkv")
	out, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	w, err := NewWriter(out, Options{Title: "Team", Date: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	clip := readClip(t, "walk.webm")
	sides := []Side{{ID: 100, Name: "head"}, {ID: 101, Name: "config"}}
	for i, tr := range clip.Tracks {
		tr.UID, tr.Name, tr.Sides = uint64(i+1), fmt.Sprint("track ", i), sides
		if _, err := w.AddTrack(tr); err != nil {
			t.Fatal(err)
		}
	}
	chat, err := w.AddTrack(Track{UID: 9, Kind: Text, Name: "Chat"})
	if err != nil {
		t.Fatal(err)
	}
	var all []Packet
	for i, p := range clip.Packets {
		p.Sides = []SideData{{100, []byte(fmt.Sprintf("head %d", i))}}
		if p.Key && i%3 == 0 {
			p.Sides = append(p.Sides, SideData{101, bytes.Repeat([]byte("c"), 200)})
		}
		all = append(all, p)
		if i%100 == 0 {
			all = append(all, Packet{Track: chat, PTS: p.PTS, Key: true, Data: []byte(fmt.Sprintf("Ada: line %d ü", i)), Duration: 6 * time.Second})
		}
	}
	for _, p := range all {
		if err := w.Write(p); err != nil {
			t.Fatal(err)
		}
	}
	w.AddChapter(Chapter{0, "Ada joined"})
	w.AddChapter(Chapter{5 * time.Second, "Bob joined"})
	w.Attach(Attachment{Name: "call.json", MIME: "application/json", Data: []byte(`{"version":1}`)})
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return path, all
}

func openRich(t *testing.T, path string) *File {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := OpenFile(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestFileGivesBackWhatWasWritten(t *testing.T) {
	path, want := writeRich(t)
	f := openRich(t, path)
	if len(f.Tracks) != 3 || f.Tracks[2].Kind != Text || f.Tracks[0].Name != "track 0" || len(f.Tracks[0].Sides) != 2 || f.Tracks[0].Sides[1] != (Side{101, "config"}) {
		t.Errorf("tracks %+v", f.Tracks)
	}
	if f.Title != "Team" || f.Date.Year() != 2030 || f.Duration < 14*time.Second {
		t.Errorf("title %q, date %v, duration %v", f.Title, f.Date, f.Duration)
	}
	i := 0
	for p, err := range f.Packets(f.first) {
		if err != nil {
			t.Fatal(err)
		}
		w := want[i]
		if p.Track != w.Track || p.PTS != w.PTS.Truncate(time.Millisecond) || p.Key != w.Key || !bytes.Equal(p.Data, w.Data) || p.Duration != w.Duration ||
			!slices.EqualFunc(p.Sides, w.Sides, func(a, b SideData) bool { return a.ID == b.ID && bytes.Equal(a.Data, b.Data) }) {
			t.Fatalf("packet %d is %+v, want %+v", i, p, w)
		}
		i++
	}
	if i != len(want) {
		t.Errorf("%d packets, want %d", i, len(want))
	}
	if data, ok, err := f.Attachment("call.json"); err != nil || !ok || string(data) != `{"version":1}` {
		t.Errorf("attachment %q, %v, %v", data, ok, err)
	}
	if _, ok, err := f.Attachment("other"); ok || err != nil {
		t.Errorf("an attachment that is not there: %v, %v", ok, err)
	}
	// Key frames are at 0.007, 2.007, …: at 9.5 s, that of 8.007 is needed, and for 2 s of sound before at least 7.5 s.
	for p, err := range f.Packets(f.Start(9500*time.Millisecond, 10*time.Second, 2*time.Second)) {
		if err != nil || p.PTS > 7500*time.Millisecond || p.PTS < 5*time.Second {
			t.Errorf("from 9.5 s the file is read from %v, %v", p.PTS, err)
		}
		break
	}
}

// A cluster may begin with a picture that is no key frame: whoever begins there has nothing to decode it from.
func TestAFileIsReadFromTheKeyFrameThatAMomentNeeds(t *testing.T) {
	path := filepath.Join(t.TempDir(), "long.mkv")
	out, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	w, err := NewWriter(out, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for i, tr := range readClip(t, "walk.webm").Tracks {
		tr.UID = uint64(i + 1)
		if _, err := w.AddTrack(tr); err != nil {
			t.Fatal(err)
		}
	}
	const picture, every = 40 * time.Millisecond, 9 * time.Second // key frames, farther apart than a cluster is long
	for at := time.Duration(0); at < 20*time.Second; at += picture {
		for track, tr := range w.tracks {
			key := tr.entry.TrackType != typeVideo || at%every == 0
			if err := w.Write(Packet{Track: track, PTS: at, Key: key, Data: make([]byte, 100)}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	f := openRich(t, path)
	if f.Tracks[0].Kind != Video {
		t.Fatal("the pictures are to come first")
	}
	for at := time.Duration(0); at < 20*time.Second; at += 5 * picture {
		for p, err := range f.Packets(f.Start(at, every, 0)) {
			if err != nil || p.PTS > at {
				t.Fatalf("at %v there is no key frame before %v, %v", at, p.PTS, err)
			}
			if f.Tracks[p.Track].Kind == Video && p.Key && p.PTS > at-every {
				break
			}
		}
		for p := range f.Packets(f.Start(at, 0, 0)) { // whoever needs no key frame reads less
			if p.PTS < at-maxCluster-picture {
				t.Fatalf("for what comes at %v it is read from %v", at, p.PTS)
			}
			break
		}
	}
}

func TestDamagedFiles(t *testing.T) {
	path, _ := writeRich(t)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for n := 0; n < len(whole); n += len(whole)/50 + 1 {
		if _, err := OpenFile(bytes.NewReader(whole[:n]), int64(n)); err == nil {
			t.Errorf("cut off after %d bytes: opened", n)
		}
	}
	for at := 0; at < len(whole); at += 997 { // no flipped byte makes it panic or read without end
		b := bytes.Clone(whole)
		b[at] ^= 0xff
		f, err := OpenFile(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			continue
		}
		n := 0
		for range f.Packets(f.Start(0, time.Second, 0)) {
			n++
		}
		if n > 100_000 {
			t.Errorf("byte %d flipped: %d packets", at, n)
		}
	}
}

func TestForeignEyesOnARichFile(t *testing.T) {
	if _, err := exec.LookPath("ffprobe"); err != nil {
		t.Skip("SKIPPED, NOT CHECKED: ffprobe is not installed, so no foreign program has read our Matroska")
	}
	path, want := writeRich(t)
	raw, err := exec.Command("ffprobe", "-v", "error", "-of", "json", "-show_streams", "-show_chapters", "-count_packets", path).CombinedOutput()
	if err != nil {
		t.Fatalf("ffprobe: %v\n%s", err, raw)
	}
	var seen struct {
		Streams []struct {
			Name    string            `json:"codec_name"`
			Packets string            `json:"nb_read_packets"`
			Tags    map[string]string `json:"tags"`
		}
		Chapters []struct {
			Start string            `json:"start_time"`
			Tags  map[string]string `json:"tags"`
		}
	}
	if err := json.Unmarshal(raw, &seen); err != nil {
		t.Fatalf("%v: %s", err, raw)
	}
	counts := map[int]int{}
	for _, p := range want {
		counts[p.Track]++
	}
	var names []string
	for i, s := range seen.Streams {
		names = append(names, s.Name)
		if i < 3 && s.Packets != fmt.Sprint(counts[i]) {
			t.Errorf("stream %d has %s packets, want %d", i, s.Packets, counts[i])
		}
	}
	if got := strings.Join(names[:3], " "); got != "vp8 opus subrip" {
		t.Errorf("streams %q", names)
	}
	if len(seen.Streams) != 4 || seen.Streams[3].Tags["filename"] != "call.json" {
		t.Errorf("attachment: %+v", seen.Streams)
	}
	if len(seen.Chapters) != 2 || seen.Chapters[1].Start != "5.000000" || seen.Chapters[1].Tags["title"] != "Bob joined" {
		t.Errorf("chapters %+v", seen.Chapters)
	}
	if out, err := exec.Command("ffmpeg", "-v", "error", "-i", path, "-map", "0:v", "-map", "0:a", "-f", "null", "-").CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("ffmpeg: %v\n%s", err, out)
	}
	out, err := exec.Command("ffprobe", "-v", "error", "-select_streams", "v:0", "-read_intervals", "9%+#1", "-show_entries", "packet=pts_time,flags",
		"-of", "csv=p=0", path).CombinedOutput()
	if err != nil || !bytes.HasPrefix(out, []byte("8.007000,K")) {
		t.Errorf("seek to 9 s: %v, %q, want the key frame of 8.007 s", err, out)
	}
}
