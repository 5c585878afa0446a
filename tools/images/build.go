package main

import (
	"archive/tar"
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// source is where files come from and the time that they all get.
type source struct {
	dir  string
	made time.Time
}

// build makes the image, one layer for each COPY.
func build(s stage, src source, arch string, labels map[string]string) (v1.Image, error) {
	img := v1.Image(empty.Image)
	for _, c := range s.copies {
		content, err := src.layer(c, arch)
		if err != nil {
			return nil, err
		}
		layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) {
			return io.NopCloser(bytes.NewReader(content)), nil
		})
		if err != nil {
			return nil, err
		}
		if img, err = mutate.Append(img, mutate.Addendum{Layer: layer, History: v1.History{
			Created: v1.Time{Time: src.made}, CreatedBy: "make images",
		}}); err != nil {
			return nil, err
		}
	}
	file, err := img.ConfigFile()
	if err != nil {
		return nil, err
	}
	file = file.DeepCopy()
	file.OS, file.Architecture, file.Created = "linux", arch, v1.Time{Time: src.made}
	file.Config = *s.config.DeepCopy()
	for k, v := range labels {
		if v != "" {
			file.Config.Labels[k] = v
		}
	}
	return mutate.ConfigFile(img, file)
}

// layer is the archive of one folder, in the order of the files' names.
func (src source) layer(c copied, arch string) ([]byte, error) {
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	root := filepath.Join(src.dir, c.from)
	err := filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || file == root {
			return err
		}
		within, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		return src.add(w, c, file, strings.TrimPrefix(path.Join(c.to, filepath.ToSlash(within)), "/"), arch)
	})
	if err != nil {
		return nil, err
	}
	return out.Bytes(), w.Close()
}

func (src source) add(w *tar.Writer, c copied, file, name, arch string) error {
	info, err := os.Lstat(file)
	if err != nil {
		return err
	}
	target := ""
	if info.Mode()&fs.ModeSymlink != 0 {
		if target, err = os.Readlink(file); err != nil {
			return err
		}
	}
	header, err := tar.FileInfoHeader(info, target)
	if err != nil {
		return err
	}
	header.Name, header.ModTime, header.Format = name, src.made, tar.FormatPAX
	header.AccessTime, header.ChangeTime = time.Time{}, time.Time{}
	header.Uid, header.Gid, header.Uname, header.Gname = c.uid, c.gid, "", ""
	if info.IsDir() {
		header.Name += "/"
	}
	if err := w.WriteHeader(header); err != nil || !info.Mode().IsRegular() {
		return err
	}
	content, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if info.Mode()&0o111 != 0 {
		if err := runsAlone(content, arch); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	_, err = w.Write(content)
	return err
}

// runsAlone complains about a program that would not start in an empty image.
func runsAlone(program []byte, arch string) error {
	f, err := elf.NewFile(bytes.NewReader(program))
	if err != nil {
		return fmt.Errorf("not a program: %w", err)
	}
	defer f.Close()
	if want := map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64}[arch]; f.Machine != want {
		return fmt.Errorf("a program for %v in an image for %s", f.Machine, arch)
	}
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			return errors.New("it is linked dynamically, and the image has no libraries")
		}
	}
	return nil
}
