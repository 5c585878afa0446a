//go:build appliance

package packages

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ollystack/control-plane/e2e/machine"
)

// signedFolder is the control plane's packages of both formats, signed with a key made
// for this test, in a folder that is a repository.
func signedFolder(t *testing.T) string {
	t.Helper()
	home, folder := t.TempDir(), t.TempDir()
	env := []string{"GNUPGHOME=" + home}
	t.Cleanup(func() { // the agent that gpg has started; the test's own context is over
		cmd := exec.CommandContext(context.Background(), "gpgconf", "--homedir", home, "--kill", "all")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("gpgconf: %v\n%s", err, out)
		}
	})
	if err := os.Chmod(home, 0o700); err != nil {
		t.Fatal(err)
	}
	run(t, env, "gpg", "--batch", "--quiet", "--passphrase", "", "--quick-generate-key", "Test <test@example.org>", "rsa3072", "sign", "1d")
	key := ""
	for line := range strings.Lines(run(t, env, "gpg", "--batch", "--with-colons", "--list-keys")) {
		if f := strings.Split(line, ":"); f[0] == "fpr" && key == "" {
			key = f[9]
		}
	}
	deb, rpm := builtDeb(t, controlPlane), builtRPM(t, controlPlane)
	env = append(env, "GPG_KEY="+key, "SOURCE_DATE_EPOCH=1700000000")
	run(t, env, "bash", "-euc", `. packaging/package/signing
		cp "$1" "$2" "$3"; sign_deb "$3/$(basename "$1")"; sign_rpm "$3/$(basename "$2")"; packaging/package/repository "$3"`,
		"bash", deb, rpm, folder)
	// apt reads it as a user of its own.
	run(t, nil, "chmod", "-R", "a+rX", folder)
	return folder
}

