package app

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// listing describes a directory with all below it: names, sizes, times, modes.
func listing(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		b.WriteString(strings.Join([]string{path, info.Mode().String(), info.ModTime().String(), "\n"}, " "))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestDataDirIsMadeClosedAndVersioned(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a", "b")
	d, err := openDataDir(path)
	if err != nil {
		t.Fatal(err)
	}
	defer d.close()
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("mode %v, %v, want 0700", info.Mode(), err)
	}
	if v, err := readVersion(path); err != nil || v != dataVersion {
		t.Errorf("version %d, %v", v, err)
	}
}

func TestDataDirIsOneDaemons(t *testing.T) {
	path := t.TempDir()
	d, err := openDataDir(path)
	if err != nil {
		t.Fatal(err)
	}
	before := listing(t, path)
	if _, err := openDataDir(path); !errors.Is(err, ErrLocked) {
		t.Errorf("second: %v, want %v", err, ErrLocked)
	}
	if after := listing(t, path); after != before {
		t.Errorf("the second wrote:\n%s\nbefore:\n%s", after, before)
	}
	d.close()
	d, err = openDataDir(path)
	if err != nil {
		t.Fatalf("after the first has gone: %v", err)
	}
	d.close()
}

func TestDataDirOfOthersIsLeftAlone(t *testing.T) {
	tests := []struct {
		name, file, content string
		want                error
	}{
		{"another program's", "holiday.jpg", "…", ErrForeign},
		{"a version that is none", versionName, "one\n", ErrForeign},
		{"a newer layout", versionName, "2\n", ErrNewer},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := t.TempDir()
			if err := os.WriteFile(filepath.Join(path, tt.file), []byte(tt.content), 0o600); err != nil {
				t.Fatal(err)
			}
			before := listing(t, path)
			if _, err := openDataDir(path); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
			if after := listing(t, path); after != before {
				t.Errorf("it was changed:\n%s\nbefore:\n%s", after, before)
			}
		})
	}
}

func TestLooseDataDirIsClosed(t *testing.T) {
	path := t.TempDir()
	if err := os.Chmod(path, 0o755); err != nil {
		t.Fatal(err)
	}
	d, err := openDataDir(path)
	if err != nil {
		t.Fatal(err)
	}
	defer d.close()
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o700 || !d.loose {
		t.Errorf("mode %v, %v, loose %v", info.Mode(), err, d.loose)
	}
}

func TestSecondDaemonIsRefusedAtOnce(t *testing.T) {
	c := config(t)
	d := run(t, c)
	start := time.Now()
	_, err := Open(t.Context(), c)
	if !errors.Is(err, ErrLocked) {
		t.Errorf("second daemon: %v, want %v", err, ErrLocked)
	}
	if took := time.Since(start); took > time.Second {
		t.Errorf("it took %v", took)
	}
	if status, _, _ := d.do(request{method: "GET", path: "/readyz"}); status != 200 {
		t.Errorf("the first is disturbed: %d", status)
	}
}
