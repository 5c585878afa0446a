import { type ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import path from "node:path";

import { eventually, freePort, program, start, stop, tail } from "./programs.ts";

interface Call {
  method: string;
  headers: Record<string, string>;
  body?: string | undefined;
}

/** One real `ollystack serve` on a port of its own, with an empty store. */
export class Server {
  readonly dir = mkdtempSync(path.join(tmpdir(), "ollystack-browser-"));
  private child: ChildProcess | undefined;

  private constructor(
    readonly port: number,
    private readonly args: string[],
    /** The file of the certificate that it has, where it speaks TLS. */
    readonly certificate: string | undefined,
  ) {}

  static async start(...args: string[]): Promise<Server> {
    const server = new Server(await freePort(), args, undefined);
    await server.start();
    return server;
  }

  /** One that speaks TLS, with this certificate and its key. */
  static async startSecure(certificate: string, key: string, ...args: string[]): Promise<Server> {
    const server = new Server(await freePort(), ["--tls-cert-file", certificate, "--tls-key-file", key, ...args], certificate);
    await server.start();
    return server;
  }

  get url(): string {
    return `${this.certificate === undefined ? "http" : "https"}://127.0.0.1:${this.port}`;
  }

  get endpoint(): string {
    return `${this.certificate === undefined ? "ws" : "wss"}://127.0.0.1:${this.port}/v1/opamp`;
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
      const answer = await this.ask("/health", { method: "GET", headers: {} });
      if (answer.status !== 200) {
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
    const sent = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
    const { status, text } = await this.ask(route, { method, headers, body: sent });
    if (status < 200 || status > 299) {
      throw new Error(`${method} ${route}: ${status} ${text}`);
    }
    return text === "" ? undefined : JSON.parse(text);
  }

  /** Sends a request. fetch trusts no certificate of one's own. */
  private async ask(route: string, call: Call): Promise<{ status: number; text: string }> {
    const url = `${this.url}/api/v1${route}`;
    if (this.certificate === undefined) {
      const answer = await fetch(url, call as RequestInit);
      return { status: answer.status, text: await answer.text() };
    }
    const ca = readFileSync(this.certificate);
    return new Promise((resolve, reject) => {
      const asked = request(url, { method: call.method, headers: call.headers, ca, agent: false }, (answer) => {
        let text = "";
        answer.setEncoding("utf8");
        answer.on("data", (part: string) => (text += part));
        answer.on("error", reject);
        answer.on("end", () => resolve({ status: answer.statusCode ?? 0, text }));
      });
      asked.on("error", reject);
      asked.end(call.body);
    });
  }
}
