// Package settings reads what an operator writes for the server: defaults,
// overridden by a YAML file, by systemd's credentials, by the environment and by flags, in this order,
// merged by koanf into one struct.
//
// One table (Keys) describes every setting once; the flags, the environment
// variables, the check for unknown names and docs/settings.md derive from it.
// To add a setting: a field in Settings, its value in Default, a line in keys.
//
// Whatever is wrong is reported together, in one *Faults, each fault with the
// place it came from. The values of secrets appear in no error and no listing.
//
// The package checks the form of values and how they fit together. Whether a
// file exists, an address can be bound or a Redis answers, others find out.
package settings
