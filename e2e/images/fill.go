package images

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
)

// As the official image has it: a word that begins with a dash, or a file of settings, is
// for the server, and the server answers other containers, which Debian's does not by default.
const redisEntrypoint = `#!/bin/sh
set -e
case "$1" in
-* | *.conf) set -- redis-server "$@" ;;
esac
[ "$1" != redis-server ] || set -- "$@" --protected-mode no
exec "$@"
`

func fillRedis(_ context.Context, b *build) error {
	if err := b.folder("data", 999); err != nil {
		return err
	}
	return b.file("usr/local/bin/docker-entrypoint.sh", redisEntrypoint, 0o755)
}

func fillPrometheus(_ context.Context, b *build) error {
	return b.folder("prometheus", 65534)
}

func fillClickHouse(ctx context.Context, b *build) error {
	if err := b.program(ctx, "node"); err != nil {
		return err
	}
	front := filepath.Join(b.root, "opt/front")
	if err := run(ctx, "", nil, "mkdir", "-p", front); err != nil {
		return err
	}
	source := filepath.Join(b.checkout, "e2e/images/clickhouse")
	copySource := `cp "$1"/*.js "$1"/package.json "$1"/package-lock.json "$2"`
	if err := run(ctx, "", nil, "bash", "-c", copySource, "copy", source, front); err != nil {
		return err
	}
	if err := run(ctx, front, nil, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"); err != nil {
		return err
	}
	if err := b.file("usr/bin/clickhouse-client", "#!/bin/sh\nexec node /opt/front/client.js \"$@\"\n", 0o755); err != nil {
		return err
	}
	// The official image's users.d and config.d are merged into config.xml beside them.
	if err := b.file("etc/clickhouse-server/config.xml", "<clickhouse></clickhouse>\n", 0o644); err != nil {
		return err
	}
	return b.folder("var/lib/clickhouse", 101)
}

// fillObjectStorage builds the server that the stack names, from its sources.
func fillObjectStorage(ctx context.Context, b *build) error {
	return run(ctx, filepath.Join(b.checkout, "tools/versitygw"), []string{"CGO_ENABLED=0", "GOFLAGS=-buildvcs=false"},
		"go", "build", "-trimpath", "-ldflags", "-s -w", "-o", filepath.Join(b.root, "usr/local/bin/versitygw"),
		"github.com/versity/versitygw/cmd/versitygw")
}

// fillGo copies this machine's Go, and lets a build with module and build caches of its own
// fetch the modules that the product's binary is made of. The Dockerfiles then find all that
// they would download.
func fillGo(ctx context.Context, b *build) error {
	goroot, err := goEnv(ctx, b.checkout, "GOROOT")
	if err != nil {
		return err
	}
	target := filepath.Join(b.root, "usr/local")
	if err := run(ctx, "", nil, "cp", "-a", goroot, filepath.Join(target, "go")); err != nil {
		return err
	}
	if err := run(ctx, target, nil, "rm", "-rf", "go/test", "go/doc", "go/api"); err != nil {
		return err
	}
	authorities := filepath.Join(b.root, "etc/ssl/certs/ca-certificates.crt")
	if err := run(ctx, "", nil, "install", "-D", "-m", "644", "/etc/ssl/certs/ca-certificates.crt", authorities); err != nil {
		return err
	}
	modules, err := goEnv(ctx, b.checkout, "GOMODCACHE")
	if err != nil {
		return err
	}
	proxies, err := goEnv(ctx, b.checkout, "GOPROXY")
	if err != nil {
		return err
	}
	env := []string{
		"GOMODCACHE=" + filepath.Join(b.root, "go/pkg/mod"), "GOCACHE=" + filepath.Join(b.root, "go/build-cache"),
		"GOPROXY=file://" + filepath.Join(modules, "cache/download") + "," + proxies,
		"GOFLAGS=-buildvcs=false -modcacherw", "CGO_ENABLED=0", "GOROOT=",
	}
	if err := run(ctx, b.checkout, env, "go", "mod", "download"); err != nil {
		return err
	}
	return run(ctx, b.checkout, env, "go", "build", "-trimpath", "-o", filepath.Join(b.dir, "product"), "./cmd/ollystack")
}

func goEnv(ctx context.Context, dir, name string) (string, error) {
	command := exec.CommandContext(ctx, "go", "env", name)
	command.Dir = dir
	output, err := command.Output()
	if err != nil {
		return "", fmt.Errorf("go env %s: %w", name, err)
	}
	return strings.TrimSpace(string(output)), nil
}
