package rest

import (
	"context"
	"net/http"
	"time"

	"github.com/ollystack/control-plane/fleet"
)

// NamedCheck is one part's own word on its health. Run must return soon, and
// at the latest when ctx is done.
type NamedCheck struct {
	Name string
	Run  func(ctx context.Context) fleet.Check
}

// checkPatience bounds all checks of one request together.
const checkPatience = 5 * time.Second

type healthAnswer struct {
	Status  fleet.CheckStatus `json:"status"`
	Version string            `json:"version,omitempty"`
	// AgentPath is where agents connect, on this same address; Packages says whether nodes can fetch packages here.
	AgentPath string                 `json:"agent_path,omitempty"`
	Packages  *bool                  `json:"packages,omitempty"`
	Checks    map[string]fleet.Check `json:"checks,omitempty"`
}

// health runs the checks. A caller who is not known learns the status alone.
func (a *api) health(r *http.Request) (reply, error) {
	ctx, cancel := context.WithTimeout(r.Context(), checkPatience)
	defer cancel()
	packages := a.servesPackages() == nil
	answer := healthAnswer{Version: a.version, AgentPath: a.agentPath, Packages: &packages, Checks: make(map[string]fleet.Check, len(a.checks))}
	for _, check := range a.checks {
		answer.Checks[check.Name] = check.Run(ctx)
	}
	answer.Status = worst(answer.Checks)
	if !known(r) {
		answer = healthAnswer{Status: answer.Status}
	}
	status := http.StatusOK
	if answer.Status == fleet.CheckFailed {
		status = http.StatusServiceUnavailable
	}
	return reply{status: status, body: answer}, nil
}

// worst is the status of the whole: what is disabled does not count.
func worst(checks map[string]fleet.Check) fleet.CheckStatus {
	whole := fleet.CheckOK
	for _, c := range checks {
		switch c.Status {
		case fleet.CheckFailed:
			return fleet.CheckFailed
		case fleet.CheckDegraded:
			whole = fleet.CheckDegraded
		}
	}
	return whole
}
