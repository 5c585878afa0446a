package fleet

// Severity says whether a finding stops a configuration.
type Severity string

// The severities. Only SeverityError keeps a configuration from being stored.
const (
	SeverityError   Severity = "error"
	SeverityWarning Severity = "warning"
)

// Finding is one thing that a check has to say about a configuration.
type Finding struct {
	Severity Severity `json:"severity"`
	// Code names the rule, in kebab-case, for example "undefined-receiver". It is stable: tools may match it.
	Code string `json:"code"`
	// Path leads to the place, segments joined by "::" and list indexes in
	// brackets, as confmap prints them: service::pipelines::traces::receivers[0].
	// Empty where the finding concerns the whole document.
	Path string `json:"path"`
	// Line and Column count from 1 in the body as it was given; 0 where there is no such place.
	Line   int `json:"line"`
	Column int `json:"column"`
	// Message is one sentence for a person; it never quotes a value that may be a secret.
	Message string `json:"message"`
}

// ConfigChecker checks the body of a collector configuration before it is
// stored. Implementations read nothing but the body, expand no ${...}, and may
// be called concurrently. Findings come in the order of their lines; nil is clean.
type ConfigChecker interface {
	Check(body []byte) []Finding
}

// HasErrors reports whether any finding stops the configuration.
func HasErrors(findings []Finding) bool {
	for _, f := range findings {
		if f.Severity == SeverityError {
			return true
		}
	}
	return false
}
