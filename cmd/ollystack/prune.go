package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

const (
	partialSuffix = ".partial"
	// partialAge is when a file that was never finished is nobody's any more.
	partialAge = 24 * time.Hour
)

// ownName is what backupName makes. Nothing else in a directory of backups is ours to delete.
var ownName = regexp.MustCompile(`^ollystack-[0-9]{8}T[0-9]{6}Z\.db$`)

func backupName(now time.Time) string {
	return "ollystack-" + now.UTC().Format("20060102T150405Z") + ".db"
}

// prune deletes all but the newest backups in dir, by the time in their names,
// and what was left half-written there long ago. The one that was just made stays, whatever the clock said.
func prune(w io.Writer, dir, made string, keep int, now time.Time) error {
	entries, err := os.ReadDir(dir) // in the order of names, and thereby of time
	if err != nil {
		return fmt.Errorf("look for old backups: %w", err)
	}
	var backups []string
	var errs error
	for _, e := range entries {
		whole, partial := strings.CutSuffix(e.Name(), partialSuffix)
		if !e.Type().IsRegular() || !ownName.MatchString(whole) {
			continue
		}
		if !partial {
			backups = append(backups, e.Name())
			continue
		}
		if info, err := e.Info(); err == nil && now.Sub(info.ModTime()) > partialAge {
			errs = errors.Join(errs, os.Remove(filepath.Join(dir, e.Name())))
		}
	}
	backups = slices.DeleteFunc(backups, func(name string) bool { return name == made })
	for _, old := range backups[:max(len(backups)-(keep-1), 0)] {
		if err := os.Remove(filepath.Join(dir, old)); err != nil {
			errs = errors.Join(errs, err)
			continue
		}
		fmt.Fprintf(w, "%s: deleted, %d newer ones are kept\n", filepath.Join(dir, old), keep)
	}
	return errs
}
