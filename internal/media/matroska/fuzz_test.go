package matroska

import (
	"bytes"
	"os"
	"testing"
)

// FuzzRead: a broken file is an error, never a panic.
func FuzzRead(f *testing.F) {
	raw, err := os.ReadFile("../../../testdata/media/flashbeep.webm")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw[:4096])
	f.Add(raw[:600])
	f.Fuzz(func(t *testing.T, raw []byte) {
		c, err := Read(bytes.NewReader(raw))
		if err == nil && len(c.Tracks) == 0 {
			t.Error("neither a track nor an error")
		}
	})
}
