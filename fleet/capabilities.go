package fleet

// Capabilities is the bitmask of what an agent can do. A bit is checked before
// anything that needs it is offered; unknown bits are kept and ignored.
// Source: OpAMP, AgentCapabilities.
type Capabilities uint64

// The agent's capabilities, as on the wire.
const (
	ReportsStatus                   Capabilities = 1 << 0
	AcceptsRemoteConfig             Capabilities = 1 << 1
	ReportsEffectiveConfig          Capabilities = 1 << 2
	AcceptsPackages                 Capabilities = 1 << 3
	ReportsPackageStatuses          Capabilities = 1 << 4
	ReportsOwnTraces                Capabilities = 1 << 5
	ReportsOwnMetrics               Capabilities = 1 << 6
	ReportsOwnLogs                  Capabilities = 1 << 7
	AcceptsOpAMPConnectionSettings  Capabilities = 1 << 8
	AcceptsOtherConnectionSettings  Capabilities = 1 << 9
	AcceptsRestartCommand           Capabilities = 1 << 10
	ReportsHealth                   Capabilities = 1 << 11
	ReportsRemoteConfig             Capabilities = 1 << 12
	ReportsHeartbeat                Capabilities = 1 << 13
	ReportsAvailableComponents      Capabilities = 1 << 14
	ReportsConnectionSettingsStatus Capabilities = 1 << 15
)

var capabilityNames = [...]string{
	"ReportsStatus", "AcceptsRemoteConfig", "ReportsEffectiveConfig", "AcceptsPackages",
	"ReportsPackageStatuses", "ReportsOwnTraces", "ReportsOwnMetrics", "ReportsOwnLogs",
	"AcceptsOpAMPConnectionSettings", "AcceptsOtherConnectionSettings", "AcceptsRestartCommand", "ReportsHealth",
	"ReportsRemoteConfig", "ReportsHeartbeat", "ReportsAvailableComponents", "ReportsConnectionSettingsStatus",
}

// Has reports whether every bit of want is set.
func (c Capabilities) Has(want Capabilities) bool { return c&want == want }

// Names lists the known bits that are set, lowest first; never nil.
func (c Capabilities) Names() []string {
	names := make([]string, 0, len(capabilityNames))
	for i, name := range capabilityNames {
		if c.Has(1 << i) {
			names = append(names, name)
		}
	}
	return names
}
