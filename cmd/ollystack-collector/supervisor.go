package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"text/template"
)

// Where the package and the image have the two programs.
const (
	supervisorPath = "/usr/lib/ollystack-collector/opampsupervisor"
	collectorPath  = "/usr/lib/ollystack-collector/otelcol"
)

// supervisorFile is what differs between the files that we write for supervisors.
type supervisorFile struct {
	Endpoint   string
	TokenFile  string // as the supervisor is to read it; empty: no token is sent
	CAFile     string // empty: the system's authorities
	Collector  string
	Identity   identity
	Attributes map[string]string
	LocalFiles []string // merged over what the control plane sends
	OwnMetrics bool     // whether the collector may serve its own metrics
	Storage    string
}

// The order of config_files is that of merging, and the last one wins: whatever
// stands after $REMOTE_CONFIG cannot be taken away by what the control plane sends.
// Lists are replaced as a whole, but service::extensions grows.
var supervisorTemplate = template.Must(template.New("supervisor.yaml").Funcs(template.FuncMap{
	"text": quote, "fromFile": tokenReference,
}).Parse(`server:
  endpoint: {{text .Endpoint}}
{{- if .TokenFile}}
  headers:
    Authorization: [{{fromFile .TokenFile}}]
{{- end}}
{{- if .CAFile}}
  tls:
    ca_file: {{text .CAFile}}
{{- end}}

agent:
  executable: {{text .Collector}}
{{- if .Identity.UID}}
  # Derived from {{.Identity.Name}}.
  instance_id: {{.Identity.UID}}
{{- end}}
{{- if .Attributes}}
  description:
    non_identifying_attributes:
{{- range $key, $value := .Attributes}}
      {{text $key}}: {{text $value}}
{{- end}}
{{- end}}
  # A configuration that the collector refuses is not applied; the old one runs on.
  validate_config: true
  config_apply_timeout: 5s
  bootstrap_timeout: 15s
  # The collector's log goes to the supervisor's standard output, instead of to a
  # file that nobody rotates.
  passthrough_logs: true
{{- if not .OwnMetrics}}
  # Otherwise it would not start where something else has port 8888.
  args: ["--set=service::telemetry::metrics::level=none"]
{{- end}}
  # Merged in this order; what comes later wins.
  config_files:
    - $OWN_TELEMETRY_CONFIG
    - $REMOTE_CONFIG
    - $OPAMP_EXTENSION_CONFIG
{{- range .LocalFiles}}
    - {{text .}}
{{- end}}

capabilities:
  accepts_remote_config: true
  reports_remote_config: true
  accepts_restart_command: true
  reports_available_components: true
  reports_effective_config: true
  reports_health: true
  reports_heartbeat: true
  reports_own_metrics: false

storage:
  directory: {{text .Storage}}
`))

// render writes the file out, identity and all. The token is not in it.
func (f supervisorFile) render() ([]byte, error) {
	if f.Identity.Name != "" {
		attributes := map[string]string{instanceAttribute: f.Identity.Name}
		for k, v := range f.Attributes {
			attributes[k] = v
		}
		f.Attributes = attributes
	}
	var out bytes.Buffer
	if err := supervisorTemplate.Execute(&out, f); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// quote writes a string for YAML that the supervisor does not expand: JSON's
// strings are YAML's, and a doubled dollar sign stands for itself.
func quote(s string) (string, error) {
	var out strings.Builder
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(strings.ReplaceAll(s, "$", "$$")); err != nil {
		return "", err
	}
	return strings.TrimSuffix(out.String(), "\n"), nil
}

// tokenReference is the header's value, with the token read from its file by the
// supervisor itself: so it is in no file that others may read, and in no environment,
// which the collector would inherit and a configuration could ask for. The file has
// no line end, since all of its content goes into the header.
func tokenReference(file string) string { return `"Bearer ${file:` + file + `}"` }
