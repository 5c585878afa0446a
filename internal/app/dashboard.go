package app

import "net/http"

// dashboard is the page that people see.
func dashboard() http.Handler {
	const page = `<!doctype html>
<html lang="en">
<title>OllyStack Control Plane</title>
<h1>OllyStack Control Plane</h1>
<p>This server was built without its dashboard. Its API is at <a href="/api/v1/openapi.json">/api/v1</a>.
`
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		_, _ = w.Write([]byte(page)) // a browser that is gone has nobody to be told
	})
}
