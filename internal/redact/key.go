package redact

import (
	"bytes"
	"strings"
)

// class sorts keys by what their values are.
type class uint8

const (
	plain    class = iota
	secret         // the value is a credential
	material       // the value is a credential, or names the file that holds it
)

const (
	maxKey = 128 // bytes of one word group; what is longer is not a key that a person wrote
	maxGap = 4   // bytes between two words that still make one name: "api key", "api: key"
)

// classify says what the value under a key is. Words are told apart by
// separators and by camelCase; each group of words joined by - _ . or case is
// judged by itself, so that in "my password (prod)" the word password counts.
func classify[T text](key T) class {
	var previous word
	gap := maxGap + 1
	for i := 0; i < len(key); {
		if !isNameByte(key[i]) {
			if key[i] == '\n' || key[i] == '\r' {
				gap = maxGap
			}
			gap++
			i++
			continue
		}
		end := i
		for end < len(key) && isNameByte(key[end]) {
			end++
		}
		if gap > maxGap {
			previous = word{}
		}
		var c class
		if c, previous = classifyGroup(key[i:end], previous); c != plain {
			return c
		}
		gap = 0
		i = end
	}
	return plain
}

// classifyGroup judges one group of words; previous is the last word of the group before.
func classifyGroup[T text](group T, previous word) (class, word) {
	if len(group) > maxKey {
		group = group[len(group)-maxKey:]
	}
	found := plain
	var before word
	for rest := group; ; {
		w, after, ok := nextWord(rest)
		if !ok {
			break
		}
		if found == plain {
			found = judge(&previous, &w)
		}
		before, previous, rest = previous, w, after
	}
	if string(previous.name()) == "pass" && !precedesPass(&before) {
		found = secret
	}
	if found != plain && (isHarmlessEnding(&previous) || len(group) > 4 && string(group[len(group)-4:]) == ".pem") {
		return plain, previous // key.pem is a file
	}
	return found, previous
}

// judge says what a word, with the word before it, makes of a key.
func judge(before, w *word) class {
	switch {
	case w.ends("password"), w.ends("passwd"), w.ends("passphrase"), w.ends("passcode"), w.ends("pwd"),
		w.ends("passwords"), w.ends("passphrases"):
		return secret
	case w.ends("secret"), w.ends("secrets"), w.ends("authorization"), w.ends("cookie"), w.ends("cookies"),
		w.ends("connectionstring"), w.ends("connectionstrings"), w.ends("connstring"), w.ends("connstr"):
		return secret
	case w.ends("credential"), w.ends("credentials"), w.ends("creds"):
		return material
	case w.ends("token"), w.ends("tokens"):
		if countsTokens(before) {
			return plain
		}
		return secret
	}
	switch string(w.name()) {
	case "bearer", "dsn", "sas", "psk", "jwt", "userpass", "dbpass":
		return secret
	case "phrase", "word", "code":
		if string(before.name()) == "pass" {
			return secret
		}
	case "string", "str", "strings":
		if b := string(before.name()); b == "connection" || b == "conn" {
			return secret
		}
	case "pem", "data", "block":
		if string(before.name()) == "key" {
			return material
		}
	case "team":
		if string(before.name()) == "honeycomb" { // its API key goes by this header
			return secret
		}
	case "key", "keys":
		if qualifiesKey(before.name()) {
			return material
		}
	}
	if w.ends("key") || w.ends("keys") {
		// The case of APIkey parts it as AP and Ikey, so both are looked at together as well.
		if endsQualified(w.name()) || endsQualified(append(before.name(), w.name()...)) {
			return material
		}
	}
	return plain
}

// endsQualified reports whether a word is such as apikey or secretkeys.
func endsQualified(w []byte) bool {
	return qualifiesKey(bytes.TrimSuffix(bytes.TrimSuffix(w, []byte("s")), []byte("key")))
}

