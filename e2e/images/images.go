package images

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// Tag is the tag of every image made here: never one that a registry has.
const Tag = "e2e"

// Image is one image: a name, and how its root is filled.
type Image struct {
	// Name is the repository, to which Tag belongs.
	Name string
	// packages are Debian's, unpacked without their install scripts.
	packages []string
	// fill adds what no package has. It may be nil.
	fill func(ctx context.Context, b *build) error
	// sources are what fill reads from the checkout; the image is made anew when they change.
	sources []string
	config  config
}

// Ref is the image's full name.
func (i *Image) Ref() string { return i.Name + ":" + Tag }

// What every image has: a shell, wget and the like.
var base = []string{"busybox-static", "libc6"}

// The images, by the variable of docker-compose.yml that names each.
var (
	Redis = &Image{
		Name: "ollystack-e2e/redis",
		packages: append(slices.Clone(base), "redis-server", "redis-tools", "libatomic1", "libcap2",
			"libgcc-s1", "libgcrypt20", "libgpg-error0", "libjemalloc2", "liblz4-1", "liblzf1", "liblzma5",
			"libssl3", "libstdc++6", "libsystemd0", "libzstd1"),
		fill: fillRedis,
		config: config{
			Entrypoint: []string{"/usr/local/bin/docker-entrypoint.sh"}, Cmd: []string{"redis-server"},
			WorkingDir: "/data", Volumes: volumes("/data"),
		},
	}
	Prometheus = &Image{
		Name:     "ollystack-e2e/prometheus",
		packages: append(slices.Clone(base), "prometheus"),
		fill:     fillPrometheus,
		config: config{
			User: "nobody", Entrypoint: []string{"/bin/prometheus"},
			Cmd:        []string{"--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus"},
			WorkingDir: "/prometheus", Volumes: volumes("/prometheus"),
		},
	}
	ClickHouse = &Image{
		Name:     "ollystack-e2e/clickhouse",
		packages: base,
		fill:     fillClickHouse,
		sources:  []string{"e2e/images/clickhouse"},
		config: config{
			Entrypoint: []string{"node", "/opt/front/server.js"},
			WorkingDir: "/", Volumes: volumes("/var/lib/clickhouse"),
		},
	}
	ObjectStorage = &Image{
		Name:     "ollystack-e2e/versitygw",
		packages: base,
		fill:     fillObjectStorage,
		sources:  []string{"tools/versitygw"},
		config:   config{Entrypoint: []string{"/usr/local/bin/versitygw"}},
	}
	// BeylaStandIn is not Beyla, which cannot be had here: it instruments nothing, and says
	// what its container lets it see.
	BeylaStandIn = &Image{
		Name:     "ollystack-e2e/beyla-stand-in",
		packages: base,
		fill:     fillBeylaStandIn,
		sources:  []string{"e2e/images/standin.go"},
		config:   config{Entrypoint: []string{"/usr/local/bin/beyla-stand-in"}},
	}
	Go = &Image{
		Name: "ollystack-e2e/golang",
		packages: append(slices.Clone(base), "coreutils", "libacl1", "libattr1", "libgmp10", "libpcre2-8-0",
			"libselinux1"),
		fill:    fillGo,
		sources: []string{"go.mod", "go.sum"},
		config: config{
			WorkingDir: "/go",
			Env: []string{
				"PATH=/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
				"GOPATH=/go", "GOTOOLCHAIN=local", "GOPROXY=off", "GOSUMDB=off", "GOCACHE=/go/build-cache",
			},
		},
	}
)

// All are the images in the order in which they are built.
var All = []*Image{Redis, Prometheus, ClickHouse, ObjectStorage, BeylaStandIn, Go}

// File builds the image unless it is in the cache, and answers the file to load.
func (i *Image) File(ctx context.Context, checkout string) (string, error) {
	cache, err := cacheDir()
	if err != nil {
		return "", err
	}
	key, err := i.key(ctx, checkout)
	if err != nil {
		return "", fmt.Errorf("image %s: %w", i.Name, err)
	}
	file := filepath.Join(cache, filepath.Base(i.Name)+"-"+key+".tar")
	unlock, err := lock(filepath.Join(cache, filepath.Base(i.Name)+".lock"))
	if err != nil {
		return "", err
	}
	defer unlock()
	if _, err := os.Stat(file); err == nil {
		return file, nil
	}
	if err := i.build(ctx, checkout, cache, file); err != nil {
		return "", fmt.Errorf("image %s: %w", i.Name, err)
	}
	return file, i.forgetOlder(cache, file)
}

func (i *Image) build(ctx context.Context, checkout, cache, file string) error {
	dir, err := os.MkdirTemp(cache, "building-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	b := &build{checkout: checkout, cache: cache, dir: dir, root: filepath.Join(dir, "root")}
	if err := b.layOut(); err != nil {
		return err
	}
	if err := b.unpack(ctx, i.packages); err != nil {
		return err
	}
	if err := b.links(ctx); err != nil {
		return err
	}
	if i.fill != nil {
		if err := i.fill(ctx, b); err != nil {
			return err
		}
	}
	return b.write(ctx, i.Ref(), i.config, file)
}

// forgetOlder removes what older keys left.
func (i *Image) forgetOlder(cache, current string) error {
	older, err := filepath.Glob(filepath.Join(cache, filepath.Base(i.Name)+"-*.tar"))
	if err != nil {
		return err
	}
	for _, file := range older {
		if file != current {
			if err := os.Remove(file); err != nil {
				return err
			}
		}
	}
	return nil
}

// cacheDir is outside the checkout: a fresh clone finds what another one made.
func cacheDir() (string, error) {
	home, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(home, "ollystack-e2e", "images")
	return dir, os.MkdirAll(dir, 0o755)
}

func volumes(paths ...string) map[string]struct{} {
	set := map[string]struct{}{}
	for _, path := range paths {
		set[path] = struct{}{}
	}
	return set
}
