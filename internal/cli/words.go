package cli

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Ago is how long t is ago, in a word; empty for no time.
func (w World) Ago(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	d := max(0, w.Present().Sub(t))
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh", int(d.Hours()))
	}
	return fmt.Sprintf("%dd", int(d.Hours()/24))
}

// Time is t for people; empty for no time.
func Time(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// Labels are labels in a line, as a selector would have them.
func Labels(labels map[string]string) string {
	parts := make([]string, 0, len(labels))
	for _, k := range slices.Sorted(maps.Keys(labels)) {
		parts = append(parts, k+"="+labels[k])
	}
	return strings.Join(parts, ",")
}

// Count is a number of things.
func Count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// StatusColour is for the status of an agent, of its configuration or of a server.
func StatusColour(status string) Colour {
	switch status {
	case "healthy", "applied", "ok":
		return Green
	case "unhealthy", "failed":
		return Red
	case "pending", "applying", "unknown", "degraded":
		return Yellow
	case "disconnected", "unassigned", "unsupported", "disabled":
		return Grey
	}
	return NoColour
}
