package redact

import (
	"encoding/json"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

func TestConfig(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, in, want string
	}{
		{"plain value", "a: 1\npassword: hunter2\nb: 2\n", "a: 1\npassword: \"[REDACTED]\"\nb: 2\n"},
		{"value with blanks", "password: correct horse # x\n", "password: \"[REDACTED]\" # x\n"},
		{"value over lines", "password: correct\n  horse\n  battery\nb: 2\n", "password: \"[REDACTED]\"\nb: 2\n"},
		{"single quotes", "password: 'it''s'\nb: 2\n", "password: \"[REDACTED]\"\nb: 2\n"},
		{"double quotes", "password: \"a\\\"b\\\n  c\"\nb: 2\n", "password: \"[REDACTED]\"\nb: 2\n"},
		{"number", "password: 12345\n", "password: \"[REDACTED]\"\n"},
		{"tagged", "password: !!str 12345\n", "password: \"[REDACTED]\"\n"},
		{"literal block", "a:\n  password: |\n    one\n\n    two\n  b: 2 # x\n", "a:\n  password: \"[REDACTED]\"\n  b: 2 # x\n"},
		{"folded block with indicators", "a:\n  password: >2-\n     one\n    two\n\nb: 2\n", "a:\n  password: \"[REDACTED]\"\n\nb: 2\n"},
		{"block at the end", "password: |-\n one", "password: \"[REDACTED]\""},
		{"windows line ends", "a: 1\r\npassword: x\r\nb: |\r\n  y\r\n", "a: 1\r\npassword: \"[REDACTED]\"\r\nb: |\r\n  y\r\n"},
		{"byte order mark", "\ufeffpassword: x\nb: 2\n", "\ufeffpassword: \"[REDACTED]\"\nb: 2\n"},
		{"wide characters", "ä: {ö: ü, password: x, ß: é}\n", "ä: {ö: ü, password: \"[REDACTED]\", ß: é}\n"},
		{"flow map", "a: {user: bob, password: x, b: [1, 2]}\n", "a: {user: bob, password: \"[REDACTED]\", b: [1, 2]}\n"},
		{"list", "tokens:\n- a\n- ${env:B}\n- [c]\nb: 2\n", "tokens:\n- \"[REDACTED]\"\n- ${env:B}\n- [\"[REDACTED]\"]\nb: 2\n"},
		{"list of maps", "secrets: [{name: a, password: b}]\n", "secrets: [{name: a, password: \"[REDACTED]\"}]\n"},
		{"key of an API", "datadog:\n  api:\n    key: x\n    site: y\n", "datadog:\n  api:\n    key: \"[REDACTED]\"\n    site: y\n"},
		{"key of an API in broken text", "}\ndatadog:\n  api:\n    site: y\n    key: x\n  key: z\n", "}\ndatadog:\n  api:\n    site: y\n    key: [REDACTED]\n  key: z\n"},
		{"map under a credential", "credentials:\n  username: bob\n  password: x\n", "credentials:\n  username: bob\n  password: \"[REDACTED]\"\n"},
		{"map of credentials", "tokens: {alice: a, bob: b}\n", "tokens: {alice: \"[REDACTED]\", bob: \"[REDACTED]\"}\n"},
		{"anchor", "a:\n  token: &t abc\n  other: *t\n", "a:\n  token: &t \"[REDACTED]\"\n  other: *t\n"},
		{"alias to a value", "x: &t abc\ntoken: *t\n", "x: &t \"[REDACTED]\"\ntoken: *t\n"},
		{"alias as key", "x: &k token\n*k : abc\n", "x: &k token\n*k : \"[REDACTED]\"\n"},
		{"anchor and tag", "token: !!str &t abc\nb: *t\n", "token: &t \"[REDACTED]\"\nb: *t\n"},
		{"merged map", "a: &a {token: x}\nb: {<<: *a}\n", "a: &a {token: \"[REDACTED]\"}\nb: {<<: *a}\n"},
		{"name and value", "- name: API_KEY\n  value: x\n- name: LEVEL\n  value: y\n", "- name: API_KEY\n  value: \"[REDACTED]\"\n- name: LEVEL\n  value: y\n"},
		{"arguments", "args: [--password, x, --user, bob, --token=y]\n", "args: [--password, \"[REDACTED]\", --user, bob, \"--token=[REDACTED]\"]\n"},
		{"two documents", "a: 1\n---\ntoken: x\n", "a: 1\n---\ntoken: \"[REDACTED]\"\n"},
		{"explicit key", "? token\n: x\n", "? token\n: \"[REDACTED]\"\n"},
		{"escaped key", "\"pass\\u0077ord\": x\n", "\"pass\\u0077ord\": \"[REDACTED]\"\n"},
		{"comment", "# old password: x\na: 1 # token=y, z\n", "# old password: [REDACTED]\na: 1 # token=[REDACTED]\n"},

		{"URL", "endpoint: https://bob:s3cret@example.com:4317/v1?x=y\n", "endpoint: https://bob:[REDACTED]@example.com:4317/v1?x=y\n"},
		{"URL in flow", "a: [https://bob:s3cret@example.com, b]\n", "a: [\"https://bob:[REDACTED]@example.com\", b]\n"},
		{"URL in quotes", "a: 'https://bob:it''s@h'\n", "a: 'https://bob:[REDACTED]@h'\n"},
		{"URL with odd password", "a: redis://:p@ss@h:6379\nb: postgres://u:a/b#c@h/db\n", "a: redis://:[REDACTED]@h:6379\nb: postgres://u:[REDACTED]@h/db\n"},
		{"URL in a block", "a: |\n  see http://u:p@h\n  end\nb: 1\n", "a: |\n  see http://u:[REDACTED]@h\n  end\nb: 1\n"},
		{"URL query", "a: https://h/x?api_key=abc&b=c\n", "a: https://h/x?api_key=[REDACTED]&b=c\n"},
		{"driver address", "datasource: bob:s3cret@tcp(localhost:3306)/db\n", "datasource: bob:[REDACTED]@tcp(localhost:3306)/db\n"},
		{"connection string", "a: host=h password=x user=u\n", "a: host=h password=[REDACTED] user=u\n"},
		{"connection string with blanks", "a: Server=h;Password=a b;User=u\n", "a: Server=h;Password=[REDACTED];User=u\n"},
		{"bearer", "a: Bearer xyz\n", "a: Bearer [REDACTED]\n"},
		{"basic", "a: [Basic xyz]\n", "a: [\"Basic [REDACTED]\"]\n"},
		{"private key", "tls:\n  key: |\n    -----BEGIN EC PRIVATE KEY-----\n    abc\n    -----END EC PRIVATE KEY-----\n  b: 1\n", "tls:\n  key: |\n    [REDACTED]\n  b: 1\n"},
		{"private key in quotes", "key: \"-----BEGIN PRIVATE KEY-----\\nabc\\n-----END PRIVATE KEY-----\\n\"\n", "key: \"[REDACTED]\\n\"\n"},
		{"file in a value", "config: |\n  user: bob\n  password: |\n    abc\n  b: 1\n", "config: |\n  user: bob\n  password: [REDACTED]\n  b: 1\n"},
		{"JSON in a value", "config: '{\"password\": \"x\", \"b\": 1}'\n", "config: '{\"password\": \"[REDACTED]\", \"b\": 1}'\n"},
		{"default of a reference", "password: ${env:P:-hunter2}\n", "password: \"[REDACTED]\"\n"},
		{"value as a reference", "password: ${yaml:hunter2}\n", "password: \"[REDACTED]\"\n"},
		{"reference and more", "password: x${env:P}\n", "password: \"[REDACTED]\"\n"},

		{"JSON", `{"a": 1, "password": "x\"y", "n": {"token": 12, "b": [true, null]}}`, `{"a": 1, "password": "[REDACTED]", "n": {"token": "[REDACTED]", "b": [true, null]}}`},
		{"JSON that YAML cannot read", "{\"a\": \"\\ud83d\\ude00\",\n\t\"password\": \"x\"}", "{\"a\": \"\\ud83d\\ude00\",\n\t\"password\": \"[REDACTED]\"}"},
		{"JSON with escapes", `{"url":"http:\/\/u:p@h","k":"\u0042earer x"}`, `{"url":"http://u:[REDACTED]@h","k":"Bearer [REDACTED]"}`},

		{"broken YAML", "a: [\npassword: x y\ntoken: |\n  abc\n  def\nb: 1\n", "a: [\npassword: [REDACTED]\ntoken: [REDACTED]\nb: 1\n"},
		{"broken JSON", "{\"a\": 1, \"password\": \"x\", \"b\": ", "{\"a\": 1, \"password\": \"[REDACTED]\""},
		{"properties", "user = bob\npassword = x y\nb = 1\n", "user = bob\npassword = [REDACTED]\nb = 1\n"},
		{"TOML", "[a]\ntoken = \"x\"\nkey = \"b\"\n", "[a]\ntoken = \"[REDACTED]\"\nkey = \"b\"\n"},
		{"environment file", "export API_KEY=x\nLEVEL=debug\n", "export API_KEY=[REDACTED]\nLEVEL=debug\n"},
		{"private key in text", "x\n-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----\ny\n", "x\n[REDACTED]\ny\n"},
		{"not UTF-8", "a: \xff\npassword: x\n", "a: \xff\npassword: [REDACTED]\n"},
		{"UTF-16", "\xff\xfet\x00o\x00k\x00e\x00n\x00:\x00 \x00x\x00\n\x00", "token: \"[REDACTED]\"\n"},
		{"zeros", "t\x00oken: x\n", "token: \"[REDACTED]\"\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, changed := Config([]byte(test.in))
			if string(got) != test.want || !changed {
				t.Errorf("Config(%q) = %q, %v, want %q, true", test.in, got, changed, test.want)
			}
			if again, changed := Config(got); changed {
				t.Errorf("Config(%q) = %q, true, want no change the second time", got, again)
			}
		})
	}
}

