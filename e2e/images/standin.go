package images

import "context"

// The script of the stand-in ends, and its container with it, where the gateway takes nothing from it.
// Then it serves the page that Beyla's settings say it does.
const beylaStandIn = `#!/bin/sh
set -eu
echo "a stand-in for Beyla, which instruments nothing"
echo "process 1: $(cat /proc/1/comm)"
echo "capabilities: $(sed -n 's/^CapEff:[^0-9a-f]*//p' /proc/self/status)"
echo "settings: $(grep -c . "$BEYLA_CONFIG_PATH") lines"
answer=$(wget -q -O - --header 'Content-Type: application/json' --post-data '{}' "$OTEL_EXPORTER_OTLP_ENDPOINT/v1/traces")
echo "gateway: $answer"
setting() { sed -n "s/^ *$1: *//p" "$BEYLA_CONFIG_PATH"; }
mkdir -p "/tmp$(dirname "$(setting path)")"
echo '# a stand-in' >"/tmp$(setting path)"
exec httpd -f -p "$(setting port)" -h /tmp
`

func fillBeylaStandIn(_ context.Context, b *build) error {
	return b.file("usr/local/bin/beyla-stand-in", beylaStandIn, 0o755)
}
