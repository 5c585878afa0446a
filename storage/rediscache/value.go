package rediscache

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/ollystack/control-plane/fleet"
)

// notKept stands for a value that exists and is not kept in Redis.
const notKept = "null"

// maxValue is the size in bytes above which a value is not kept in Redis.
const maxValue = 1 << 20

// The values as other tools find them in Redis. Records go as the domain's own
// JSON, so that a field added there is not lost here; bodies go as text.

// wireAgent is an agent with what tools would otherwise have to derive.
type wireAgent struct {
	fleet.Agent
	Name            string   `json:"name"`
	Type            string   `json:"type"`
	Version         string   `json:"version"`
	CapabilityNames []string `json:"capability_names"`
}

type wireVersion struct {
	ConfigID  fleet.ConfigID   `json:"config_id"`
	Number    int              `json:"number"`
	Hash      fleet.ConfigHash `json:"hash"`
	CreatedAt time.Time        `json:"created_at"`
	wireBody
}

type wireEffectiveConfig struct {
	Hash     fleet.ConfigHash    `json:"hash"`
	Redacted bool                `json:"redacted"`
	Files    map[string]wireFile `json:"files"`
}

type wireFile struct {
	ContentType string `json:"content_type"`
	wireBody
}

type wireComponents struct {
	Hash       fleet.ConfigHash `json:"hash"`
	Components fleet.Components `json:"components"`
}

// wireBody is text where it is UTF-8, else base64.
type wireBody struct {
	Body   string `json:"body"`
	Base64 []byte `json:"body_base64,omitempty"`
}

func newWireBody(b []byte) wireBody {
	if utf8.Valid(b) {
		return wireBody{Body: string(b)}
	}
	return wireBody{Base64: b}
}

func (w wireBody) bytes() []byte {
	if w.Base64 != nil {
		return w.Base64
	}
	return []byte(w.Body)
}

func encodeAgent(a fleet.Agent) ([]byte, error) {
	return encode(wireAgent{
		Agent: a, Name: a.Name(), Type: a.Type(), Version: a.Version(), CapabilityNames: a.Capabilities.Names(),
	})
}

func decodeAgent(b []byte) (fleet.Agent, error) {
	w, err := decode[wireAgent](b)
	return w.Agent, err
}

func encodeConfig(c fleet.Config) ([]byte, error) { return encode(c) }

func decodeConfig(b []byte) (fleet.Config, error) { return decode[fleet.Config](b) }

func encodeVersion(v fleet.Version) ([]byte, error) {
	return encode(wireVersion{
		ConfigID: v.ConfigID, Number: v.Number, Hash: v.Hash, CreatedAt: v.CreatedAt, wireBody: newWireBody(v.Body),
	})
}

func decodeVersion(b []byte) (fleet.Version, error) {
	w, err := decode[wireVersion](b)
	return fleet.Version{ConfigID: w.ConfigID, Number: w.Number, Hash: w.Hash, CreatedAt: w.CreatedAt, Body: w.bytes()}, err
}

func encodeEffectiveConfig(c fleet.EffectiveConfig) ([]byte, error) {
	w := wireEffectiveConfig{Hash: c.Hash, Redacted: c.Redacted, Files: make(map[string]wireFile, len(c.Files))}
	for name, file := range c.Files {
		w.Files[name] = wireFile{ContentType: file.ContentType, wireBody: newWireBody(file.Body)}
	}
	return encode(w)
}

func decodeEffectiveConfig(b []byte) (fleet.EffectiveConfig, error) {
	w, err := decode[wireEffectiveConfig](b)
	c := fleet.EffectiveConfig{Hash: w.Hash, Redacted: w.Redacted, Files: make(fleet.ConfigMap, len(w.Files))}
	for name, file := range w.Files {
		c.Files[name] = fleet.ConfigFile{ContentType: file.ContentType, Body: file.bytes()}
	}
	return c, err
}

func encodeComponents(hash fleet.ConfigHash, list fleet.Components) ([]byte, error) {
	return encode(wireComponents{Hash: hash, Components: list})
}

func decodeComponents(b []byte) (fleet.Components, error) {
	w, err := decode[wireComponents](b)
	return w.Components, err
}

// encode returns v as JSON, or notKept where it is too large for Redis or JSON
// could not give it back as it was: a string that is not UTF-8.
func encode(v any) ([]byte, error) {
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, fmt.Errorf("encode %T for Redis: %w", v, err)
	}
	out := bytes.TrimSuffix(buf.Bytes(), []byte("\n"))
	// The encoder writes invalid bytes as this escape and a genuine U+FFFD as itself.
	if len(out) > maxValue || bytes.Contains(out, []byte(`\ufffd`)) {
		return []byte(notKept), nil
	}
	return out, nil
}

func decode[T any](b []byte) (v T, err error) {
	if err := json.Unmarshal(b, &v); err != nil {
		return v, fmt.Errorf("decode %T from Redis: %w", v, err)
	}
	return v, nil
}
