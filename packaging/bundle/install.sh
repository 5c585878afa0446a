#!/usr/bin/env bash
# Installs OllyStack from this folder, on a machine that need not reach any network.
# Everything in the folder is verified before anything is changed. docs/offline.md.
set -euo pipefail

usage() {
	cat <<-'TEXT'
		usage: ./install.sh [--check] [WHAT...] [OPTION...]

		WHAT, by default --control-plane:
		  --control-plane     the server: installs it, starts it, serves the collector's packages to the fleet
		  --stack             the data plane's containers beside the server; needs a Docker Engine
		  --profile NAME      with --stack: ebpf, longterm, bucket; may be repeated
		  --collector         the collector of this machine, enrolled with
		      --endpoint wss://HOST:4320/v1/opamp --token-file FILE [--ca-file FILE]

		OPTION:
		  --check             say what is missing on this machine, and install nothing
		  --fingerprint FPR   trust no signature but of the key with this fingerprint
		  --key FILE          trust no signature but of the public key in this file
		  --no-signature      go on without a signature: the checksums alone are verified
		  -h, --help          this

		Exit codes: 0 done, or nothing is missing; 1 it went wrong, or something is missing; 2 wrong arguments.
	TEXT
}

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
packages_dir=/var/lib/ollystack/packages # as /etc/ollystack/ollystack.yaml has it
stack_env=/etc/ollystack/stack.env

check_only=no control_plane=no stack=no collector=no
profiles=()
endpoint='' token_file='' ca_file='' fingerprint='' key='' signature=yes

die() {
	echo "install.sh: $*" >&2
	exit 1
}

wrong() {
	echo "install.sh: $*" >&2
	echo "See ./install.sh --help." >&2
	exit 2
}

say() { echo "== $*"; }

read_arguments() {
	while [ $# -gt 0 ]; do
		case $1 in
		--control-plane) control_plane=yes ;;
		--stack) stack=yes ;;
		--collector) collector=yes ;;
		--check) check_only=yes ;;
		--no-signature) signature=no ;;
		-h | --help)
			usage
			exit 0
			;;
		--profile | --endpoint | --token-file | --ca-file | --fingerprint | --key)
			[ $# -ge 2 ] || wrong "$1 wants a value"
			take "$1" "$2"
			shift
			;;
		--*=*)
			take "${1%%=*}" "${1#*=}"
			;;
		*) wrong "what is $1?" ;;
		esac
		shift
	done
	if [ "$stack$collector" = nono ] || [ "$stack" = yes ]; then control_plane=yes; fi
	if [ "$collector" = yes ] && { [ -z "$endpoint" ] || [ -z "$token_file" ]; }; then
		wrong "--collector wants --endpoint and --token-file"
	fi
	[ ${#profiles[@]} -eq 0 ] || [ "$stack" = yes ] || wrong "--profile goes with --stack"
}

take() {
	case $1 in
	--profile)
		case $2 in ebpf | longterm | bucket) profiles+=("$2") ;; *) wrong "there is no profile $2: ebpf, longterm or bucket" ;; esac
		;;
	--endpoint) endpoint=$2 ;;
	--token-file) token_file=$2 ;;
	--ca-file) ca_file=$2 ;;
	--fingerprint) fingerprint=$(tr -d ' :' <<<"$2" | tr '[:lower:]' '[:upper:]') ;;
	--key) key=$2 ;;
	*) wrong "what is $1?" ;;
	esac
}

# --- What is in this folder -------------------------------------------------

fact() { sed -n "s/^$1=//p" "$here/bundle.env"; }

