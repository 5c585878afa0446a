package images

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"runtime"
)

// config is what an image says of how it runs, in Docker's own words.
type config struct {
	User       string              `json:",omitempty"`
	Env        []string            `json:",omitempty"`
	Entrypoint []string            `json:",omitempty"`
	Cmd        []string            `json:",omitempty"`
	WorkingDir string              `json:",omitempty"`
	Volumes    map[string]struct{} `json:",omitempty"`
}

type imageConfig struct {
	Architecture string `json:"architecture"`
	OS           string `json:"os"`
	Config       config `json:"config"`
	RootFS       rootFS `json:"rootfs"`
}

type rootFS struct {
	Type    string   `json:"type"`
	DiffIDs []string `json:"diff_ids"`
}

type manifest struct {
	Config   string
	RepoTags []string
	Layers   []string
}

// write makes the file that docker load reads: one layer, its configuration, a manifest.
func (b *build) write(ctx context.Context, ref string, c config, file string) error {
	layer := filepath.Join(b.dir, "layer.tar")
	// One moment for every file, one order: the same input makes the same image.
	err := run(ctx, "", nil, "tar", "-c", "-f", layer, "-C", b.root, "--numeric-owner", "--sort=name", "--mtime=@0", ".")
	if err != nil {
		return err
	}
	digest, err := digestOf(layer)
	if err != nil {
		return err
	}
	if c.Env == nil {
		c.Env = []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
	}
	settings, err := json.Marshal(imageConfig{
		Architecture: runtime.GOARCH, OS: "linux", Config: c,
		RootFS: rootFS{Type: "layers", DiffIDs: []string{"sha256:" + digest}},
	})
	if err != nil {
		return err
	}
	sum := sha256.Sum256(settings)
	name := hex.EncodeToString(sum[:]) + ".json"
	list, err := json.Marshal([]manifest{{Config: name, RepoTags: []string{ref}, Layers: []string{digest + "/layer.tar"}}})
	if err != nil {
		return err
	}
	partial := filepath.Join(b.dir, "image.tar")
	if err := writeArchive(partial, map[string][]byte{name: settings, "manifest.json": list}, digest+"/layer.tar", layer); err != nil {
		return err
	}
	return os.Rename(partial, file)
}

func writeArchive(path string, small map[string][]byte, layerName, layer string) (err error) {
	out, err := os.Create(path)
	if err != nil {
		return err
	}
	archive := tar.NewWriter(out)
	defer func() {
		for _, closing := range []error{archive.Close(), out.Close()} {
			if err == nil {
				err = closing
			}
		}
	}()
	for name, data := range small {
		if err := archive.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(data))}); err != nil {
			return err
		}
		if _, err := archive.Write(data); err != nil {
			return err
		}
	}
	in, err := os.Open(layer)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	if err := archive.WriteHeader(&tar.Header{Name: layerName, Mode: 0o644, Size: info.Size()}); err != nil {
		return err
	}
	_, err = io.Copy(archive, in)
	return err
}

func digestOf(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = file.Close() }()
	hash := sha256.New()
	if _, err := io.Copy(hash, file); err != nil {
		return "", err
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}
