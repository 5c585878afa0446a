package app

import (
	"maps"

	"github.com/ollystack/control-plane/fleet"
	"github.com/ollystack/control-plane/internal/redact"
)

// redactFiles hides the credentials in every file of a reported configuration,
// on a copy, and reports whether there were any.
func redactFiles(files fleet.ConfigMap) (fleet.ConfigMap, bool) {
	var hidden fleet.ConfigMap // made when there is something to hide
	for name, file := range files {
		body, changed := redact.Config(file.Body)
		if !changed {
			continue
		}
		if hidden == nil {
			hidden = maps.Clone(files)
		}
		file.Body = body
		hidden[name] = file
	}
	if hidden == nil {
		return files, false
	}
	return hidden, true
}

// redactStored goes over an effective configuration once more before it leaves
// for another program. What is hidden already stays as it is.
func redactStored(c fleet.EffectiveConfig) fleet.EffectiveConfig {
	files, changed := redactFiles(c.Files)
	c.Files, c.Redacted = files, c.Redacted || changed
	return c
}
