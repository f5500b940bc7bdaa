package seal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// files are the steps that change the directory of the files. Each is on disk when it returns.
type files interface {
	Write(path string, content []byte) error // whole or not at all
	Rename(from, to string) error
	Remove(path string) error // that it is not there is no error
}

// disk is the real one.
type disk struct{}

func (d disk) Write(path string, content []byte) error {
	aside := path + ".new"
	f, err := os.OpenFile(aside, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(aside), err)
	}
	return d.Rename(aside, path)
}

func (disk) Rename(from, to string) error {
	if err := os.Rename(from, to); err != nil {
		return err
	}
	return syncDir(filepath.Dir(to))
}

func (disk) Remove(path string) error {
	err := os.Remove(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
