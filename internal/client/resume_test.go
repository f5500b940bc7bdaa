package client

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// A download goes on where it broke off, and a beginning of something else is found out.
func TestResume(t *testing.T) {
	content := make([]byte, 100_000)
	for i := range content {
		content[i] = byte(rand.Uint32())
	}
	sum := sha256.Sum256(content)
	s := ReplayStatus{URL: "/file", Bytes: int64(len(content)), SHA256: hex.EncodeToString(sum[:])}
	sent := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"`+s.SHA256+`"`)
		rec := httptest.NewRecorder()
		rec.Header().Set("ETag", w.Header().Get("ETag"))
		http.ServeContent(rec, r, "", time.Time{}, bytes.NewReader(content))
		sent = rec.Body.Len()
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
	}))
	defer server.Close()
	c := &Client{URL: server.URL}
	foreign := bytes.Repeat([]byte{7}, 500)
	for name, test := range map[string]struct {
		begun []byte
		sent  int
		ok    bool
	}{
		"nothing":  {nil, len(content), true},
		"the half": {content[:50_000], 50_000, true},
		"all":      {content, 0, true},
		"foreign":  {foreign, len(content) - len(foreign), false},
		"too much": {append(bytes.Clone(content), 1), 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "f")
			if err := os.WriteFile(path, test.begun, 0o600); err != nil {
				t.Fatal(err)
			}
			f, err := os.OpenFile(path, os.O_RDWR, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			sent = 0
			last := int64(-1)
			err = c.Resume(t.Context(), s, f, func(n int64) { last = n })
			got, _ := os.ReadFile(path)
			if test.ok && (err != nil || !bytes.Equal(got, content)) {
				t.Errorf("%v, %d bytes", err, len(got))
			}
			if !test.ok && !errors.Is(err, ErrCorrupt) {
				t.Errorf("got %v, want ErrCorrupt", err)
			}
			if sent != test.sent {
				t.Errorf("the server sent %d bytes, want %d", sent, test.sent)
			}
			if test.sent > 0 && test.ok && last != s.Bytes {
				t.Errorf("the last that was told is %d", last)
			}
		})
	}
}
