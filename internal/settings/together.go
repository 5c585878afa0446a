package settings

// checkTogether checks what single values cannot show: how they fit. Values
// that were refused count as their defaults here; a fault that would be due to
// that alone is left to the next start.
func (l Loaded) checkTogether(faults *Faults) {
	s := l.Settings
	refused := map[string]bool{}
	for _, f := range faults.List {
		refused[f.Key] = true
	}
	// check reports the message, under the first key, if wrong and all keys were read.
	check := func(wrong bool, message string, keys ...string) {
		if !wrong {
			return
		}
		origin := originDefault
		for _, key := range keys {
			if refused[key] {
				return
			}
			if origin == originDefault {
				origin = l.Origin(key)
			}
		}
		faults.add(origin, keys[0], "%s", message)
	}
	check(s.TLS.CertFile != "" && s.TLS.KeyFile == "", "wants tls.key_file beside it: set both or neither", "tls.cert_file", "tls.key_file")
	check(s.TLS.KeyFile != "" && s.TLS.CertFile == "", "wants tls.cert_file beside it: set both or neither", "tls.key_file", "tls.cert_file")
	check(s.OpAMP.PingInterval >= s.OpAMP.IdleTimeout,
		"must be less than opamp.idle_timeout ("+formatDuration(s.OpAMP.IdleTimeout)+"), got "+formatDuration(s.OpAMP.PingInterval),
		"opamp.ping_interval", "opamp.idle_timeout")
	check(s.OpAMP.MaxMessageSize > s.OpAMP.MaxInflightBytes/2,
		"must be at most half of opamp.max_inflight_bytes ("+s.OpAMP.MaxInflightBytes.String()+"), got "+s.OpAMP.MaxMessageSize.String(),
		"opamp.max_message_size", "opamp.max_inflight_bytes")
	check(s.OpAMP.MaxInflightShare > s.OpAMP.MaxInflightBytes,
		"must be at most opamp.max_inflight_bytes ("+s.OpAMP.MaxInflightBytes.String()+"), got "+s.OpAMP.MaxInflightShare.String(),
		"opamp.max_inflight_share", "opamp.max_inflight_bytes")
}