# verify holds every file against SHA256SUMS, and that against its signature. A
# file that SHA256SUMS does not name is as bad as one that does not fit.
verify() {
	say "verifying the bundle"
	[ -f "$here/SHA256SUMS" ] || die "there is no SHA256SUMS beside install.sh: the bundle is not whole"
	verify_signature
	(cd "$here" && sha256sum --check --strict --quiet SHA256SUMS) ||
		die "the bundle is damaged or was changed: carry it over once more. Nothing was installed."
	local extra
	extra=$(cd "$here" && find . ! -type d ! -path ./SHA256SUMS ! -path ./SHA256SUMS.asc -printf '%P\n' | sort |
		comm -23 - <(cut -c 67- SHA256SUMS | sort))
	[ -z "$extra" ] || die "not named in SHA256SUMS, and so not of this bundle: $extra. Nothing was installed."
	echo "every file is as it was when the bundle was made"
}

verify_signature() {
	if [ "$signature" = no ]; then
		echo "signature: not looked at (--no-signature)"
		return
	fi
	[ -f "$here/SHA256SUMS.asc" ] ||
		die "the bundle is not signed. If that is what you expect, say --no-signature. Nothing was installed."
	local gpgv=gpgv work status used
	command -v gpgv >/dev/null || gpgv=gpgv2
	command -v "$gpgv" >/dev/null ||
		die "there is no gpgv to check the signature with: install it (gnupg2 on Red Hat), or say --no-signature. Nothing was installed."
	work=$(mktemp -d)
	dearmor <"${key:-$here/ollystack.asc}" >"$work/key.gpg"
	status=$("$gpgv" --homedir "$work" --keyring "$work/key.gpg" --status-fd 1 "$here/SHA256SUMS.asc" "$here/SHA256SUMS" 2>"$work/log") || {
		sed 's/^/  /' "$work/log" >&2
		rm -rf "$work"
		die "the signature of SHA256SUMS is not good. Nothing was installed."
	}
	rm -rf "$work"
	used=$(awk '$2 == "VALIDSIG" { print $NF }' <<<"$status") # the primary key's fingerprint
	if [ -n "$fingerprint" ] && [ "$fingerprint" != "$used" ]; then
		die "the bundle is signed with the key $used, not with $fingerprint. Nothing was installed."
	fi
	echo "signature: good, of the key $used"
	if [ -z "$fingerprint$key" ]; then
		echo "           That key came with the bundle. Compare it with the one that you know, or give --fingerprint."
	fi
}

# dearmor turns a public key in ASCII armour into the keyring that gpgv reads.
dearmor() {
	awk '/^-----END/ { exit } body && !/^=/ { print } /^[[:space:]]*$/ { body = 1 }' | base64 -d
}

# --- What this machine has ----------------------------------------------------

missing=0

ok() { printf '  ok       %s\n' "$*"; }

lacks() {
	printf '  MISSING  %s\n' "$*"
	missing=$((missing + 1))
}

check() {
	say "looking at this machine"
	check_machine
	if [ "$control_plane" = yes ]; then
		check_space /var "$((600 * 1024))" "the server, its packages for the fleet and its data"
		systemctl is-active -q ollystack-control-plane.service 2>/dev/null || check_ports 4320
	fi
	[ "$stack" = no ] || check_stack
	[ "$collector" = no ] || check_collector
	if [ "$missing" -gt 0 ]; then
		echo "$missing missing."
		return 1
	fi
	echo "nothing is missing"
}

check_machine() {
	if [ "$(id -u)" -eq 0 ]; then ok "root"; else lacks "root: run this with sudo"; fi
	local machine
	case $(uname -m) in x86_64) machine=amd64 ;; aarch64 | arm64) machine=arm64 ;; *) machine=$(uname -m) ;; esac
	if [ "$machine" = "$(fact ARCH)" ]; then
		ok "architecture $machine"
	else
		lacks "architecture: this bundle is for $(fact ARCH), this machine is $machine"
	fi
	if package_format >/dev/null; then
		ok "packages: .$(package_format)"
	else
		lacks "a package manager: neither apt-get nor rpm is there"
	fi
	if [ -d /run/systemd/system ]; then
		local version
		version=$(systemctl --version | awk 'NR == 1 { print $2 }')
		# LoadCredential= takes a folder since 250.
		if [ "$version" -ge 250 ]; then ok "systemd $version"; else lacks "systemd 250 or newer: this is $version"; fi
	else
		lacks "systemd: it does not run here"
	fi
}

