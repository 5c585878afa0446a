/** What a machine in the fleet has to know of this server. */
export interface Addresses {
  /** http://fleet.example:4320 */
  server: string;
  /** ws://fleet.example:4320/v1/opamp */
  agents: string;
  /** Only this machine reaches it under this name. */
  loopback: boolean;
  /** Agents connect at another path than the usual one. */
  ownPath: boolean;
}

export const USUAL_PATH = "/v1/opamp";

/** The addresses by which this page was reached: what works for a browser works for a collector beside it. */
export function addresses(location: { protocol: string; host: string; hostname: string }, path = USUAL_PATH): Addresses {
  const secure = location.protocol === "https:";
  return {
    server: `${location.protocol}//${location.host}`,
    agents: `${secure ? "wss" : "ws"}://${location.host}${path}`,
    loopback: /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(location.hostname),
    ownPath: path !== USUAL_PATH,
  };
}

/** The line that installs and connects a node, as docs/nodes.md has it. */
export function installLines(where: Addresses, needsToken: boolean): string {
  const token = needsToken ? " --token-file enrolment.token" : "";
  const endpoint = where.ownPath ? ` --endpoint ${where.agents}` : "";
  return `curl -fsSO ${where.server}/packages/install-collector.sh && sh install-collector.sh --server ${where.server}${token}${endpoint}\n`;
}

/** A supervisor's file, as docs/agents.md explains it. */
export function supervisorFile(where: Addresses, needsToken: boolean): string {
  const headers = needsToken ? '  headers:\n    Authorization: ["Bearer ${file:/etc/ollystack/enrolment.token}"]\n' : "";
  const tls = where.agents.startsWith("wss:") ? "  # Where the system does not know the certificate's authority:\n  # tls:\n  #   ca_file: /etc/ollystack/ca.pem\n" : "";
  return `server:
  endpoint: ${where.agents}
${headers}${tls}
agent:
  executable: /usr/local/bin/otelcol-contrib
  # A configuration that the collector refuses is not applied; the old one runs on.
  validate_config: true
  config_apply_timeout: 5s
  bootstrap_timeout: 15s
  # What selectors can ask for:
  # description:
  #   non_identifying_attributes:
  #     env: production

capabilities:
  accepts_remote_config: true
  reports_remote_config: true
  accepts_restart_command: true
  reports_available_components: true
  reports_effective_config: true
  reports_health: true
  reports_heartbeat: true
  reports_own_metrics: false

storage:
  directory: /var/lib/opampsupervisor
`;
}

/** A name that says when it was made: "enrolment-2026-11-26-123104", in UTC. */
export function tokenName(at: Date): string {
  return "enrolment-" + at.toISOString().slice(0, 19).replace("T", "-").replaceAll(":", "");
}
