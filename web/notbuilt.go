package web

// notBuilt is the page of a binary without a dashboard.
const notBuilt = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>OllyStack</title>
<style nonce="` + noncePlace + `">
body { font: 15px/1.5 system-ui, sans-serif; max-width: 42rem; margin: 10vh auto; padding: 0 1rem }
code { font-family: ui-monospace, monospace }
</style>
</head>
<body>
<h1>OllyStack Control Plane</h1>
<p>This binary was built without its dashboard: there was no Node.js 20 or later. The server works all the same.</p>
<p>To have the dashboard, install Node.js 20 or later and run <code>make build</code> again, or use a released package.</p>
<ul>
<li>Health: <a href="/api/v1/health"><code>/api/v1/health</code></a></li>
<li>The API is at <code>/api/v1</code>, its description at <code>/api/v1/openapi.json</code>, metrics for Prometheus at <code>/metrics</code></li>
<li>The command line: <code>ollystack help</code></li>
</ul>
<p>Where the server asks for tokens (<code>auth.mode: token</code>), all of it but health wants one, which a browser's address bar cannot send:
<code>curl -H 'Authorization: Bearer TOKEN' HOST:PORT/metrics</code>, with a token of the role read.</p>
</body>
</html>
`
