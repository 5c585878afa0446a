package redact

import (
	"fmt"
	"strings"
	"testing"
)

// typical is what an agent reports: a few KiB with all defaults filled in.
var typical = func() string {
	var b strings.Builder
	b.WriteString("receivers:\n")
	for i := range 8 {
		fmt.Fprintf(&b, `  otlp/%d:
    protocols:
      grpc:
        endpoint: localhost:%d
        auth: null
        include_metadata: false
        keepalive: null
        max_recv_msg_size_mib: 4
        tls:
          ca_file: /etc/ssl/ca.pem
          cert_file: /etc/ssl/cert.pem
          key_file: /etc/ssl/key.pem
          key_pem: '[REDACTED]'
          min_version: "1.2"
        transport: tcp
`, i, 4317+i)
	}
	b.WriteString(`processors:
  attributes:
    actions:
    - {key: environment, value: production, action: insert}
  batch: {send_batch_size: 8192, timeout: 200ms, metadata_keys: [tenant]}
exporters:
  debug: {verbosity: basic, sampling_initial: 2}
  otlphttp:
    endpoint: https://collector.example.com:4318
    headers: {x-tenant: "a"}
    authorization: null
    cookies: null
    token: ${env:TOKEN}
service:
  pipelines:
    traces: {receivers: [otlp/1], processors: [attributes, batch], exporters: [debug, otlphttp]}
`)
	return b.String()
}()

// TestScanDoesNotAllocate holds what makes ten thousand reports at once cheap.
func TestScanDoesNotAllocate(t *testing.T) {
	body := []byte(typical)
	if suspicious(body) {
		t.Fatal("suspicious(typical) = true, want false")
	}
	if allocations := testing.AllocsPerRun(10, func() { Config(body) }); allocations != 0 {
		t.Errorf("Config(typical) allocates %v times, want 0", allocations)
	}
}

func BenchmarkConfig(b *testing.B) {
	secret := typical + "extensions: {basicauth: {client_auth: {username: bob, password: hunter2}}}\n"
	for name, body := range map[string][]byte{"clean": []byte(typical), "secret": []byte(secret)} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				if _, changed := Config(body); changed != (name == "secret") {
					b.Fatalf("Config(%s) = %v", name, changed)
				}
			}
		})
	}
}
