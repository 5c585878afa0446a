package settings

import (
	"log/slog"
	"time"
)

// Keys returns every setting, in the order of the documentation: the top level
// first, then section by section.
func Keys() []Key {
	text, number, yes, size, duration := textKind[string]("text"), numberKind(), boolKind(), sizeKind(), durationKind()
	return []Key{
		alsoEnv("HTTP_PORT", newKey("listen", func(s *Settings) *string { return &s.Listen }, textKind[string]("address"),
			"address of the one port for agents, API and metrics; :4320 is every address", checkListen)),
		newKey("data_dir", func(s *Settings) *string { return &s.DataDir }, text,
			"directory of the store and of the first tokens", notEmpty),
		newKey("allowed_hosts", func(s *Settings) *[]string { return &s.AllowedHosts }, hostsKind(),
			"names under which browsers and clients may reach a server that asks for no token, beside IP addresses and localhost"),
		newKey("shutdown_timeout", func(s *Settings) *time.Duration { return &s.ShutdownTimeout }, duration,
			"how long a stop may take to drain", positive),

		newKey("log.level", func(s *Settings) *slog.Level { return &s.Log.Level }, levelKind(),
			"least level that is logged: debug, info, warn or error"),
		newKey("log.format", func(s *Settings) *LogFormat { return &s.Log.Format }, choiceKind(LogText, LogJSON),
			"form of the log's lines"),

		newKey("auth.mode", func(s *Settings) *AuthMode { return &s.Auth.Mode }, choiceKind(AuthUnset, AuthNone, AuthToken),
			"whether callers need a token; left out, none where listen is a loopback address and token elsewhere"),
		file(newKey("tls.cert_file", func(s *Settings) *string { return &s.TLS.CertFile }, text,
			"PEM file with the server's certificate, its chain after it; read again when it changes")),
		file(newKey("tls.key_file", func(s *Settings) *string { return &s.TLS.KeyFile }, text,
			"PEM file with the certificate's private key")),

		alsoEnv("REDIS_URL", secret(newKey("redis.url", func(s *Settings) *SecretURL { return &s.Redis.URL }, secretKind(),
			"Redis to use as a cache: host:port, redis://, rediss:// or unix://; left out, none", checkRedisURL))),
		newKey("redis.timeout", func(s *Settings) *time.Duration { return &s.Redis.Timeout }, duration,
			"how long one command may take before the server goes on without Redis", positive),
		newKey("redis.key_prefix", func(s *Settings) *string { return &s.Redis.KeyPrefix }, text,
			"what every key in Redis begins with"),

		newKey("store.min_free_bytes", func(s *Settings) *ByteSize { return &s.Store.MinFreeBytes }, size,
			"free disk space below which health degrades; 0 does not watch it"),
		newKey("store.flush_interval", func(s *Settings) *time.Duration { return &s.Store.FlushInterval }, duration,
			"how long what agents report may wait in memory to be written together", positive),

		newKey("agents.max_known", func(s *Settings) *int { return &s.Agents.MaxKnown }, number,
			"records of agents, gone ones included; a newcomer beyond them is told to come back later", atLeast(1)),
		newKey("agents.forget_after", func(s *Settings) *time.Duration { return &s.Agents.ForgetAfter }, duration,
			"how long an agent must be gone for its record to be forgotten, unless a configuration is assigned to it; 0 never forgets", notNegative),
		newKey("agents.http_timeout", func(s *Settings) *time.Duration { return &s.Agents.HTTPTimeout }, duration,
			"silence after which an agent on plain HTTP counts as disconnected", positive),
		newKey("agents.full_state_rate", func(s *Settings) *int { return &s.Agents.FullStateRate }, number,
			"how many agents a second are asked for their full state; 0 does not pace", atLeast(0)),
		newKey("agents.probe_timeout", func(s *Settings) *time.Duration { return &s.Agents.ProbeTimeout }, duration,
			"how long an old connection has to answer a ping when its instance UID connects anew", positive),

		newKey("guard.max_agents", func(s *Settings) *int { return &s.Guard.MaxAgents }, number,
			"how many connected agents one change may take without being confirmed", atLeast(0)),

		newKey("packages.dir", func(s *Settings) *string { return &s.Packages.Dir }, text,
			"folder of packages that nodes fetch at /packages/, a release's for example; left out, none"),

		newKey("opamp.path", func(s *Settings) *string { return &s.OpAMP.Path }, text,
			"path at which agents connect", checkPath),
		newKey("opamp.compression", func(s *Settings) *bool { return &s.OpAMP.Compression }, yes,
			"whether messages may be compressed"),
		newKey("opamp.max_message_size", func(s *Settings) *ByteSize { return &s.OpAMP.MaxMessageSize }, size,
			"largest message, after decompression", atLeast(4*KiB)),
		newKey("opamp.max_inflight_bytes", func(s *Settings) *ByteSize { return &s.OpAMP.MaxInflightBytes }, size,
			"memory for all messages that are arriving or being handled", atLeast(4*KiB)),
		newKey("opamp.max_inflight_share", func(s *Settings) *ByteSize { return &s.OpAMP.MaxInflightShare }, size,
			"what one connection may hold of that memory at any time; a message that is larger waits for its turn", atLeast(4*KiB)),
		newKey("opamp.max_connections", func(s *Settings) *int { return &s.OpAMP.MaxConnections }, number,
			"connections of agents at one time", atLeast(1)),
		newKey("opamp.max_connection_rate", func(s *Settings) *int { return &s.OpAMP.MaxConnectionRate }, number,
			"new connections of agents per second; 0 is no limit", atLeast(0)),
		newKey("opamp.retry_after", func(s *Settings) *time.Duration { return &s.OpAMP.RetryAfter }, duration,
			"least time after which an agent that was turned away may come back; a random part comes on top", atLeast(time.Second)),
		newKey("opamp.handshake_timeout", func(s *Settings) *time.Duration { return &s.OpAMP.HandshakeTimeout }, duration,
			"how long the WebSocket handshake may take", positive),
		newKey("opamp.message_timeout", func(s *Settings) *time.Duration { return &s.OpAMP.MessageTimeout }, duration,
			"how long one message may take to arrive whole", positive),
		newKey("opamp.write_timeout", func(s *Settings) *time.Duration { return &s.OpAMP.WriteTimeout }, duration,
			"how long an agent may take to accept one message", positive),
		newKey("opamp.idle_timeout", func(s *Settings) *time.Duration { return &s.OpAMP.IdleTimeout }, duration,
			"how long nothing, not even a pong, may arrive before a WebSocket is closed", positive),
		newKey("opamp.ping_interval", func(s *Settings) *time.Duration { return &s.OpAMP.PingInterval }, duration,
			"how often a WebSocket is pinged; less than idle_timeout", positive),
		newKey("opamp.max_tree_depth", func(s *Settings) *int { return &s.OpAMP.MaxTreeDepth }, number,
			"how deep health and attributes may nest", atLeast(1)),
		newKey("opamp.max_tree_nodes", func(s *Settings) *int { return &s.OpAMP.MaxTreeNodes }, number,
			"how many nodes health and attributes may have in one message", atLeast(1)),
		newKey("opamp.max_bad_messages", func(s *Settings) *int { return &s.OpAMP.MaxBadMessages }, number,
			"malformed messages after which a connection is closed", atLeast(1)),

		newKey("http.header_timeout", func(s *Settings) *time.Duration { return &s.HTTP.HeaderTimeout }, duration,
			"how long the headers of any request, an agent's included, may take to arrive", positive),
		newKey("http.read_timeout", func(s *Settings) *time.Duration { return &s.HTTP.ReadTimeout }, duration,
			"how long a request to the API may take to arrive whole", positive),
		newKey("http.idle_timeout", func(s *Settings) *time.Duration { return &s.HTTP.IdleTimeout }, duration,
			"how long a connection is kept open between requests", positive),
		newKey("http.max_body_size", func(s *Settings) *ByteSize { return &s.HTTP.MaxBodySize }, size,
			"largest body of a request to the API, after decompression", atLeast(KiB)),
	}
}

// keyIndex finds keys by a name.
func keyIndex(keys []Key, name func(Key) string) map[string]Key {
	index := make(map[string]Key, len(keys))
	for _, k := range keys {
		if n := name(k); n != "" {
			index[n] = k
		}
	}
	return index
}
