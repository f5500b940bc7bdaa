package app

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// dataVersion is the layout of the data directory that this program writes.
const dataVersion = 1

const (
	lockName    = "scaipd.lock"
	versionName = "version"
)

// Errors of the data directory that have an exit code or a check of their own.
var (
	ErrLocked  = errors.New("another daemon runs on this data directory")
	ErrForeign = errors.New("this is not a data directory of scaip")
	ErrNewer   = errors.New("this data directory was written by a newer version of scaip")
)

// A dataDir is a data directory held by this process alone.
type dataDir struct {
	path  string
	fresh bool // it was made, or empty
	loose bool // others could read it, until now
	lock  *os.File
}

// openDataDir takes the directory for this process, and makes it if it is not there. If it belongs to another daemon, to another program or
// to a newer version, nothing is written.
func openDataDir(path string) (*dataDir, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, fmt.Errorf("make data directory: %w", err)
	}
	d := &dataDir{path: path}
	if err := d.inspect(); err != nil {
		return nil, fmt.Errorf("open data directory %s: %w", path, err)
	}
	if err := d.take(); err != nil {
		return nil, fmt.Errorf("open data directory %s: %w", path, err)
	}
	if err := d.stamp(); err != nil {
		d.close()
		return nil, fmt.Errorf("open data directory %s: %w", path, err)
	}
	return d, nil
}

// join returns a path in the directory.
func (d *dataDir) join(elem ...string) string {
	return filepath.Join(append([]string{d.path}, elem...)...)
}

// inspect reads only: is it ours?
func (d *dataDir) inspect() error {
	entries, err := os.ReadDir(d.path)
	if err != nil {
		return err
	}
	version, err := readVersion(d.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		for _, e := range entries {
			if e.Name() != lockName { // all that an interrupted first start may have left
				return fmt.Errorf("%w: it has no file named %s, but one named %s", ErrForeign, versionName, e.Name())
			}
		}
		d.fresh = true
		return nil
	case err != nil:
		return err
	case version > dataVersion:
		return fmt.Errorf("%w: it has layout %d, this program knows %d", ErrNewer, version, dataVersion)
	}
	return nil
}

// take locks the directory. The lock ends with the process, however it ends.
func (d *dataDir) take() error {
	f, err := os.OpenFile(d.join(lockName), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("open lock: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		defer f.Close()
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return fmt.Errorf("lock: %w", err)
		}
		raw := make([]byte, 20)
		n, _ := f.Read(raw) // the process number is a help, no more
		return fmt.Errorf("%w (process %s)", ErrLocked, strings.TrimSpace(string(raw[:n])))
	}
	d.lock = f
	if err := f.Truncate(0); err != nil {
		return fmt.Errorf("write lock: %w", err)
	}
	if _, err := f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0); err != nil {
		return fmt.Errorf("write lock: %w", err)
	}
	return nil
}

// stamp closes the directory to others and writes the version into a new one.
func (d *dataDir) stamp() error {
	info, err := os.Stat(d.path)
	if err != nil {
		return err
	}
	if info.Mode().Perm()&0o077 != 0 {
		d.loose = true
		if err := os.Chmod(d.path, 0o700); err != nil {
			return fmt.Errorf("close it to others: %w", err)
		}
	}
	if !d.fresh {
		return nil
	}
	return writeWhole(d.join(versionName), []byte(strconv.Itoa(dataVersion)+"\n"))
}

func (d *dataDir) close() {
	_ = d.lock.Close() // nothing is buffered
}

func readVersion(dir string) (int, error) {
	raw, err := os.ReadFile(filepath.Join(dir, versionName))
	if err != nil {
		return 0, err
	}
	v, err := strconv.Atoi(strings.TrimSpace(string(raw)))
	if err != nil || v < 1 {
		return 0, fmt.Errorf("%w: its version is %.20q", ErrForeign, raw)
	}
	return v, nil
}

// writeWhole makes a file that, after any crash, is there as a whole or not at all.
func writeWhole(path string, content []byte) error {
	aside := path + ".new"
	f, err := os.OpenFile(aside, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", aside, err)
	}
	if err := os.Rename(aside, path); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
