package validate

import (
	"errors"
	"fmt"
	"strings"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/pipeline"
	"go.yaml.in/yaml/v3"
)

// collectorConfig is the form that the collector itself reads a configuration into.
// Source: otelcol, unmarshalConfig; service, Config; service/pipelines, Config.
type collectorConfig struct {
	Receivers  map[component.ID]map[string]any `mapstructure:"receivers"`
	Processors map[component.ID]map[string]any `mapstructure:"processors"`
	Exporters  map[component.ID]map[string]any `mapstructure:"exporters"`
	Connectors map[component.ID]map[string]any `mapstructure:"connectors"`
	Extensions map[component.ID]map[string]any `mapstructure:"extensions"`
	Service    struct {
		Telemetry  map[string]any `mapstructure:"telemetry"`
		Extensions []component.ID `mapstructure:"extensions"`
		Pipelines  map[pipeline.ID]*struct {
			Receivers  []component.ID `mapstructure:"receivers"`
			Processors []component.ID `mapstructure:"processors"`
			Exporters  []component.ID `mapstructure:"exporters"`
		} `mapstructure:"pipelines"`
	} `mapstructure:"service"`
}

// checkConfmap has the collector's own library read what our rules let pass, so
// that nothing is stored which it would refuse. Nothing is expanded: there is no
// Resolver and no Provider. Its errors are told without the values that they quote.
func checkConfmap(body []byte, root *yaml.Node, found *document, r *report) {
	conf, err := loadConfmap(body)
	if err == nil && !found.expands {
		err = unmarshalConfmap(conf)
	}
	switch {
	case err == nil:
	case strings.Contains(err.Error(), "excessive aliasing"):
		r.errorf("alias-bomb", at{node: root}, "With its aliases the document grows out of all proportion.")
	default:
		r.errorf("not-loadable", at{node: root}, "The collector's configuration library cannot load this: %s.", withoutValues(err))
	}
}

func loadConfmap(body []byte) (conf *confmap.Conf, err error) {
	defer recoverAs(&err)
	retrieved, err := confmap.NewRetrievedFromYAML(body)
	if err != nil {
		return nil, err
	}
	return retrieved.AsConf()
}

func unmarshalConfmap(conf *confmap.Conf) (err error) {
	defer recoverAs(&err)
	return conf.Unmarshal(new(collectorConfig))
}

// recoverAs turns a panic of the library into an error: a configuration that it
// was never tried on must not take the server down.
func recoverAs(err *error) {
	if p := recover(); p != nil {
		*err = errors.New("it failed unexpectedly")
	}
}

// withoutValues keeps of an error what names places and types, and drops what
// may quote a value.
func withoutValues(err error) string {
	text := fmt.Sprintf("%v", err)
	if i := strings.Index(text, "yaml:"); i >= 0 && strings.Contains(text, "`") {
		return "a value does not have the type that it says"
	}
	for _, mark := range []string{", value: ", " value:", "contents are not valid YAML"} {
		text, _, _ = strings.Cut(text, mark)
	}
	return strings.Join(strings.Fields(text), " ")
}
