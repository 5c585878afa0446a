package redact

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

var fuzzSeeds = []string{
	"password: x\n", "a: {token: x, b: [1, 2]}\n", "token: |\n  a\n b: c\n", "a: &a {token: *a}\n", "? token\n: x\n", "\"tok\\u0065n\": x\n",
	"http://u:p@h", "a: http://u:p@h\n", "a: Bearer x\n", "- name: token\n  value: x\n", "# token: x\na: 1\n", "{\"token\": \"x\"}", "[\"--token\", \"x\"]",
	"token: null\n  x\n", "token: 'a\n\n  b'\n", "verbosity: basic\n  x\n", "a: |\n  token: x\n    y\n  z: 1\n", "token: !!str x\n", "a: ${TOKEN}: x\n",
	"a: \"-----BEGIN PRIVATE KEY-----\\nx\\n-----END PRIVATE KEY-----\"\n", "a: 'password=x; b'\n", "api key: x\n", "a: b@tcp(x)\nc: d:e@tcp(f)\n", "<<: {token: x}\n",
	"tokens: {a: b, name: c}\n", "cookies: [a, [b], {c: d}]\n", "a:\r  token: x\r", "a: 1\n---\ntoken: x\n...\n", "%YAML 1.1\n---\ntoken: x # y\n", "a: \"b\\\n  token: c\"\n",
	"a: [\ntoken: x\n", "\xff\xfea\x00", "a: \u2028token: x\n", "token: >\n\n x\n\n#y\nb: 1\n", "{token: x,? secret : y}",
	"tls:\n  key_pem: '[REDACTED]'\n  b: 1\n", "a:\n  token: null\n  b: {verbosity: basic, c: ${env:TOKEN}}\n", "token: ${env:T}\n#x\nb: 1\n", "{\"token\": \"\"}\"x", "{\"token\": \"\"}\":\"x", "\" token4:X\xcd${\"", "a: ${TOKEN}\x80 : ${x\n", "a:(b@tcp(x@tcp(U)x: d:e@tcp@f)\n", "verb\xef\n basic\n  \xf8v\x03SXx:",
	"key_file: key.pem\nbearertokenauth:\n",
}

// FuzzConfig holds that nothing which looks like a credential is left in what
// can be read again, that the quick scan and the slow way agree, and that JSON
// stays JSON and YAML stays YAML.
func FuzzConfig(f *testing.F) {
	for _, seed := range fuzzSeeds {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		before := bytes.Clone(body)
		got, changed := Config(body)
		if !bytes.Equal(body, before) {
			t.Fatalf("Config changed its argument %q", before)
		}
		if changed == bytes.Equal(got, body) {
			t.Errorf("Config(%q) = %q, %v", body, got, changed)
		}
		if !changed {
			if slow, slowly := slowly(body); slowly {
				t.Errorf("the scan lets %q pass, and yet it becomes %q", body, slow)
			}
		}
		if json.Valid(body) && !json.Valid(got) {
			t.Errorf("Config(%q) = %q, want JSON", body, got)
		}
		roots, ok := yamlRoots(body)
		if again, twice := Config(got); twice && ok && !lone(roots) {
			t.Errorf("Config(%q) = %q, and again %q", body, got, again)
		}
		if !ok || bytes.IndexByte(body, 0) >= 0 {
			return
		}
		left, ok := yamlRoots(got)
		if !ok && !json.Valid(body) && !lone(roots) {
			t.Errorf("Config(%q) = %q, want YAML", body, got)
		}
		for _, root := range left {
			if lone(left) {
				break
			}
			if key := credentialIn(root, map[*yaml.Node]bool{}); key != "" {
				t.Errorf("Config(%q) = %q, which holds a credential under %q", body, got, key)
			}
		}
	})
}

// lone reports whether one of the documents is a single value, which is read as text.
func lone(roots []*yaml.Node) bool {
	for _, root := range roots {
		if len(root.Content) > 0 && root.Content[0].Kind == yaml.ScalarNode {
			return true
		}
	}
	return false
}

