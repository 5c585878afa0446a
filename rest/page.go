package rest

import "net/http"

// page is what a person sees who opens the address in a browser.
func (a *api) page(*http.Request) (reply, error) {
	const text = `OllyStack Control Plane: an OpAMP server for OpenTelemetry Collectors.

API                ` + Base + `
its description    ` + Base + `/openapi.json
health             ` + Base + `/health
metrics            /metrics
packages           ` + packagesPath + `
`
	return reply{contentType: "text/plain; charset=utf-8", raw: []byte(text)}, nil
}
