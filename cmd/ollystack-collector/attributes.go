package main

import (
	"regexp"
	"strings"
)

var attributeKey = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9._/-]{0,127}$`)

// instanceAttribute says who an agent is. A supervisor of v0.149 does not start when
// its file changes the identifying attribute of this name, so the name that an
// operator has chosen is sent as a non-identifying one; the control plane lets it win.
const instanceAttribute = "service.instance.id"

// environmentAttribute says what an agent is part of.
// Source: OpenTelemetry semantic conventions, deployment.
const environmentAttribute = "deployment.environment.name"

// addAttributes adds KEY=VALUE pairs to the attributes of an agent.
func addAttributes(to map[string]string, pairs []string) error {
	for _, pair := range pairs {
		key, value, ok := strings.Cut(strings.TrimSpace(pair), "=")
		if !ok || value == "" {
			return usagef("the attribute %q is not KEY=VALUE", pair)
		}
		if err := addAttribute(to, key, value); err != nil {
			return err
		}
	}
	return nil
}

func addAttribute(to map[string]string, key, value string) error {
	if !attributeKey.MatchString(key) {
		return usagef("an attribute's name is letters, digits, dots, dashes, underscores and slashes, and %q is not", key)
	}
	if key == instanceAttribute {
		return usagef("%s is set by choosing an instance id", key)
	}
	// The supervisor writes attributes into the collector's configuration without
	// quoting them, and the collector expands what begins with a dollar sign.
	if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r == 0x7f || strings.ContainsRune("\"\\$", r) }) || len(value) > 1024 {
		return usagef("the value of the attribute %q is too long or holds a quote, a backslash, a dollar sign or a control character", key)
	}
	to[key] = value
	return nil
}
