package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// renamed are files that are called otherwise where they are installed.
var renamed = map[string]string{".env.example": "stack.env"}

// notInstalled are a clone's alone.
var notInstalled = map[string]bool{"stack/no-token": true, "stack/no-authority": true, "stack/stack.mk": true}

// write makes the folder anew.
func write(from, to, tag string) error {
	if err := os.RemoveAll(to); err != nil {
		return err
	}
	for _, name := range []string{"docker-compose.yml", ".env.example"} {
		installed := name
		if other, ok := renamed[name]; ok {
			installed = other
		}
		if err := convertFile(filepath.Join(from, name), filepath.Join(to, installed), tag); err != nil {
			return err
		}
	}
	return filepath.WalkDir(filepath.Join(from, "stack"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(from, path)
		if err != nil || notInstalled[filepath.ToSlash(name)] || strings.HasPrefix(d.Name(), ".") {
			return err
		}
		installed, err := filepath.Rel("stack", name)
		if err != nil {
			return err
		}
		return convertFile(path, filepath.Join(to, installed), tag)
	})
}

func convertFile(from, to, tag string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	converted, err := convert(string(text), tag)
	if err != nil {
		return fmt.Errorf("%s: %w", from, err)
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	return os.WriteFile(to, []byte(converted), 0o644)
}
