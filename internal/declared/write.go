package declared

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// File is one that is to be there; Path has slashes and is below the folder.
type File struct {
	Path    string
	Content []byte
}

// Files are those that declare what a server has, for a folder that declares existing
// already (from Read; nil for an empty one). What has a file keeps it, and its form; what
// is said of it is written anew only where it differs. Everything else gets a file called after it,
// and a sidecar. Read makes the same configurations of them.
func Files(have []Current, existing []Config) ([]File, error) {
	byName := map[string]*Config{}
	names := fileNames{}
	for i := range existing {
		c := &existing[i]
		byName[c.Name] = c
		names.taken(c.path)
	}
	// Which of two names that differ only by case gets the plain file does not depend on the server's order.
	have = slices.Clone(have)
	slices.SortFunc(have, func(x, y Current) int { return strings.Compare(x.Name, y.Name) })
	var files []File
	for i := range have {
		c := fromServer(&have[i])
		if err := checkName(c.Name); err != nil { // it becomes a path, and no server has such a one
			return nil, fmt.Errorf("the server's answer cannot be written down: %w", err)
		}
		old := byName[c.Name]
		said := false
		if old == nil {
			c.path = names.pick(c.Name) + ".yaml"
		} else {
			c.path, c.sidecar, c.front, c.RenamedFrom = old.path, old.sidecar, old.front, old.RenamedFrom
			said = c.sameMeta(old)
		}
		if c.sidecar == "" && c.front == nil {
			name, _ := stem(c.path)
			c.sidecar = name + metaSuffix + ".yaml"
		}
		more, err := c.files(said)
		if err != nil {
			return nil, err
		}
		files = append(files, more...)
	}
	slices.SortFunc(files, func(x, y File) int { return strings.Compare(x.Path, y.Path) })
	return files, nil
}

// fromServer is what files are to declare of a configuration of a server.
func fromServer(h *Current) *Config {
	c := &Config{
		Name: h.Name, Description: h.Description, Selector: h.Selector, Priority: h.Priority,
		Labels: maps.Clone(h.Labels), Body: h.Body,
	}
	delete(c.Labels, ManagedBy) // apply writes it
	return c
}

func (c *Config) sameMeta(o *Config) bool {
	return c.Name == o.Name && c.Description == o.Description && c.Selector == o.Selector && c.Priority == o.Priority &&
		maps.Equal(c.Labels, o.Labels)
}

// files are those of one configuration; where what is there says it already, only the body's.
func (c *Config) files(said bool) ([]File, error) {
	if said {
		return []File{{c.path, slices.Concat(c.front, []byte(c.Body))}}, nil
	}
	meta, err := c.meta()
	if err != nil {
		return nil, err
	}
	if c.front == nil {
		return []File{{c.path, []byte(c.Body)}, {c.sidecar, meta}}, nil
	}
	var front bytes.Buffer
	front.WriteString(frontKey + ":\n")
	for line := range bytes.Lines(meta) {
		front.WriteString("  ")
		front.Write(line)
	}
	front.WriteString("---\n")
	return []File{{c.path, append(front.Bytes(), c.Body...)}}, nil
}

// meta is what a sidecar says of a configuration.
func (c *Config) meta() ([]byte, error) {
	doc := &yaml.Node{Kind: yaml.MappingNode}
	put := func(to *yaml.Node, key string, value *yaml.Node) {
		to.Content = append(to.Content, textNode(key), value)
	}
	put(doc, keyName, textNode(c.Name))
	if c.RenamedFrom != "" {
		put(doc, keyRenamedFrom, textNode(c.RenamedFrom))
	}
	if c.Description != "" {
		put(doc, keyDescription, textNode(c.Description))
	}
	if c.Selector != "" {
		put(doc, keySelector, textNode(c.Selector))
	}
	if c.Priority != 0 {
		put(doc, keyPriority, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: strconv.Itoa(c.Priority)})
	}
	if len(c.Labels) > 0 {
		list := &yaml.Node{Kind: yaml.MappingNode}
		for _, key := range slices.Sorted(maps.Keys(c.Labels)) {
			put(list, key, textNode(c.Labels[key]))
		}
		put(doc, keyLabels, list)
	}
	var out bytes.Buffer
	enc := yaml.NewEncoder(&out)
	enc.SetIndent(2)
	if err := enc.Encode(doc); err != nil {
		return nil, err
	}
	err := enc.Close()
	return out.Bytes(), err
}

// textNode is a text in quotes where it holds anything but plain words, since not every
// parser agrees on what of the rest stays as it is.
func textNode(text string) *yaml.Node {
	node := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text}
	odd := strings.IndexFunc(text, func(r rune) bool { return r < ' ' || r > '~' }) >= 0
	if odd || strings.TrimSpace(text) != text {
		node.Style = yaml.DoubleQuotedStyle
	}
	return node
}

// fileNames are those in use, without their endings and in lower case, since a
// checkout may be on a file system that does not tell upper from lower.
type fileNames map[string]bool

func (n fileNames) taken(file string) {
	name, _ := stem(file)
	n[strings.ToLower(name)] = true
}

// pick finds a name for the file of a configuration: its own, but where that cannot be. No
// configuration's name has a ~.
func (n fileNames) pick(name string) string {
	if device, _, _ := strings.Cut(name, "."); isDevice(strings.ToLower(device)) {
		name = device + "~" + name[len(device):]
	}
	if strings.HasSuffix(strings.ToLower(name), metaSuffix) { // it would be taken for a sidecar
		name += "~"
	}
	picked := name
	for i := 2; n[strings.ToLower(picked)]; i++ {
		picked = name + "~" + strconv.Itoa(i)
	}
	n[strings.ToLower(picked)] = true
	return picked
}

// isDevice reports whether Windows has another use for a file called so, whatever its ending.
func isDevice(name string) bool {
	port := len(name) == 4 && (strings.HasPrefix(name, "com") || strings.HasPrefix(name, "lpt")) && name[3] >= '0' && name[3] <= '9'
	return port || slices.Contains([]string{"con", "prn", "aux", "nul"}, name)
}

// Missing are the configurations that a folder declares and a server does not have, by name.
func Missing(have []Current, existing []Config) []Config {
	there := map[string]bool{}
	for i := range have {
		there[have[i].Name] = true
	}
	missing := slices.DeleteFunc(slices.Clone(existing), func(c Config) bool { return there[c.Name] })
	slices.SortFunc(missing, func(x, y Config) int { return cmp.Compare(x.Name, y.Name) })
	return missing
}
