import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { EventStream, HIDDEN_MS, SILENCE_MS, type StreamState } from "./events";
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
    expect(messages).toEqual([{ id: "7", event: "agent.status", data: "{}" }]);
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
    hide(false);
    await settle();
    expect(server.connections).toHaveLength(2);
    expect(states.at(-1)).toEqual({ live: true });
  });
});
