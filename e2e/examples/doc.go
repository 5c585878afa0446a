// Package examples runs the services of examples/ as their README pages say and looks
// at what a real collector receives from them: names, resource attributes, and one
// trace through two services in two languages. It also runs the unit tests of the alert
// rules in stack/prometheus.
//
// The tests carry the build tag appliance. They need bin/otelcol-ollystack (make
// collector), Node.js 20 with npm, and promtool; they use the loopback interface
// alone and need no root.
package examples
