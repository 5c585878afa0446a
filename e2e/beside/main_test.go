//go:build appliance

// Package beside starts the data plane beside a control plane that runs on the machine, as
// ollystack-stack.service does: its script, a real Docker Engine, tokens.
package beside

import (
	"os"
	"testing"

	"github.com/ollystack/control-plane/e2e/sandbox"
)

func TestMain(m *testing.M) { os.Exit(sandbox.Run(m.Run)) }
