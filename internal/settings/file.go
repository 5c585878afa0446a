package settings

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// maxFileSize is far above any settings file and far below what would hurt.
const maxFileSize = 1 << 20

// fileReader turns one YAML file into a layer.
type fileReader struct {
	path   string
	keys   map[string]Key // by name
	names  []string       // of all keys
	layer  *layer
	lines  map[string]int // by name: where it was first given
	faults *Faults
}

// readFile reads the settings file at path, which may be missing only if optional. It
// reports whether there was one; whatever is wrong goes to faults.
func readFile(path string, optional bool, keys []Key, faults *Faults) (*layer, bool) {
	r := &fileReader{
		path: path, keys: keyIndex(keys, func(k Key) string { return k.Name }),
		layer: newLayer(), lines: map[string]int{}, faults: faults,
	}
	for _, k := range keys {
		r.names = append(r.names, k.Name)
	}
	body, err := readLimited(path)
	switch {
	case err == nil:
		r.document(body)
	case optional && errors.Is(err, fs.ErrNotExist):
		return r.layer, false
	default:
		faults.add(fileOrigin(path, 0), "", "cannot be read: %v", cause(err))
	}
	return r.layer, true
}

func readLimited(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	body, err := io.ReadAll(io.LimitReader(f, maxFileSize+1))
	if err == nil && len(body) > maxFileSize {
		err = fmt.Errorf("it is larger than %v", ByteSize(maxFileSize))
	}
	return body, err
}

func fileOrigin(path string, line int) string {
	if line == 0 {
		return "file " + path
	}
	return fmt.Sprintf("file %s:%d", path, line)
}

func (r *fileReader) fault(line int, key, format string, args ...any) {
	r.faults.add(fileOrigin(r.path, line), key, format, args...)
}

// document reads the one document of a file, which may be empty.
func (r *fileReader) document(body []byte) {
	decoder := yaml.NewDecoder(bytes.NewReader(body))
	var doc, next yaml.Node
	if err := decoder.Decode(&doc); err != nil {
		if !errors.Is(err, io.EOF) {
			r.syntax(err)
		}
		return
	}
	if err := decoder.Decode(&next); err == nil {
		r.fault(next.Line, "", "begins a second document; wants one")
	} else if !errors.Is(err, io.EOF) {
		r.syntax(err)
	}
	for _, root := range doc.Content {
		if root.ShortTag() == "!!null" {
			return // nothing but comments
		}
		if root.Kind != yaml.MappingNode {
			r.fault(root.Line, "", "wants settings, one NAME: VALUE to a line")
			return
		}
		r.section("", root)
	}
}

// syntax reports an error of the YAML parser, whose lines are sometimes one too low.
func (r *fileReader) syntax(err error) {
	message, near := strings.TrimPrefix(err.Error(), "yaml: "), ""
	if found := yamlLine.FindStringSubmatch(message); found != nil {
		message, near = strings.TrimPrefix(message, found[0]), ", near line "+found[1]
	}
	// The parser quotes the names of anchors, which a mistyped password may look like.
	r.fault(0, "", "is not YAML%s: %s", near, quotedPart.ReplaceAllString(message, "'...'"))
}

var (
	yamlLine   = regexp.MustCompile(`^line (\d+): `)
	quotedPart = regexp.MustCompile(`'.*'`)
)

// section reads the settings of a mapping; prefix is its name and a dot, or nothing.
func (r *fileReader) section(prefix string, mapping *yaml.Node) {
	for pair := range slices.Chunk(mapping.Content, 2) {
		name, value := prefix+pair[0].Value, resolve(pair[1])
		if key, known := r.keys[name]; known {
			r.value(key, pair[0].Line, value)
			continue
		}
		if !slices.ContainsFunc(r.names, func(n string) bool { return strings.HasPrefix(n, name+".") }) {
			r.unknown(pair[0].Line, name)
			continue
		}
		switch {
		case value.Kind == yaml.MappingNode:
			r.section(name+".", value)
		case value.ShortTag() != "!!null": // an empty section sets nothing
			r.fault(pair[0].Line, name, "is a section; wants settings indented below it")
		}
	}
}

func (r *fileReader) unknown(line int, name string) {
	if !quotable(name) {
		r.fault(line, "", "holds a name that is no setting")
		return
	}
	if near := nearest(name, r.names); near != "" {
		r.fault(line, name, "no such setting; did you mean %s?", near)
		return
	}
	r.fault(line, name, "no such setting")
}

func (r *fileReader) value(key Key, line int, value *yaml.Node) {
	if first, given := r.lines[key.Name]; given {
		r.fault(line, key.Name, "given a second time, after line %d", first)
		return
	}
	r.lines[key.Name] = line
	texts, problem := textsOf(key, value)
	if problem != "" {
		r.layer.origins[key.Name] = fileOrigin(r.path, line)
		r.fault(line, key.Name, "%s", problem)
		return
	}
	r.layer.set(key, fileOrigin(r.path, line), texts, r.faults)
}

// textsOf returns the texts in a node of the right type, and otherwise what is wrong with it.
func textsOf(key Key, value *yaml.Node) (texts []string, problem string) {
	if value.ShortTag() == "!!null" {
		return nil, "has no value; leave the line out for the default"
	}
	if !key.list {
		text, ok := scalarText(key, value)
		if !ok {
			return nil, "wants " + key.wants + ", not " + describe(value)
		}
		return []string{text}, ""
	}
	if value.Kind != yaml.SequenceNode {
		return nil, "wants " + key.wants + ", not " + describe(value)
	}
	for _, item := range value.Content {
		item = resolve(item)
		text, ok := scalarText(key, item)
		if !ok {
			return nil, "wants a text for each of the list's items, not " + describe(item)
		}
		texts = append(texts, text)
	}
	return texts, ""
}

func scalarText(key Key, n *yaml.Node) (string, bool) {
	tag := n.ShortTag()
	if n.Kind != yaml.ScalarNode || !slices.Contains(key.tags, tag) {
		return "", false
	}
	if tag == tagNumber {
		// YAML has more ways to write a number (0x10, 1_000) than the environment and flags.
		var number int64
		if err := n.Decode(&number); err != nil {
			return "", false
		}
		return strconv.FormatInt(number, 10), true
	}
	if tag == tagBool {
		var yes bool
		if err := n.Decode(&yes); err != nil {
			return "", false
		}
		return strconv.FormatBool(yes), true
	}
	return n.Value, true
}

// describe says what a node is, never what it holds.
func describe(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a section"
	case yaml.SequenceNode:
		return "a list"
	}
	switch n.ShortTag() {
	case tagText:
		return "a text"
	case tagNumber, "!!float":
		return "a number"
	case tagBool:
		return "true or false"
	case "!!null":
		return "nothing"
	}
	return "that"
}

// resolve follows an alias. One step is enough: YAML has no aliases of aliases.
func resolve(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode && n.Alias != nil {
		return n.Alias
	}
	return n
}
