package app

import (
	"fmt"
	"os"
	"path/filepath"
)

// StoreFile is the path of the store in a data directory.
func StoreFile(dir string) string { return filepath.Join(dir, "fleet.db") }

// The files that the first start in token mode leaves in the data directory.
const (
	AdminTokenFile     = "admin.token"
	EnrolmentTokenFile = "enrolment.token"
)

// makeDataDir makes the directory, for nobody else to read, if it is missing.
func makeDataDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make data_dir: %w", err)
	}
	return nil
}

// replaceFile replaces a file of dir with one that holds text and a line break,
// mode 0600, so that a crash leaves the old one or the new one.
func replaceFile(dir, name, text string) (err error) {
	f, err := os.CreateTemp(dir, "."+name+"-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name()) // what counts is why it could not be written
		}
	}()
	if _, err := f.WriteString(text + "\n"); err != nil {
		f.Close()
		return err
	}
	if err := f.Sync(); err != nil {
		f.Close()
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), filepath.Join(dir, name)); err != nil {
		return err
	}
	return syncDir(dir)
}

// syncDir makes what was renamed in dir last.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
