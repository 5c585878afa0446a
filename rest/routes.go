package rest

import (
	"net/http"

	"github.com/ollystack/control-plane/fleet"
)

// route is one operation of the API.
type route struct {
	method string
	path   string // mux's template
	action fleet.Action
	// params are the query parameters that it knows; any other is refused.
	params []string
	// basic routes take a token as the password of HTTP Basic too.
	basic bool
	// open routes need no token: a caller without one is let in without being known.
	open bool
	// handle or stream is set.
	handle func(r *http.Request) (reply, error)
	stream func(x *exchange, r *http.Request) error
	// csv, if set, is for requests that ask for text/csv, instead of handle.
	csv func(x *exchange, r *http.Request) error
}

var pageParams = []string{"page_size", "page_token", "order_by"}

func with(params []string, more ...string) []string {
	return append(more, params...)
}

// routes lists every route, the more specific before the less specific.
func (a *api) routes() []route {
	read := func(path string, handle func(*http.Request) (reply, error), params ...string) route {
		return route{method: http.MethodGet, path: Base + path, action: fleet.ActionRead, handle: handle, params: params}
	}
	write := func(method, path string, handle func(*http.Request) (reply, error), params ...string) route {
		return route{method: method, path: Base + path, action: fleet.ActionWrite, handle: handle, params: params}
	}
	validate := write(http.MethodPost, "/configs/validate", a.validateConfig, configParams...)
	preview := write(http.MethodPost, "/configs/preview", a.previewConfig)
	validate.action, preview.action = fleet.ActionRead, fleet.ActionRead // they change nothing
	agents := read("/agents", a.listAgents, with(pageParams, "status", "connected", "selector", "q", "config_id", "config_status")...)
	agents.csv = a.agentsCSV
	health := read("/health", a.health)
	health.open = true
	signIn := write(http.MethodPost, "/session", a.signIn)
	signIn.open = true
	signOut := write(http.MethodDelete, "/session", a.signOut)
	signOut.action = fleet.ActionRead // whoever can sign in
	tokens, token := read("/tokens", a.listTokens, pageParams...), read("/tokens/{id}", a.getToken)
	tokens.action, token.action = fleet.ActionWrite, fleet.ActionWrite // they are for those who may make them

	return []route{
		agents,
		write(http.MethodPost, "/agents:batch", a.batchAgents, "confirm_agents"),
		read("/agents/{id}", a.getAgent),
		write(http.MethodPatch, "/agents/{id}", a.patchAgent),
		write(http.MethodDelete, "/agents/{id}", a.deleteAgent),
		write(http.MethodPut, "/agents/{id}/config", a.assignConfig),
		write(http.MethodDelete, "/agents/{id}/config", a.unassignConfig),
		write(http.MethodPost, "/agents/{id}/config/retry", a.retryConfig),
		write(http.MethodPost, "/agents/{id}/restart", a.restartAgent),
		read("/agents/{id}/effective-config", a.effectiveConfig, "file"),

		validate,
		preview,
		read("/configs", a.listConfigs, with(pageParams, "q", "selector")...),
		write(http.MethodPost, "/configs", a.createConfig, with(configParams, "confirm_agents", "once")...),
		read("/configs/{id}", a.getConfig),
		write(http.MethodPut, "/configs/{id}", a.replaceConfig, with(configParams, "confirm_agents")...),
		write(http.MethodDelete, "/configs/{id}", a.deleteConfig, "detach", "confirm_agents"),
		read("/configs/{id}/versions", a.listVersions, pageParams...),
		read("/configs/{id}/versions/{n}", a.getVersion),
		read("/configs/{id}/diff", a.diffVersions, "from", "to"),
		write(http.MethodPost, "/configs/{id}/rollback", a.rollbackConfig, "confirm_agents"),
		read("/configs/{id}/agents", a.listConfigAgents, pageParams...),

		read("/components", a.listComponents),

		read("/fleet/status", a.fleetStatus),
		read("/fleet/history", a.fleetHistory, "from"),
		health,
		{method: http.MethodGet, path: Base + "/events", action: fleet.ActionRead, params: []string{"last_event_id"}, stream: a.events},
		read("/openapi.json", a.openapiDocument),

		read("/session", a.showSession),
		signIn,
		signOut,

		tokens,
		write(http.MethodPost, "/tokens", a.createToken),
		token,
		write(http.MethodDelete, "/tokens/{id}", a.deleteToken),

		// A copy holds what is for admins, the hashes of tokens among it.
		{method: http.MethodGet, path: Base + "/backup", action: fleet.ActionWrite, stream: a.sendBackup},

		{method: http.MethodGet, path: "/metrics", action: fleet.ActionRead, params: []string{"name[]"}, handle: a.showMetrics},
		// The script comes before what would take its name for a file's.
		{method: http.MethodGet, path: packagesPath, action: fleet.ActionDownload, open: true, basic: true, handle: a.packagesIndex},
		{method: http.MethodGet, path: packagesPath + "install-collector.sh", action: fleet.ActionDownload, open: true, basic: true, handle: a.packagesScript},
		{method: http.MethodGet, path: packagesPath + "{file}", action: fleet.ActionDownload, basic: true, stream: a.packageFile},
	}
}
