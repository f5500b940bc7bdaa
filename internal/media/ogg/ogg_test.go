package ogg

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"scaip/internal/media/matroska"
)

func head() []byte {
	return []byte("OpusHead\x01\x01\x38\x01\x80\xbb\x00\x00\x00\x00\x00")
}

// stream is an Ogg file taken apart.
type stream struct {
	packets  [][]byte
	granules []uint64 // of pages
	flags    []byte
}

func read(t *testing.T, b []byte) (s stream) {
	t.Helper()
	var open []byte
	for seq := uint32(0); len(b) > 0; seq++ {
		if string(b[:5]) != "OggS\x00" || binary.LittleEndian.Uint32(b[18:]) != seq {
			t.Fatalf("page %d begins with % x", seq, b[:20])
		}
		n := int(b[26])
		size := 27 + n
		for _, l := range b[27 : 27+n] {
			size += int(l)
		}
		page := bytes.Clone(b[:size])
		sum := binary.LittleEndian.Uint32(page[22:])
		copy(page[22:], []byte{0, 0, 0, 0})
		if got := checksum(crcTable(), page); got != sum {
			t.Fatalf("page %d has checksum %x, want %x", seq, sum, got)
		}
		data := b[27+n : size]
		for _, l := range b[27 : 27+n] {
			open = append(open, data[:l]...)
			data = data[l:]
			if l < 255 {
				s.packets = append(s.packets, open)
				open = nil
			}
		}
		s.flags, s.granules = append(s.flags, b[5]), append(s.granules, binary.LittleEndian.Uint64(b[6:]))
		b = b[size:]
	}
	return s
}

func TestChecksum(t *testing.T) {
	if got := checksum(crcTable(), []byte("123456789")); got != 0x89a1897f { // as cksum(1) has it, without length and complement
		t.Errorf("checksum %x", got)
	}
}

// TestTimeIsKept is a property: whatever the gaps and however the clock runs, each packet is near its time.
func TestTimeIsKept(t *testing.T) {
	for seed := range uint64(40) {
		rnd := rand.New(rand.NewPCG(seed, 0))
		var out bytes.Buffer
		w, err := NewWriter(&out, 7, head(), "Ada")
		if err != nil {
			t.Fatal(err)
		}
		drift := 1 + (rnd.Float64()-0.5)*1e-3 // ±500 ppm
		pts := time.Duration(rnd.Int64N(3e9))
		var want []time.Duration
		for i := range 5000 {
			pts += time.Duration(float64(frame) * drift)
			if rnd.IntN(500) == 0 {
				pts += time.Duration(rnd.Int64N(4e9))
			}
			p := append([]byte{0xf8}, make([]byte, 2+rnd.IntN(300))...)
			binary.BigEndian.PutUint16(p[1:], uint16(i))
			before := w.Left()
			if err := w.Write(pts, p, i%7 == 0); err != nil {
				t.Fatal(err)
			}
			if w.Left() == before {
				want = append(want, pts)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		s := read(t, out.Bytes())
		at, n := time.Duration(0), 0
		for _, p := range s.packets[2:] {
			if len(p) != 3 || p[1] != 0xff { // no silence
				if d := at - want[n]; d > Apart || d < -frame {
					t.Fatalf("seed %d: a packet of %v is heard at %v", seed, want[n], at)
				}
				n++
			}
			at += matroska.OpusDuration(p)
		}
		last := len(s.granules) - 1
		if n != len(want) || n < 4900 || s.granules[last] != uint64(at*Rate/time.Second) || s.flags[0] != begins || s.flags[last] != ends {
			t.Errorf("seed %d: %d packets of %d, end %d, flags %v", seed, n, len(want), s.granules[last], s.flags[last])
		}
	}
}

// TestForeignEars has ffmpeg decode a file: silence where nothing was sent, sound where it was.
func TestForeignEars(t *testing.T) {
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("SKIPPED, NOT CHECKED: ffmpeg is not installed, so no foreign program has decoded our Ogg")
	}
	f, err := os.Open("../../../testdata/media/walk.webm")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	clip, err := matroska.Read(f)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "a.opus")
	out, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w, err := NewWriter(out, 7, head(), "Ada (microphone)")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range clip.Packets { // from 2 s on, without what is from 4 to 7 s of the clip
		if clip.Tracks[p.Track].Kind == matroska.Audio && (p.PTS < 4*time.Second || p.PTS > 7*time.Second) {
			if err := w.Write(2*time.Second+p.PTS, p.Data, false); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	out.Close()
	said, err := exec.Command("ffprobe", "-v", "error", "-show_entries", "format=duration:stream=codec_name:stream_tags=title", "-of", "csv=p=0", path).CombinedOutput()
	if err != nil || !strings.HasPrefix(string(said), "opus,Ada (microphone)") || !strings.Contains(string(said), fmt.Sprintf("%.1f", w.Length().Seconds())) {
		t.Errorf("ffprobe: %v, %q; want Opus of %v", err, said, w.Length())
	}
	pcm, err := exec.Command("ffmpeg", "-v", "error", "-i", path, "-f", "s16le", "-ac", "1", "-ar", "8000", "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	loud := func(from, to float64) (peak int) {
		for i := int(from * 8000); i < int(to*8000) && 2*i+1 < len(pcm); i++ {
			peak = max(peak, int(int16(binary.LittleEndian.Uint16(pcm[2*i:]))))
		}
		return peak
	}
	if a, b := loud(0, 1.9), loud(6.2, 8.9); a > 50 || b > 300 {
		t.Errorf("peaks of %d and %d where nothing was sent", a, b)
	}
	if a, b := loud(2.1, 5.9), loud(9.2, 16); a < 1000 || b < 1000 {
		t.Errorf("peaks of %d and %d where somebody spoke", a, b)
	}
}
