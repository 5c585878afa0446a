import { type ChildProcessByStdio, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";

import { environment, program, stop } from "./programs.ts";
import type { Server } from "./server.ts";

/** Simulated agents, as e2e/browser/fleet plays them. */
export class Fleet {
  private readonly child: ChildProcessByStdio<Writable, Readable, null>;
  private readonly answers: AsyncIterator<string>;

  constructor(server: Server, tokenFile?: string) {
    const args = [server.endpoint, ...(tokenFile === undefined ? [] : [tokenFile])];
    const trusted: Record<string, string> = server.certificate === undefined ? {} : { SSL_CERT_FILE: server.certificate };
    this.child = spawn(program("browser-fleet"), args, { stdio: ["pipe", "pipe", "inherit"], env: environment(trusted) });
    this.answers = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
  }

  /** Connects so many agents, numbered from the given number on, and waits until the server knows them. */
  connect(count: number, from = 0): Promise<void> {
    return this.order({ do: "connect", count, from });
  }

  /** Makes an agent unhealthy with these words, or healthy with none. */
  health(agent: number, error = ""): Promise<void> {
    return this.order({ do: "health", agent, error });
  }

  /** So many agents change their health each second; none with 0. */
  churn(perSecond: number): Promise<void> {
    return this.order({ do: "churn", per_second: perSecond });
  }

  leave(agent: number): Promise<void> {
    return this.order({ do: "leave", agent });
  }

  async end(): Promise<void> {
    this.child.stdin.end();
    await stop(this.child);
  }

  private async order(order: object): Promise<void> {
    this.child.stdin.write(`${JSON.stringify(order)}\n`);
    const line = await this.answers.next();
    if (line.done === true) {
      throw new Error("the simulated agents have ended");
    }
    const answer = JSON.parse(line.value) as { error?: string };
    if (answer.error !== undefined) {
      throw new Error(answer.error);
    }
  }
}

/** The host.name of simulated agent n. */
export function agentName(n: number): string {
  const role = ["edge", "edge", "edge", "gateway"][n % 4];
  const region = ["eu", "us", "ap"][n % 3];
  return `${role}-${region}-${String(n).padStart(4, "0")}`;
}

/** Its instance UID. */
export function agentId(n: number): string {
  return `0195f2b4-0000-7000-8000-0000${n.toString(16).padStart(8, "0")}`;
}