// qualifiesKey reports whether a key of this sort is a credential. A bare key
// names an attribute, and a partition key or a public key hides nothing.
func qualifiesKey(w []byte) bool {
	switch string(w) {
	case "api", "xapi", "app", "application", "access", "secret", "private", "priv", "account", "shared", "preshared",
		"license", "licence", "ingest", "ingestion", "instrumentation", "encryption", "encrypt", "decryption",
		"signing", "signature", "auth", "authentication", "authorization", "master", "subscription", "storage",
		"client", "server", "agent", "admin", "deploy", "write", "integration", "session", "service", "function", "webhook",
		"security", "sas", "ssh", "rsa", "dsa", "ecdsa", "hmac", "aes", "tls", "ssl", "pgp", "gpg", "host",
		"datadog", "dd", "relic", "newrelic", "honeycomb", "splunk", "elastic", "grafana", "token", "password", "credential":
		return true
	}
	return false
}

// countsTokens reports whether tokens after this word are counted, or walk through pages.
func countsTokens(before *word) bool {
	switch string(before.name()) {
	case "max", "min", "num", "total", "per", "prompt", "completion", "input", "output", "used", "cached", "burst",
		"page", "next", "pagination", "continuation", "stop", "start", "end", "unexpected":
		return true
	}
	return false
}

// precedesPass reports whether a pass after this word is no password: a band pass, a bypass.
func precedesPass(before *word) bool {
	switch string(before.name()) {
	case "low", "high", "band", "by", "single", "multi", "first", "second", "one", "two", "all":
		return true
	}
	return false
}

// isHarmlessEnding reports whether a name that ends so tells of a credential without being one.
func isHarmlessEnding(w *word) bool {
	switch string(w.name()) {
	case "file", "files", "filename", "filenames", "filepath", "path", "paths", "dir", "directory", "folder",
		"url", "urls", "uri", "uris", "endpoint", "endpoints", "name", "names", "id", "ids", "type", "types", "kind",
		"ttl", "expiry", "expiration", "expires", "expire", "lifetime", "duration", "interval", "timeout", "period", "age", "delay",
		"header", "headers", "scheme", "schemes", "prefix", "suffix", "length", "size", "count", "counts", "limit", "limits", "max", "min",
		"enabled", "disabled", "enable", "disable", "required", "optional", "policy", "policies", "provider", "providers",
		"source", "sources", "issuer", "audience", "audiences", "scope", "scopes", "format", "encoding", "algorithm", "algorithms",
		"method", "methods", "mode", "version", "ref", "attribute", "attributes", "claim", "claims", "field", "fields",
		"env", "envvar", "var", "variable", "server", "servers", "port", "realm", "second", "seconds", "minute", "minutes", "rate",
		"usage", "status", "state", "index", "regex", "pattern", "patterns", "param", "params", "namespace", "engine", "mount", "role",
		"region", "domain", "strategy", "review", "rotation", "validation", "verification", "template":
		return true
	}
	return false
}

// holding says what the keys of a map mean because of the key that it stands under.
type holding uint8

const (
	nothing     holding = iota
	credentials         // each under a name of its own: tokens: {alice: x}
	anAPI               // whose key is one: api: {key: x}
)

// holds says what a map under a key holds.
func holds(key string, c class) holding {
	if strings.EqualFold(key, "api") {
		return anAPI
	}
	if c == plain {
		return nothing
	}
	w := lastWord(key)
	if w.ends("passwords") || w.ends("passphrases") || w.ends("secrets") || w.ends("tokens") || w.ends("apikeys") || w.ends("htpasswd") {
		return credentials
	}
	return nothing
}

// makesCredential reports whether a key that is harmless by itself is none in this map.
func (h holding) makesCredential(key string) bool {
	switch h {
	case credentials:
		return !isHarmlessName(key)
	case anAPI:
		return strings.EqualFold(key, "key")
	}
	return false
}

func lastWord(key string) word {
	var last word
	for rest := key; ; {
		w, after, ok := nextWord(rest)
		if !ok {
			return last
		}
		last, rest = w, after
	}
}

// isHarmlessName is isHarmlessEnding for a whole key, and for what stands beside credentials.
func isHarmlessName(key string) bool {
	w := lastWord(key)
	switch string(w.name()) {
	case "key", "user", "username", "description", "action", "comment", "label", "owner":
		return true
	}
	return isHarmlessEnding(&w)
}
