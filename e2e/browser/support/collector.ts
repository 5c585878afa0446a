import { type ChildProcess } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";

import { freePort, program, start, stop } from "./programs.ts";
import type { Server } from "./server.ts";

/** A real collector under the real supervisor, connected to server. */
export class Collector {
  private constructor(
    private readonly child: ChildProcess,
    readonly grpcPort: number,
  ) {}

  static async start(server: Server, name: string): Promise<Collector> {
    const dir = path.join(server.dir, name);
    mkdirSync(dir, { recursive: true });
    const grpc = await freePort();
    const settings = path.join(dir, "supervisor.yaml");
    writeFileSync(
      settings,
      `server:
  endpoint: ${server.endpoint}
agent:
  executable: ${program("otelcol-ollystack")}
  validate_config: true
  config_apply_timeout: 2s
  bootstrap_timeout: 30s
  args: ["--set=service::telemetry::metrics::level=none"]
  env: {OTLP_GRPC_PORT: "${grpc}"}
  description:
    non_identifying_attributes: {host.name: ${name}, env: production}
capabilities:
  accepts_remote_config: true
  reports_remote_config: true
  accepts_restart_command: true
  reports_effective_config: true
  reports_health: true
  reports_heartbeat: true
  reports_available_components: true
  reports_own_metrics: false
storage:
  directory: ${path.join(dir, "storage")}
`,
    );
    const child = start(path.join(dir, "supervisor.log"), program("opampsupervisor"), ["--config", settings]);
    return new Collector(child, grpc);
  }

  /** SIGINT is what makes a supervisor stop its collector too. */
  stop(): Promise<void> {
    return stop(this.child, "SIGINT");
  }
}