package_format() {
	if command -v apt-get >/dev/null && command -v dpkg >/dev/null; then
		echo deb
	elif command -v rpm >/dev/null; then
		echo rpm
	else
		return 1
	fi
}

# check_space FOLDER KIB WHAT-FOR
check_space() {
	local folder=$1 free
	while [ ! -d "$folder" ]; do folder=$(dirname "$folder"); done
	free=$(df -Pk "$folder" | awk 'NR == 2 { print $4 }')
	if [ "$free" -ge "$2" ]; then
		ok "space: $((free / 1024)) MiB free in $folder"
	else
		lacks "space in $folder: $(($2 / 1024)) MiB wanted for $3, $((free / 1024)) MiB free"
	fi
}

check_ports() {
	local port
	for port in "$@"; do
		if listening "$port"; then
			lacks "port $port: something listens on it already (ss -ltnp 'sport = :$port' tells what)"
		else
			ok "port $port is free"
		fi
	done
}

# listening PORT: state 0A is LISTEN, ports are in hexadecimal.
listening() {
	local hex
	hex=$(printf '%04X' "$1")
	cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | awk -v end=":$hex" '$4 == "0A" && substr($2, length($2) - 4) == end { found = 1 } END { exit !found }'
}

check_stack() {
	local images_kib profile
	if [ ! -d "$here/images" ]; then
		lacks "images: this bundle was made without the stack (make bundle STACK=no)"
		return
	fi
	if ! command -v docker >/dev/null; then
		lacks "a Docker Engine, 20.10 or newer: the command docker is not there"
	else
		local version
		if ! version=$(docker version --format '{{.Server.Version}}' 2>/dev/null); then
			lacks "a Docker Engine, 20.10 or newer: docker is there, and no engine answers it (systemctl status docker)"
		elif [ "$(printf '%s\n' 20.10 "$version" | sort -V | head -n 1)" = 20.10 ]; then
			ok "Docker Engine $version"
			images_kib=$(du -sk "$here/images" | cut -f 1)
			check_space "$(docker info --format '{{.DockerRootDir}}')" "$((images_kib * 2))" "the images"
		else
			lacks "a Docker Engine, 20.10 or newer: this is $version"
		fi
		if docker compose version >/dev/null 2>&1 || command -v docker-compose >/dev/null; then
			ok "docker compose"
		else
			lacks "docker compose: neither the plugin nor docker-compose is there"
		fi
	fi
	systemctl is-active -q ollystack-stack.service 2>/dev/null || check_ports 4317 4318 13133 8123 9000 9090
	for profile in "${profiles[@]}"; do
		case $profile in
		ebpf) check_ebpf ;;
		bucket) # no images of its own
			check_bucket
			continue
			;;
		esac
		if ! grep -qx "PROFILE=$profile" "$here/bundle.env"; then
			lacks "images of the profile $profile: this bundle was made without them"
		fi
	done
}

check_bucket() {
	if grep -q '^S3_ENDPOINT=.' "$stack_env" 2>/dev/null; then
		ok "S3_ENDPOINT in $stack_env"
	else
		lacks "S3_ENDPOINT in $stack_env, which names your bucket: write it there, with S3_REGION, S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY (docs/stack.md)"
	fi
}

check_ebpf() {
	local kernel
	kernel=$(uname -r)
	if [ "$(printf '%s\n' 5.8 "$kernel" | sort -V | head -n 1)" = 5.8 ]; then
		ok "kernel $kernel"
	else
		lacks "Linux 5.8 or newer for eBPF: this is $kernel"
	fi
	if [ -e /sys/kernel/btf/vmlinux ]; then ok "the kernel's BTF"; else lacks "the kernel's BTF (/sys/kernel/btf/vmlinux) for eBPF"; fi
}

