package validate

import (
	"go.yaml.in/yaml/v3"

	"github.com/ollystack/control-plane/fleet"
)

// Limits that hold when Options leaves them zero.
const (
	DefaultMaxBytes    = 1 << 20
	DefaultMaxFindings = 100
)

// Options bound what one check may cost and say. The zero value holds the defaults.
type Options struct {
	MaxBytes    int // bodies above it are refused unread; DefaultMaxBytes if zero
	MaxFindings int // findings above it are counted only; DefaultMaxFindings if zero
}

// Checker checks collector configurations. It holds no state between calls and
// is safe for concurrent use.
type Checker struct {
	options Options
}

var _ fleet.ConfigChecker = (*Checker)(nil)

// New returns a Checker with the default limits.
func New() *Checker {
	return NewWithOptions(Options{})
}

// NewWithOptions returns a Checker with limits of the caller's choice.
func NewWithOptions(o Options) *Checker {
	if o.MaxBytes <= 0 {
		o.MaxBytes = DefaultMaxBytes
	}
	if o.MaxFindings <= 0 {
		o.MaxFindings = DefaultMaxFindings
	}
	return &Checker{options: o}
}

// Check returns what there is to say about body, in the order of its lines;
// nil is clean. Lines and columns count from 1, columns in characters; what
// concerns the whole document is found at 1:1. If there was more to say than
// Options.MaxFindings, errors go before warnings and a last finding counts the rest.
// Time and memory are bounded for any input.
func (c *Checker) Check(body []byte) []fleet.Finding {
	r := &report{max: c.options.MaxFindings}
	c.check(body, r)
	return r.findings(position(body, len(body)))
}

func (c *Checker) check(body []byte, r *report) {
	// Each step relies on what the one before it has excluded.
	if !checkText(body, c.options.MaxBytes, r) {
		return
	}
	root := parseDocument(body, r)
	if root == nil {
		return
	}
	if !checkTree(root, r) {
		return
	}
	found := checkSections(root, r)
	if !r.hasErrors() {
		checkConfmap(body, root, found, r)
	}
}

// document is what the sections of a configuration hold, as far as it could be read.
type document struct {
	receivers  section
	processors section
	exporters  section
	connectors section
	extensions section

	pipelines []pipelineUse
	// pipelinesRead is false where pipelines are missing or stand behind a reference,
	// so that nothing can be said about what is used.
	pipelinesRead bool
	// extensionsRead is the same for service::extensions.
	extensionsRead bool
	// expands is true if any structural part stands behind a ${...} reference.
	expands bool
}

// at is a place in the document: where it is printed, and the path that leads to it.
type at struct {
	node *yaml.Node
	path string
}

func (a at) key(node *yaml.Node, name string) at {
	return at{node: node, path: join(a.path, name)}
}