// TestSignatures: everything in docs/verify.md that needs no installation, right and after
// somebody has changed a file.
func TestSignatures(t *testing.T) {
	folder := signedFolder(t)
	home := t.TempDir()
	verify := func(script string) (string, error) {
		t.Helper()
		return try(t, []string{"GNUPGHOME=" + home}, "bash", "-euo", "pipefail", "-c", "cd '"+folder+"'; "+script)
	}
	commands := map[string]string{
		"sums": "gpgv --keyring ./ollystack.gpg SHA256SUMS.asc SHA256SUMS && sha256sum --check --strict --quiet SHA256SUMS",
		"deb": `ar p ollystack-control-plane_*.deb _gpgorigin >signature
			ar p ollystack-control-plane_*.deb debian-binary control.tar.gz data.tar.gz | gpgv --keyring ./ollystack.gpg signature -`,
		"rpm":      `rpm --define "_dbpath $PWD/rpmdb" --import ollystack.asc && rpm --define "_dbpath $PWD/rpmdb" -K *.rpm`,
		"apt":      "gpgv --keyring ./ollystack.gpg InRelease && gpgv --keyring ./ollystack.gpg Release.gpg Release",
		"yum":      "gpgv --keyring ./ollystack.gpg repodata/repomd.xml.asc repodata/repomd.xml",
		"dpkg-deb": "dpkg-deb --info ollystack-control-plane_*.deb && dpkg-deb --contents ollystack-control-plane_*.deb",
	}
	if out, err := verify("mkdir rpmdb && gpg --batch --dearmor <ollystack.asc >ollystack.gpg"); err != nil {
		t.Fatalf("the public key: %v\n%s", err, out)
	}
	for name, command := range commands {
		out, err := verify(command)
		if err != nil {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
		if name == "rpm" {
			contains(t, out, "digests signatures OK")
		}
	}

	// One byte of each, in the middle.
	if out, err := verify(`for file in SHA256SUMS *.deb *.rpm Release InRelease repodata/repomd.xml; do
		at=$(($(stat -c %s "$file") / 2)); byte=$(dd if="$file" bs=1 skip=$at count=1 status=none | od -An -tu1)
		printf "\\$(printf %o $(((byte + 1) % 256)))" | dd of="$file" bs=1 seek=$at conv=notrunc status=none
	done`); err != nil {
		t.Fatalf("change the files: %v\n%s", err, out)
	}
	delete(commands, "dpkg-deb")
	for name, command := range commands {
		if out, err := verify(command); err == nil {
			t.Errorf("%s: a changed file passes:\n%s", name, out)
		}
	}
}

// TestApt: the signed folder as a repository of apt's, offline; refused when it was changed.
func TestApt(t *testing.T) {
	folder := signedFolder(t)
	root := machine.NewChroot(t)
	outside := func(script string) {
		t.Helper()
		if r := root.Outside(t, script, folder); r.Code != 0 {
			t.Fatalf("%s: %v", script, r)
		}
	}
	outside(`cp -r "$1" "$ROOT/srv/packages"; chmod 755 "$ROOT/srv/packages"; cp "$1/ollystack.asc" "$ROOT/usr/share/keyrings/"
		rm -f "$ROOT"/etc/apt/sources.list "$ROOT"/etc/apt/sources.list.d/*
		echo 'deb [signed-by=/usr/share/keyrings/ollystack.asc] file:///srv/packages ./' >"$ROOT/etc/apt/sources.list.d/ollystack.list"`)
	root.Run(t, "apt-get update")
	root.Run(t, "apt-get install --yes ollystack-control-plane && ollystack version")
	root.Run(t, "apt-get purge --yes ollystack-control-plane")

	// Another file under a name that the signed list knows: never unpacked.
	outside(`for file in "$ROOT"/srv/packages/*.deb; do printf x | dd of="$file" bs=1 seek=100000 conv=notrunc status=none; done`)
	if r := root.Try(t, "apt-get install --yes ollystack-control-plane"); r.Code == 0 || !strings.Contains(r.String(), "Hash Sum mismatch") {
		t.Errorf("apt-get install of a changed package: %v, want a Hash Sum mismatch", r)
	}
	if r := root.Try(t, "test -e /usr/bin/ollystack"); r.Code == 0 {
		t.Error("a changed package was installed")
	}
	// Another list.
	outside(`rm -r "$ROOT"/var/lib/apt/lists/*; sed -i 's/^Date:.*/Date: Mon, 01 Jan 2024 00:00:00 UTC/' "$ROOT/srv/packages/InRelease"`)
	if r := root.Try(t, "apt-get update --error-on=any"); r.Code == 0 || !strings.Contains(r.String(), "signature") {
		t.Errorf("apt-get update of a changed list: %v, want it refused for its signature", r)
	}
	// The right list with another's key.
	other := signedFolder(t)
	if r := root.Outside(t, `rm -rf "$ROOT"/var/lib/apt/lists/*; cp "$1"/InRelease "$1"/Release* "$1"/Packages* "$ROOT/srv/packages/"`, other); r.Code != 0 {
		t.Fatal(r)
	}
	if r := root.Try(t, "apt-get update --error-on=any"); r.Code == 0 || !strings.Contains(r.String(), "NO_PUBKEY") {
		t.Errorf("apt-get update of a list that another has signed: %v, want NO_PUBKEY", r)
	}
}

// TestDnf: the signed folder as a repository of dnf's, which checks metadata and package.
func TestDnf(t *testing.T) {
	folder := signedFolder(t)
	// What every Red Hat system has and this root's database does not know.
	base := filepath.Join(t.TempDir(), "base.rpm")
	manifest := filepath.Join(t.TempDir(), "base.yaml")
	if err := os.WriteFile(manifest, []byte("name: base\narch: all\nversion: 1\nprovides: [/usr/sbin/useradd]\n"+
		"maintainer: Test <test@example.org>\ndescription: stands for a base system\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, nil, ".cache/tools/nfpm", "package", "--config", manifest, "--packager", "rpm", "--target", base)

	root := machine.NewChroot(t)
	dnf := func(args ...string) machine.Result {
		t.Helper()
		return root.Outside(t, `mount --bind /dev "$ROOT/dev"; mount -t proc proc "$ROOT/proc"; folder=$1; shift
			mkdir -p "$ROOT/etc/yum.repos.d"; cat >"$ROOT/etc/yum.repos.d/ollystack.repo" <<-TEXT
				[ollystack]
				name=OllyStack
				baseurl=file://$folder
				gpgcheck=1
				repo_gpgcheck=1
				gpgkey=file://$folder/ollystack.asc
			TEXT
			dnf --installroot="$ROOT" --setopt=reposdir="$ROOT/etc/yum.repos.d" --setopt=cachedir="$ROOT/var/cache/dnf" --releasever=9 \
				--setopt=install_weak_deps=False --assumeyes "$@" 2>&1`, append([]string{folder}, args...)...)
	}
	if r := root.Outside(t, `rpm --root "$ROOT" --initdb && rpm --root "$ROOT" --install --nosignature "$1" 2>&1`, base); r.Code != 0 {
		t.Fatal(r)
	}
	if r := dnf("install", controlPlane); r.Code != 0 {
		t.Fatalf("dnf install: %v", r)
	}
	contains(t, root.Run(t, "stat -c '%a %U:%G' /etc/ollystack/ollystack.yaml; ls /etc/systemd/system/*.wants"),
		"640 root:ollystack\n", "ollystack-control-plane.service")
	if r := dnf("remove", controlPlane); r.Code != 0 {
		t.Fatalf("dnf remove: %v", r)
	}

	// A package that is not the one that was signed, in a list that its own key has signed,
	// has another checksum; a list that was changed has another signature.
	rpm, err := filepath.Glob(filepath.Join(folder, "*.rpm"))
	if err != nil || len(rpm) != 1 {
		t.Fatalf("*.rpm = %v, %v", rpm, err)
	}
	run(t, nil, "sh", "-c", `printf x | dd of="$1" bs=1 seek=100000 conv=notrunc status=none`, "sh", rpm[0])
	if r := dnf("install", controlPlane); r.Code == 0 {
		t.Errorf("dnf install of a changed package: %v, want it refused", r)
	}
	run(t, nil, "sed", "-i", "s/<revision>.*</<revision>1</", filepath.Join(folder, "repodata", "repomd.xml"))
	// dnf goes on without a repository that it does not believe.
	contains(t, dnf("--refresh", "makecache").Output, "GPG signature verification error", "Ignoring repositories: ollystack")
	if r := root.Try(t, "test -e /usr/bin/ollystack"); r.Code == 0 {
		t.Error("a changed package was installed")
	}
}
