#!/bin/sh
# Adds this machine to a fleet: gets the newest collector package from the control
# plane, checks it against the control plane's SHA256SUMS, installs it, enrols it.
# Nothing but the control plane is asked. The token is read from a file and appears
# in no command line.
set -eu

usage() {
	cat <<'END'
usage: sh install-collector.sh --server URL [--token-file FILE] [--ca-file FILE] [--key FILE] [--endpoint URL] [-- ENROL OPTIONS]

  --server URL       the control plane: https://HOST:4320
  --token-file FILE  holds an enrolment token; needed unless the server asks for none
  --ca-file FILE     authority of the server's certificate, in PEM, where the system does not know it
  --key FILE         public key of the packages' maker, in ASCII armour: SHA256SUMS must be signed with it; needs gpgv
  --endpoint URL     where agents connect; by default that server's /v1/opamp
  -- ...             everything after it is for `ollystack-collector enrol`
END
}

fail() {
	echo "install-collector: $*" >&2
	exit 1
}

server='' token_file='' ca_file='' key_file='' endpoint=''
while [ $# -gt 0 ]; do
	case $1 in
	--server | --token-file | --ca-file | --key | --endpoint)
		[ $# -ge 2 ] || fail "$1 wants a value"
		case $1 in
		--server) server=${2%/} ;;
		--token-file) token_file=$2 ;;
		--ca-file) ca_file=$2 ;;
		--key) key_file=$2 ;;
		--endpoint) endpoint=$2 ;;
		esac
		shift 2
		;;
	--)
		shift
		break
		;;
	-h | --help)
		usage
		exit 0
		;;
	*)
		usage >&2
		fail "unknown option: $1"
		;;
	esac
done

case $server in
https://?*) agents=wss://${server#https://} ;;
http://?*) agents=ws://${server#http://} ;;
'') usage >&2 && fail 'which server? Give --server' ;;
*) fail "--server wants http://HOST:PORT or https://HOST:PORT, not $server" ;;
esac
endpoint=${endpoint:-$agents/v1/opamp}
[ "$(id -u)" = 0 ] || fail 'run this as root: it installs a package'

token=''
if [ -n "$token_file" ]; then
	[ -r "$token_file" ] || fail "cannot read $token_file"
	token=$(tr -d ' \r\n' <"$token_file")
	case $token in
	'' | *[!A-Za-z0-9._~+/=-]*) fail "$token_file does not hold a token" ;;
	esac
fi
[ -z "$ca_file" ] || [ -r "$ca_file" ] || fail "cannot read $ca_file"
gpgv=''
if [ -n "$key_file" ]; then
	[ -r "$key_file" ] || fail "cannot read $key_file"
	gpgv=$(command -v gpgv || command -v gpgv2) || fail 'there is no gpgv to check the signature with: install it (gnupg2 on Red Hat)'
fi

# Either may be there as a mere tool. Where dpkg is in charge it knows itself as a package.
if command -v dpkg >/dev/null && dpkg -s dpkg >/dev/null 2>&1; then
	arch=$(dpkg --print-architecture)
	pattern="ollystack-collector_[A-Za-z0-9.+~-]*_$arch\.deb"
elif command -v rpm >/dev/null; then
	arch=$(uname -m)
	pattern="ollystack-collector-[0-9][A-Za-z0-9.+~-]*\.$arch\.rpm"
else
	fail 'this machine has neither dpkg nor rpm; unpack the tarball ollystack-collector-*.tar.gz by hand'
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
chmod 700 "$work"

# Both tools read the token from a file that only root can read.
mask=$(umask)
umask 077
if command -v curl >/dev/null; then
	{
		echo 'fail' && echo 'silent' && echo 'show-error'
		if [ -n "$token" ]; then echo "header = \"Authorization: Bearer $token\""; fi
		if [ -n "$ca_file" ]; then echo "cacert = \"$ca_file\""; fi
	} >"$work/options"
	fetch() { curl -K "$work/options" -o "$2" "$1"; }
elif command -v wget >/dev/null; then
	{
		echo 'quiet = on' && echo 'tries = 2'
		if [ -n "$token" ]; then echo "header = Authorization: Bearer $token"; fi
		if [ -n "$ca_file" ]; then echo "ca_certificate = $ca_file"; fi
	} >"$work/options"
	fetch() { wget --config="$work/options" -O "$2" "$1"; }
else
	fail 'neither curl nor wget is here'
fi

fetch "$server/packages/SHA256SUMS" "$work/SHA256SUMS" ||
	fail "cannot get $server/packages/SHA256SUMS: is the token right, and are there packages in the server's packages.dir?"
if [ -n "$key_file" ]; then
	fetch "$server/packages/SHA256SUMS.asc" "$work/SHA256SUMS.asc" ||
		fail "cannot get $server/packages/SHA256SUMS.asc: the server's packages are not signed. Nothing was installed"
	# Without its armour, which gpgv does not read.
	sed '1,/^[[:space:]]*$/d; /^-----END/,$d; /^=/d' "$key_file" | base64 -d >"$work/key.gpg" || fail "$key_file is not a public key in ASCII armour"
	"$gpgv" --homedir "$work" --keyring "$work/key.gpg" "$work/SHA256SUMS.asc" "$work/SHA256SUMS" 2>"$work/log" || {
		cat "$work/log" >&2
		fail "SHA256SUMS is not signed with the key in $key_file: nothing was installed"
	}
fi
# The newest: in sort -V, as in both package managers, 1.0~x is before 1.0.
name=$(sed -n "s#^[0-9a-f]\{64\} [ *]\(\./\)\{0,1\}\($pattern\)\$#\2#p" "$work/SHA256SUMS" | sort -V | tail -n 1)
[ -n "$name" ] || fail "the server has no ollystack-collector package for $arch"

echo "Getting $name"
fetch "$server/packages/$name" "$work/$name" || fail "cannot get $server/packages/$name"
sed -n "s#^\([0-9a-f]\{64\}\) [ *]\(\./\)\{0,1\}$name\$#\1  $name#p" "$work/SHA256SUMS" >"$work/sum"
(cd "$work" && sha256sum -c --quiet sum) || fail "$name is not what SHA256SUMS says: nothing was installed"

umask "$mask"
case $name in
*.deb) dpkg -i "$work/$name" ;;
*.rpm) rpm -U --replacepkgs "$work/$name" ;;
esac

set -- --endpoint "$endpoint" "$@"
[ -z "$token_file" ] || set -- --token-file "$token_file" "$@"
[ -z "$ca_file" ] || set -- --ca-file "$ca_file" "$@"
ollystack-collector enrol "$@"
