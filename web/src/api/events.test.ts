import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { EventStream, HIDDEN_MS, LASTING_MS, SILENCE_MS, type StreamState } from "./events";
import type { Message } from "./sse";

/** A server of streams: each connection is a controller to write to. */
class FakeServer {
  readonly connections: { controller: ReadableStreamDefaultController<Uint8Array>; headers: Record<string, string>; signal: AbortSignal }[] = [];
  refuse: Response | "down" | undefined;

  readonly fetch = (_: unknown, init?: RequestInit): Promise<Response> => {
    if (this.refuse === "down") return Promise.reject(new TypeError("no network"));
    if (this.refuse) return Promise.resolve(this.refuse);
    const signal = init!.signal!;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.connections.push({ controller, headers: init!.headers as Record<string, string>, signal });
        signal.addEventListener("abort", () => controller.error(new DOMException("aborted", "AbortError")));
      },
    });
    return Promise.resolve(new Response(body, { headers: { "Content-Type": "text/event-stream" } }));
  };

  write(text: string): void {
    this.connections.at(-1)!.controller.enqueue(new TextEncoder().encode(text));
  }
}

let server: FakeServer;
let stream: EventStream;
let states: StreamState[];
let messages: Message[];
const signedOut = vi.fn();

/** Lets what was promised happen. */
const settle = (ms = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

function hide(hidden: boolean): void {
  vi.spyOn(document, "hidden", "get").mockReturnValue(hidden);
  document.dispatchEvent(new Event("visibilitychange"));
}

beforeEach(() => {
  vi.useFakeTimers();
  server = new FakeServer();
  states = [];
  messages = [];
  signedOut.mockReset();
  stream = new EventStream({ onMessages: (m) => messages.push(...m), onState: (s) => states.push(s), onSignedOut: signedOut, fetch: server.fetch });
});
afterEach(() => {
  stream.stop();
  vi.useRealTimers();
});

describe("EventStream", () => {
  it("hands messages on and says that it is live", async () => {
    stream.start();
    await settle();
    expect(states).toEqual([{ live: true }]);
    server.write("id: 7\nevent: agent.status\ndata: {}\n\n");
    await settle();
    expect(messages.at(-1)).toEqual({ id: "7", event: "agent.status", data: "{}" });
  });

  it("has everything read anew where it cannot tell what was missed", async () => {
    const resets = (): number => messages.filter((m) => m.event === "reset").length;
    stream.start();
    await settle();
    expect(resets()).toBe(1); // what was read before the stream was open
    await settle(LASTING_MS);
    server.connections[0]!.controller.close(); // nothing has happened: there is no id to go on from
    await settle(2_000);
    expect(server.connections).toHaveLength(2);
    expect(server.connections[1]!.headers["Last-Event-ID"]).toBeUndefined();
    expect(resets()).toBe(2);
    server.write("id: 7\ndata: {}\n\n");
    await settle(LASTING_MS);
    server.connections[1]!.controller.close();
    await settle(2_000);
    expect(server.connections[2]!.headers["Last-Event-ID"]).toBe("7");
    expect(resets()).toBe(2); // the server sends what was missed, or says reset
  });

  it("comes back with the id that the stream began with, though nothing has happened yet", async () => {
    stream.start();
    await settle();
    server.write("retry: 2000\nid: run-4\n\n");
    await settle(LASTING_MS);
    server.connections[0]!.controller.close();
    await settle(2_000);
    expect(server.connections[1]!.headers["Last-Event-ID"]).toBe("run-4");
  });

  it("does not take a proxy's page for a stream", async () => {
    server.refuse = new Response("<html>", { status: 200, headers: { "Content-Type": "text/html" } });
    stream.start();
    await settle(5_000);
    expect(states.some((state) => state.live)).toBe(false);
    expect(messages).toEqual([]);
  });

  it("asks ever more rarely where streams end as soon as they are open", async () => {
    stream.start();
    for (let second = 0; second < 60; second++) {
      await settle(1_000);
      const last = server.connections.at(-1)!;
      if (!last.signal.aborted) last.controller.close();
    }
    expect(server.connections.length).toBeLessThan(10);
  });

  it("says since when it is broken, and comes back with the last id", async () => {
    stream.start();
    await settle();
    server.write("id: 7\ndata: {}\n\n");
    await settle(5_000);
    const heard = Date.now() - 5_000;
    server.refuse = "down";
    server.connections[0]!.controller.close();
    await settle();
    expect(states.at(-1)).toEqual({ live: false, since: heard, reason: "broken" });
    await settle(4_000);
    server.refuse = undefined;
    await settle(20_000);
    expect(states.at(-1)).toEqual({ live: true });
    expect(server.connections.at(-1)!.headers["Last-Event-ID"]).toBe("7");
  });

  it("gives up a connection that is silent, which a living server's never is", async () => {
    stream.start();
    await settle();
    await settle(SILENCE_MS - 1_000);
    server.write(": keep-alive\n\n");
    await settle(SILENCE_MS - 1_000);
    expect(server.connections).toHaveLength(1);
    await settle(3_000);
    expect(server.connections[0]!.signal.aborted).toBe(true);
    expect(server.connections).toHaveLength(2);
    expect(states.at(-1)).toEqual({ live: true });
  });

  it("ends where the session has", async () => {
    server.refuse = new Response("{}", { status: 401, headers: { "Content-Type": "application/problem+json" } });
    stream.start();
    await settle(60_000);
    expect(signedOut).toHaveBeenCalledTimes(1);
  });

  it("leaves its connection to others while nobody looks, and comes back at once", async () => {
    stream.start();
    await settle();
    hide(true);
    await settle(HIDDEN_MS / 2);
    server.write(": keep-alive\n\n");
    await settle(HIDDEN_MS / 2);
    expect(server.connections[0]!.signal.aborted).toBe(true);
    expect(states.at(-1)).toMatchObject({ live: false, reason: "hidden" });
    await settle(10 * HIDDEN_MS);
    expect(server.connections).toHaveLength(1);
    const before = states.length;
    hide(false);
    await settle();
    expect(server.connections).toHaveLength(2);
    expect(states.slice(before)).toMatchObject([{ live: false, reason: "connecting" }, { live: true }]);
  });

  it("does not wait for a connection that was lost while the machine slept", async () => {
    stream.start();
    await settle();
    vi.setSystemTime(Date.now() + 3_600_000); // asleep, no timer runs
    window.dispatchEvent(new Event("online"));
    await settle();
    expect(server.connections[0]!.signal.aborted).toBe(true);
    expect(server.connections).toHaveLength(2);
  });
});
