package declared

import "bytes"

// utf8Mark is the byte order mark that some editors begin a file with.
var utf8Mark = []byte("\xef\xbb\xbf")

// Front is a file with a front document, taken apart.
type Front struct {
	Front []byte // up to and with the line that ends it; with the byte order mark, where there is one
	Body  []byte
	Line  int // at which the body begins, from 1; 0 where no line ends the front document

	meta []byte // the front document without the line that ends it
}

// SplitFront takes a front document off a file; ok is false where the file has none
// and is a body as a whole. A front document is a first document that begins with the key
// ollystack; it ends with the line ---.
func SplitFront(text []byte) (f Front, ok bool) {
	started := false
	line := 0
	for rest := text; len(rest) > 0; {
		line++
		current, after := cutLine(rest)
		rest = after
		if line == 1 {
			current = bytes.TrimPrefix(current, utf8Mark)
		}
		content := bytes.TrimRight(current, " \t\r\n")
		switch {
		case !started && (len(content) == 0 || content[0] == '#' || line == 1 && string(content) == "---"):
		case !started:
			if !bytes.HasPrefix(content, []byte(frontKey+":")) {
				return Front{}, false
			}
			started = true
		case endsDocument(content):
			end := len(text) - len(rest)
			return Front{Front: text[:end], Body: rest, Line: line + 1, meta: text[:end-len(current)]}, true
		}
	}
	return Front{Front: text}, started
}

// endsDocument reports whether a line is --- with nothing after it but a comment.
func endsDocument(line []byte) bool {
	after, ok := bytes.CutPrefix(line, []byte("---"))
	if !ok {
		return false
	}
	comment := bytes.TrimLeft(after, " \t")
	return len(comment) == 0 || len(comment) < len(after) && comment[0] == '#'
}

// cutLine cuts after the first newline.
func cutLine(text []byte) (line, rest []byte) {
	if i := bytes.IndexByte(text, '\n'); i >= 0 {
		return text[:i+1], text[i+1:]
	}
	return text, nil
}
