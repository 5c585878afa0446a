// Package stack holds what can be said of the data plane's files without a Docker Engine:
// docker-compose.yml, its variables, the collectors' configurations, the scripts.
// e2e/engine brings the stack up.
package stack
