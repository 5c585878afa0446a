import { type ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { eventually, freePort, program, start, stop, tail } from "./programs.ts";

/** One real `ollystack serve` on a port of its own, with an empty store. */
export class Server {
  readonly dir = mkdtempSync(path.join(tmpdir(), "ollystack-browser-"));
  private child: ChildProcess | undefined;

  private constructor(
    readonly port: number,
    private readonly args: string[],
  ) {}

  static async start(...args: string[]): Promise<Server> {
    const server = new Server(await freePort(), args);
    await server.start();
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get endpoint(): string {
    return `ws://127.0.0.1:${this.port}/v1/opamp`;
  }

  get log(): string {
    return path.join(this.dir, "server.log");
  }

  /** The path of a token that the first start has left: admin or enrolment. */
  tokenFile(name: "admin" | "enrolment"): string {
    return path.join(this.dir, "data", `${name}.token`);
  }

  token(name: "admin" | "enrolment"): string {
    return readFileSync(this.tokenFile(name), "utf8").trim();
  }

  async start(): Promise<void> {
    const data = path.join(this.dir, "data");
    const listen = `127.0.0.1:${this.port}`;
    const child = start(this.log, program("ollystack"), ["serve", "--listen", listen, "--data-dir", data, ...this.args]);
    this.child = child;
    await eventually(20_000, `the server answers\n${tail(this.log)}`, async () => {
      if (child.exitCode !== null) {
        throw new Error(`it has ended with ${child.exitCode}`);
      }
      const answer = await fetch(`${this.url}/api/v1/health`);
      if (!answer.ok) {
        throw new Error(`health is ${answer.status}`);
      }
    });
  }

  async stop(): Promise<void> {
    if (this.child !== undefined) {
      await stop(this.child);
    }
  }

  /** Stops it for good; its directory goes too. */
  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.dir, { recursive: true, force: true });
  }

  /** A call of the API; throws where the answer is no success. */
  async call(method: string, route: string, body?: unknown, type = "application/json"): Promise<unknown> {
    const headers: Record<string, string> = {};
    if (this.args.includes("token")) {
      headers["Authorization"] = `Bearer ${this.token("admin")}`;
    }
    if (body !== undefined) {
      headers["Content-Type"] = type;
    }
    const answer = await fetch(`${this.url}/api/v1${route}`, {
      method,
      headers,
      body: body === undefined || typeof body === "string" ? (body as string | undefined) : JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) {
      throw new Error(`${method} ${route}: ${answer.status} ${text}`);
    }
    return text === "" ? undefined : JSON.parse(text);
  }
}