check_collector() {
	check_space /var "$((300 * 1024))" "the collector"
	local file
	for file in "$token_file" "$ca_file"; do
		[ -z "$file" ] || [ -r "$file" ] || lacks "$file: it cannot be read"
	done
}

# --- Installing -----------------------------------------------------------------

# install_package NAME
install_package() {
	local files
	case $(package_format) in
	deb)
		files=("$here/packages/$1"_*.deb)
		# Without sources: what is neither here nor installed is missing, and not to be asked for elsewhere.
		DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
			-o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts=/dev/null \
			-o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "${files[@]}"
		;;
	rpm)
		files=("$here/packages/$1"-*.rpm)
		# --replacepkgs: to install the same version once more is no error.
		rpm --upgrade --verbose --replacepkgs "${files[@]}"
		;;
	esac
}

install_control_plane() {
	say "installing the control plane"
	install_package ollystack-control-plane
	systemctl is-active -q ollystack-control-plane.service ||
		die "ollystack-control-plane.service does not run: journalctl -u ollystack-control-plane"
	ollystack healthcheck >/dev/null || die "the control plane does not answer: journalctl -u ollystack-control-plane"
	say "serving the collector's packages to the fleet ($packages_dir)"
	install -d -m 0755 -o ollystack -g ollystack "$packages_dir"
	# Whole, then under its name: a node that asks meanwhile gets the old ones or the new ones.
	rm -rf "$packages_dir.new" "$packages_dir.old"
	cp -R "$here/packages" "$packages_dir.new"
	chown -R ollystack:ollystack "$packages_dir.new"
	chmod -R u=rwX,go=rX "$packages_dir.new"
	mv "$packages_dir" "$packages_dir.old"
	mv "$packages_dir.new" "$packages_dir"
	rm -rf "$packages_dir.old"
}

install_stack() {
	say "loading the images"
	local image profile
	for image in "$here"/images/*.tar; do docker load --quiet --input "$image"; done
	name_images
	say "starting the stack"
	systemctl enable ollystack-stack.service
	# What runs already is of the bundle before: its files and images are taken up by a restart.
	systemctl restart ollystack-stack.service || {
		journalctl --no-pager -n 40 -u ollystack-stack.service >&2 || true
		die "the stack did not become healthy: see above, and docs/troubleshooting.md"
	}
	for profile in "${profiles[@]}"; do systemctl enable --now "ollystack-stack@$profile.service"; done
}

# name_images tells the stack of images that the bundle was made with under other names,
# in place of what an older bundle has said, and unless the operator says something else.
name_images() {
	local mark='# of the bundle' line
	sed -i "/^$mark: begin\$/,/^$mark: end\$/d" "$stack_env"
	grep -q '_IMAGE=' "$here/bundle.env" || return 0
	{
		echo "$mark: begin"
		while read -r line; do
			grep -q "^${line%%=*}=" "$stack_env" || echo "$line"
		done < <(grep '_IMAGE=' "$here/bundle.env")
		echo "$mark: end"
	} >"$stack_env.new"
	cat "$stack_env.new" >>"$stack_env"
	rm "$stack_env.new"
}

install_collector() {
	say "installing the collector"
	install_package ollystack-collector
	ollystack-collector enrol --endpoint "$endpoint" --token-file "$token_file" ${ca_file:+--ca-file "$ca_file"}
}

read_arguments "$@"
verify
if ! check; then
	[ "$check_only" = yes ] || echo "Nothing was installed." >&2
	exit 1
fi
[ "$check_only" = no ] || exit 0
[ "$control_plane" = no ] || install_control_plane
[ "$stack" = no ] || install_stack
[ "$collector" = no ] || install_collector
say "done"
