import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, openSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import path from "node:path";

export const root = path.resolve(import.meta.dirname, "../../..");

/** The path of a program that make leaves in bin/. */
export function program(name: string): string {
  const file = path.join(root, "bin", name);
  if (!existsSync(file)) {
    throw new Error(`bin/${name} is not built; run the browser's tests with: make test-browser`);
  }
  return file;
}

/** Nothing of whoever runs the tests reaches what they start. */
export function environment(extra: Record<string, string> = {}): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(OLLYSTACK_|OTEL_|REDIS_|HTTPS?_PROXY$)/i.test(name));
  return { ...Object.fromEntries(kept), ...extra };
}

/** Starts a program whose output goes to a file. */
export function start(log: string, file: string, args: string[], env: Record<string, string> = {}): ChildProcess {
  const out = openSync(log, "a");
  return spawn(file, args, { stdio: ["ignore", out, out], env: environment(env) });
}

/** Stops a program that start or spawn began, and waits for its end: kindly, and after ten seconds not. */
export async function stop(child: ChildProcess, signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) {
    return;
  }
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.kill(signal);
  const timer = setTimeout(() => child.kill("SIGKILL"), 10_000);
  await ended;
  clearTimeout(timer);
}

/** A port of the loopback interface that nobody has at the moment. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() =>
        address !== null && typeof address === "object" ? resolve(address.port) : reject(new Error("no port")),
      );
    });
  });
}

/** Tries until fn does not throw; throws its last error after the time given, in ms. */
export async function eventually<T>(within: number, what: string, fn: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + within;
  for (;;) {
    try {
      return await fn();
    } catch (err) {
      if (Date.now() > deadline) {
        throw new Error(`${what}: not within ${within} ms: ${String(err)}`);
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** The last lines of a log, for a message. */
export function tail(log: string): string {
  return existsSync(log) ? readFileSync(log, "utf8").split("\n").slice(-15).join("\n") : "(no log)";
}
