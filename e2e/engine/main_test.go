//go:build appliance

package engine_test

import (
	"os"
	"testing"

	"github.com/ollystack/control-plane/e2e/sandbox"
)

func TestMain(m *testing.M) { os.Exit(sandbox.Run(m.Run)) }
