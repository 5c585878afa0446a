// Package fleet is the domain: what a control plane knows of its agents, which
// configuration each should run, and what to tell it next. It decides;
// adapters (opampsrv, rest, storage, validate) translate. It knows nothing of
// protobufs, HTTP or files.
//
// Words that are ours (the rest are the OpAMP specification's):
//
//   - A Config is a collector configuration with a name; its body has immutable
//     Versions, numbered from 1.
//   - A Selector takes agents by their labels and attributes, in Kubernetes'
//     syntax. Of the configs whose selector takes an agent the one with the
//     highest priority is meant for it.
//   - An Assignment names the config meant for one agent, whatever the selectors say.
//   - An attribute is what an agent says of itself, a label what the operator
//     says of it; labels win.
//   - An Outcome is what became of one offer: per agent and ConfigHash.
//
// Decisions are plain functions over values (delivery.go, resolve.go,
// identity.go). Manager holds the fleet in memory, loads, decides and saves.
package fleet