// credentialIn returns a key that looks like a credential and still has a value.
func credentialIn(n *yaml.Node, seen map[*yaml.Node]bool) string {
	if seen[n] {
		return ""
	}
	seen[n] = true
	for i, child := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 1 {
			key, value := target(n.Content[i-1]), target(child)
			c := classify(key.Value)
			if c != plain && value.Kind == yaml.ScalarNode && !harmless(value.Value, c) && !saysNothing(value.Value) {
				return key.Value
			}
		}
		if key := credentialIn(child, seen); key != "" {
			return key
		}
	}
	return ""
}

// FuzzSecret hides a secret in bodies of every style and looks for it in what is left.
func FuzzSecret(f *testing.F) {
	for _, seed := range []string{"hunter2-hunter2", "it's a \"secret\"!", "line one\nline two\n", "  leading and trailing  ", "#not: a comment", "- [x, {y: z}]", "null null", "ü\u2028\u0085ö-long-enough", "\\\\\\backslashes\\\\", "@`%&*!|>secret"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		value = strings.ToValidUTF8(value, "")
		needle := strings.TrimSpace(value)
		if utf8.RuneCountInString(needle) < 8 || harmless(value, secret) || saysNothing(value) || strings.Contains(frame, needle) || strings.Contains(mark, needle) {
			t.Skip("not a secret that could be told from the rest")
		}
		for name, body := range bodiesWith(t, value) {
			got, changed := Config(body)
			if !changed {
				t.Errorf("Config(%s: %q) changed nothing", name, body)
			}
			if bytes.Contains(got, []byte(needle)) || stillHolds(t, got, needle) {
				t.Errorf("Config(%s: %q) = %q, which still holds %q", name, body, got, needle)
			}
		}
	})
}

const frame = "before after nested user bob list number"

func bodiesWith(t *testing.T, value string) map[string][]byte {
	t.Helper()
	tree := map[string]any{
		"before": 1, "password": value, "after": "bob",
		"nested": map[string]any{"list": []any{map[string]any{"client_secret": value, "user": "bob"}}, "tokens": []any{value, []any{value}}},
	}
	asJSON, err := json.Marshal(tree)
	if err != nil {
		t.Fatal(err)
	}
	indented, err := json.MarshalIndent(tree, "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	bodies := map[string][]byte{"JSON": asJSON, "indented JSON": indented}
	for name, style := range map[string]yaml.Style{"plain": 0, "single": yaml.SingleQuotedStyle, "double": yaml.DoubleQuotedStyle, "literal": yaml.LiteralStyle, "folded": yaml.FoldedStyle} {
		var root yaml.Node
		if err := root.Encode(tree); err != nil {
			t.Skip("YAML cannot say it")
		}
		setStyle(&root, value, style)
		body, err := yaml.Marshal(&root)
		var read map[string]any
		if err != nil || yaml.Unmarshal(body, &read) != nil || read["password"] != value {
			continue // the encoder does not manage this value in this style
		}
		bodies[name] = body
		bodies[name+" in flow"] = append([]byte("{\"b\": ["), append(bytes.ReplaceAll(asJSON, []byte(":"), []byte(": ")), "]}"...)...)
	}
	return bodies
}

func setStyle(n *yaml.Node, value string, style yaml.Style) {
	if n.Kind == yaml.ScalarNode && n.Value == value {
		n.Style = style
	}
	for _, child := range n.Content {
		setStyle(child, value, style)
	}
}

// stillHolds reports whether any scalar of a body, as it reads, contains the needle.
func stillHolds(t *testing.T, body []byte, needle string) bool {
	t.Helper()
	roots, ok := yamlRoots(body)
	if !ok && json.Valid(body) {
		r := jsonReader{text: body}
		roots, ok = []*yaml.Node{r.value()}, true
	}
	if !ok {
		return false
	}
	var in func(n *yaml.Node) bool
	in = func(n *yaml.Node) bool {
		if strings.Contains(n.Value, needle) {
			return true
		}
		for _, child := range n.Content {
			if in(child) {
				return true
			}
		}
		return false
	}
	for _, root := range roots {
		if in(root) {
			return true
		}
	}
	return false
}

// FuzzText holds that messages can be hidden twice, and stay text.
func FuzzText(f *testing.F) {
	for _, seed := range fuzzSeeds {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := Text(s)
		if utf8.ValidString(s) && !utf8.ValidString(got) {
			t.Errorf("Text(%q) = %q, want UTF-8", s, got)
		}
	})
}