// TestConfigLeaves holds what must stay readable.
func TestConfigLeaves(t *testing.T) {
	t.Parallel()
	tests := []string{
		"",
		"\n",
		"processors: {attributes: {actions: [{key: env, value: prod, action: insert}]}}",
		"password_file: /run/secrets/db\nbearer_token_file: /var/token\ncredentials_file: x\n",
		"tls: {cert_file: a.pem, key_file: b.pem, ca_pem: \"-----BEGIN CERTIFICATE-----\\nabc\\n-----END CERTIFICATE-----\"}",
		"token_url: https://login.example.com/oauth2/token\nauth_url: https://h/authorize\n",
		"password: ${env:DB_PASSWORD}\ntoken: '${env:A}${env:B}'\nsecret: ${file:/run/secret}\napi_key: $${env:X}\n"[:88],
		"headers:\n  authorization: Bearer ${env:TOKEN}\n",
		"password: null\ntoken: ~\nsecret:\ncookies: false\nauthorization: true\napi_key: \"\"\n",
		"password: '[REDACTED]'\nkey_pem: \"[REDACTED]\"\ntokens: ['[REDACTED]']\n",
		"endpoint: http://bob:[REDACTED]@h\nx: Bearer [REDACTED]\n",
		"endpoint: https://${env:USER}:${env:PASS}@h:4317\n",
		"endpoint: http://h:4317/user@example.com\nmail: bob@example.com\nv6: http://[::1]:80/a@b\n",
		"auth: {authenticator: bearertokenauth}\n",
		"bearertokenauth: {scheme: Bearer, filename: x}\n",
		"extensions: [bearertokenauth, basicauth/client]\nbearertokenauth:\nbasicauth:\n",
		"exporters: {debug: {verbosity: basic, sampling: 2}}\n",
		"verbosity: basic\n# comment\nb: c\n",
		"max_tokens: 100\ntokens_per_second: 5\ntokenizer: x\nsecretary: y\npartition_key: z\npublic_key: p\nrouting_key: r\n",
		"client_key: /etc/ssl/client.key\nprivate_key: ./id_rsa.pem\ncredentials: /etc/gcp.json\nprivate_key: file:///etc/athenz.pem\n",
		"statements: ['set(attributes[\"token\"], \"x\")', 'delete_key(attributes, \"password\")']\n",
		"statements: ['replace_pattern(body, \"password=[^&]*\", \"password=***\")', 'attributes[\"secret\"] == \"x\"']\n",
		"blocked_values: ['token=\\S+']\nblocked_keys: [token, password]\nkeys: [api_key]\n",
		"- {key: db.password, action: delete}\n- {key: api_key, from_attribute: x, action: upsert}\n",
		"description: Uses basic auth, or bearer tokens; see Basic Auth.\n",
		"secretKeyRef: {name: a, key: b}\nsecret_name: c\ncookie_name: d\n",
		"namespace: monitoring\npassing: all\nkeyspace: k\nmonkey: m\nkeepalive: {time: 5s}\n",
		`{"password": null, "token": "", "key": "x", "n": [1, 2.5e3, true]}`,
	}
	for _, body := range tests {
		if got, changed := Config([]byte(body)); changed || string(got) != body {
			t.Errorf("Config(%q) = %q, %v, want no change", body, got, changed)
		}
	}
}

