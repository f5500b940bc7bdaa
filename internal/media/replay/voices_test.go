package replay

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"scaip/internal/media"
)

func framesOf(t *testing.T, path, kind string) (all []media.Frame) {
	t.Helper()
	s, err := OpenSealed(path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for pieces, err := range s.Frames(t.Context(), kind, 0) {
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range pieces {
			all = append(all, p.Frame)
		}
	}
	return all
}

func TestVoicesHoldAllSoundAndNoPicture(t *testing.T) {
	c := talkedCall(t, 20*time.Second)
	whole, _ := seal(t, c, Options{})
	path := filepath.Join(t.TempDir(), "voices.mka")
	r, err := Voices(whole, path)
	if err != nil {
		t.Fatal(err)
	}
	want := framesOf(t, whole, media.Audio)
	if got := framesOf(t, path, media.Audio); len(want) == 0 || !reflect.DeepEqual(got, want) {
		t.Errorf("got %d frames of sound, want the %d of the call, unchanged", len(got), len(want))
	}
	if got := framesOf(t, path, media.Video); len(got) != 0 {
		t.Errorf("there are %d pictures", len(got))
	}
	raw, err := os.ReadFile(path)
	if sum := sha256.Sum256(raw); err != nil || r.SHA256 != hex.EncodeToString(sum[:]) || r.Bytes != int64(len(raw)) || r.Tracks != 2 {
		t.Errorf("it is said to be %+v", r)
	}
	s, err := OpenSealed(path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if s.Call() != "c1" {
		t.Error("it does not know of which call it is")
	}
}

func TestVoicesOfNoRecording(t *testing.T) {
	path := filepath.Join(t.TempDir(), "voices.mka")
	if _, err := Voices("voices_test.go", path); err == nil {
		t.Error("a file that is no recording has voices")
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("something was written: %v", err)
	}
}
