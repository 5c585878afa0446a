package declared

import (
	"bytes"
	"fmt"

	"github.com/rogpeppe/go-internal/diff"
)

// Diff is a unified diff of the body as it is and as it is to be; empty where it stays as it is.
func (c *Change) Diff() string {
	if c.Have == nil || c.Want == nil || c.Have.Body == c.Want.Body {
		return ""
	}
	text := diff.Diff(fmt.Sprintf("%s (version %d)", c.Have.Name, c.Have.Version), []byte(c.Have.Body), c.Want.File, []byte(c.Want.Body))
	_, text, _ = bytes.Cut(text, []byte("\n")) // the line "diff ...", which nobody needs
	return string(text)
}