func TestConfigReturnsBodyItself(t *testing.T) {
	t.Parallel()
	body := []byte("a: 1\n")
	if got, _ := Config(body); &got[0] != &body[0] {
		t.Error("Config(a: 1) returned a copy, want the slice itself")
	}
	body = []byte("password: x\n")
	before := string(body)
	Config(body)
	if string(body) != before {
		t.Errorf("Config(%q) changed its argument to %q", before, body)
	}
}

func TestConfigKeepsStructure(t *testing.T) {
	t.Parallel()
	body := []byte(typical + "extensions:\n  basicauth: {client_auth: {username: bob, password: hunter2}}\n")
	got, changed := Config(body)
	if !changed || strings.Contains(string(got), "hunter2") {
		t.Fatalf("Config(...) = %q, %v, want it without hunter2", got, changed)
	}
	if want := strings.Replace(string(body), "hunter2", `"[REDACTED]"`, 1); string(got) != want {
		t.Errorf("Config(...) = %q, want every other byte unchanged", got)
	}
	var tree map[string]any
	if err := yaml.Unmarshal(got, &tree); err != nil {
		t.Errorf("Unmarshal(Config(...)) = %v, want nil", err)
	}
}

func TestConfigLargeAndDeep(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"deep lists":     "token: " + strings.Repeat("[", 9000) + "hunter2" + strings.Repeat("]", 9000),
		"too deep":       "token: " + strings.Repeat("[", 30000) + "hunter2" + strings.Repeat("]", 30000),
		"deep JSON":      `{"token":` + strings.Repeat("[", 9000) + `"hunter2"` + strings.Repeat("]", 9000) + "}",
		"many marks":     "token: hunter2\n" + strings.Repeat("a: [,{\n", 300000),
		"alias bomb":     "a: &a [hunter2]\nb: &b [*a,*a,*a]\nc: &c [*b,*b,*b]\nd: &d [*c,*c,*c]\ntoken: [*d,*d,*d]\n",
		"alias to above": "token: &a [hunter2, *a]\n",
		"many URLs":      strings.Repeat("http://u:hunter2@h ", 20000) + strings.Repeat("://", 100000) + "@",
		"one long line":  "x: " + strings.Repeat("password=hunter2 ", 20000) + "\n",
		"many quotes":    "token: 'hunter2\n" + strings.Repeat("\"", 100000),
	}
	for name, body := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, changed := Config([]byte(body)); !changed || strings.Contains(string(got), "hunter2") {
				t.Errorf("Config(%d bytes) = %.200q, %v, want it without hunter2", len(body), got, changed)
			}
		})
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	tests := []struct{ in, want string }{
		{"", ""},
		{"exporter failed: connection refused", "exporter failed: connection refused"},
		{"dial https://bob:s3cret@example.com/x: refused", "dial https://bob:[REDACTED]@example.com/x: refused"},
		{`Get "http://u:p@h": EOF`, `Get "http://u:[REDACTED]@h": EOF`},
		{"bad header Authorization: Bearer abc.def-ghi, retry", "bad header Authorization: Bearer [REDACTED], retry"},
		{"Authorization: Splunk abc, retry", "Authorization: [REDACTED], retry"},
		{"got Basic dXNlcjpwdw== here", "got Basic [REDACTED] here"},
		{"basic authentication failed, bearer token is missing", "basic authentication failed, bearer token is missing"},
		{"cannot use password: hunter2 (user bob)", "cannot use password: [REDACTED] (user bob)"},
		{"invalid token=abc, api_key='x y'; DB_PASSWORD=z", "invalid token=[REDACTED], api_key='[REDACTED]'; DB_PASSWORD=[REDACTED]"},
		{`{"password":"x\"y","a":"b"}`, `{"password":"[REDACTED]","a":"b"}`},
		{`msg="{\"token\":\"x\"}"`, `msg="{\"token\":\"[REDACTED]\"}"`},
		{"key: x, token_url: y, password_file: z", "key: x, token_url: y, password_file: z"},
		{"password: ${env:P} and password: [REDACTED]", "password: ${env:P} and password: [REDACTED]"},
		{"a -----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY----- b", "a [REDACTED] b"},
		{"a -----BEGIN PRIVATE KEY-----\nMII", "a [REDACTED]"},
		{"service::pipelines::traces: references receiver \"x\"", "service::pipelines::traces: references receiver \"x\""},
	}
	for _, test := range tests {
		got := Text(test.in)
		if got != test.want {
			t.Errorf("Text(%q) = %q, want %q", test.in, got, test.want)
		}
		if again := Text(got); again != got {
			t.Errorf("Text(%q) = %q, want no change the second time", got, again)
		}
	}
}

func TestJSONStaysValid(t *testing.T) {
	t.Parallel()
	body := `{"tokens":["a\u0085\u2028",{"password":1e5}],"u":"http://a:b@c","Bearer x":{"basic y":"-----BEGIN PRIVATE KEY-----"}}`
	got, _ := Config([]byte(body))
	if !json.Valid(got) {
		t.Errorf("Config(%s) = %s, want valid JSON", body, got)
	}
}
