package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"go.yaml.in/yaml/v3"
)

// View is what a command shows, in each of the formats.
type View struct {
	Value any                     // for json and yaml, as encoding/json has it
	Table func(wide bool) *Table  // for table and wide
	Text  func(io.Writer, Screen) // instead of Table, for what is no list
	Names []string                // for name
}

// Print writes v to stdout.
func Print(w World, f Format, v View) error {
	switch f.value {
	case FormatJSON:
		return PrintJSON(w.Stdout, v.Value)
	case FormatYAML:
		return PrintYAML(w.Stdout, v.Value)
	case FormatName:
		for _, name := range v.Names {
			fmt.Fprintln(w.Stdout, Plain(name))
		}
		return nil
	}
	if v.Text != nil {
		v.Text(w.Stdout, w.Screen)
		return nil
	}
	return v.Table(f.value == FormatWide).Write(w.Stdout, w.Screen)
}

// PrintJSON writes v, indented.
func PrintJSON(out io.Writer, v any) error { return printJSON(out, v, "  ") }

// PrintLine writes v as JSON in one line.
func PrintLine(out io.Writer, v any) error { return printJSON(out, v, "") }

func printJSON(out io.Writer, v any, indent string) error {
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", indent)
	if err := enc.Encode(v); err != nil {
		return err
	}
	_, err := out.Write(escapeObeyed(text.Bytes(), escapedJSON))
	return err
}

// PrintYAML writes v as YAML, with the names and the order of its JSON.
func PrintYAML(out io.Writer, v any) error {
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return err
	}
	decoder := json.NewDecoder(&text)
	decoder.UseNumber()
	node, err := yamlOf(decoder)
	if err != nil {
		return err
	}
	var lines bytes.Buffer
	write := yaml.NewEncoder(&lines)
	write.SetIndent(2)
	if err := errors.Join(write.Encode(node), write.Close()); err != nil {
		return err
	}
	_, err = out.Write(escapeObeyed(lines.Bytes(), escaped))
	return err
}

// yamlOf reads one value.
func yamlOf(d *json.Decoder) (*yaml.Node, error) {
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch t := token.(type) {
	case json.Delim:
		node := &yaml.Node{Kind: yaml.SequenceNode}
		if t == '{' {
			node.Kind = yaml.MappingNode
		}
		for d.More() { // of a mapping, keys and values in turn
			item, err := yamlOf(d)
			if err != nil {
				return nil, err
			}
			node.Content = append(node.Content, item)
		}
		if len(node.Content) == 0 {
			node.Style = yaml.FlowStyle
		}
		_, err := d.Token() // its end
		return node, err
	case json.Number:
		return &yaml.Node{Kind: yaml.ScalarNode, Value: t.String()}, nil
	}
	node := &yaml.Node{}
	err = node.Encode(token)
	if text, ok := token.(string); ok && strings.ContainsFunc(text, harmful) {
		node.Style = yaml.DoubleQuotedStyle // where it can be escaped
	}
	return node, err
}
