// Package declared is the state of a control plane's configurations as files declare
// it, in the form that a Git repository would hold: it reads a folder, compares it with
// what a server has and says what is to be done, in which order, and writes a server's
// configurations as such files. It asks no server itself.
//
// A configuration is a file NAME.yaml that holds its body and nothing else, byte for
// byte as it is delivered, so that every tool for collector configurations takes it as
// it is. What the control plane keeps beside a body is in NAME.meta.yaml next to it:
//
//	name: edge
//	description: The agents at the edge
//	selector: env=production
//	priority: 10
//	labels:
//	  team: edge
//	renamed_from: edge-old
//
// All of it may be left out, the file too. The same may stand in the file itself, as a
// first document under the one key ollystack, with the body after the line that ends it:
//
//	ollystack:
//	  selector: env=production
//	---
//	receivers: ...
//
// That is one file instead of two; the price is that only `ollystack validate` knows it.
package declared
