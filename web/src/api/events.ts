import { BASE } from "./client";
import { problemOf } from "./problem";
import { MessageParser, type Message } from "./sse";

/** How the stream is: `since` is when it was last known to be alive, in milliseconds. */
export type StreamState = { live: true } | { live: false; since: number; reason: "connecting" | "broken" | "hidden" };

export interface StreamOptions {
  onMessages: (messages: Message[]) => void;
  onState: (state: StreamState) => void;
  /** The server asked for a session that there is none of. */
  onSignedOut: () => void;
  fetch?: typeof fetch;
}

/** The server sends a comment every 15 s: a stream that is silent for longer than this is dead, whatever TCP thinks. */
export const SILENCE_MS = 40_000;
/** A page that nobody sees gives its connection up after this: a browser has six for each server over HTTP/1.1. */
export const HIDDEN_MS = 60_000;
const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 15_000;
/** A stream that ends sooner than this has not worked: it is tried again ever more rarely. */
export const LASTING_MS = 10_000;
/** What is handed on where nobody can tell what was missed, in the server's own form. */
const missed: Message = { id: "", event: "reset", data: "{}" };

/**
 * Follows GET /events and comes back by itself, with Last-Event-ID, so that nothing is missed or
 * the server says `reset`. Without an id, at first or after a stream in which nothing happened,
 * what was missed is not known, and it says `reset` itself. It reads with fetch: an EventSource
 * shows neither the status of a refusal nor the comments that tell a quiet stream from a dead one.
 */
export class EventStream {
  private readonly options: StreamOptions;
  private abort: AbortController | null = null;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private watch: ReturnType<typeof setTimeout> | undefined;
  private hide: ReturnType<typeof setTimeout> | undefined;
  private lastId = "";
  private lastAlive: number;
  private failures = 0;
  private stopped = true;
  private paused = false;

  constructor(options: StreamOptions) {
    this.options = options;
    this.lastAlive = Date.now();
  }

  start(): void {
    if (!this.stopped) return;
    this.stopped = false;
    document.addEventListener("visibilitychange", this.visibility);
    window.addEventListener("online", this.awake);
    void this.connect();
  }

  stop(): void {
    this.stopped = true;
    document.removeEventListener("visibilitychange", this.visibility);
    window.removeEventListener("online", this.awake);
    clearTimeout(this.retry);
    clearTimeout(this.hide);
    this.drop();
  }

  /** Tries at once, where it is waiting. */
  readonly now = (): void => {
    if (!this.wanted()) return;
    clearTimeout(this.retry);
    void this.connect();
  };

  private readonly visibility = (): void => {
    clearTimeout(this.hide);
    if (document.hidden) {
      this.hide = setTimeout(() => {
        this.paused = true;
        clearTimeout(this.retry);
        this.drop();
        this.options.onState({ live: false, since: this.lastAlive, reason: "hidden" });
      }, HIDDEN_MS);
    } else {
      this.awake();
    }
  };

  /** Somebody looks again, or the network is back: a connection that slept through it is not waited for. */
  private readonly awake = (): void => {
    if (document.hidden && this.paused) return;
    if (this.paused) this.options.onState({ live: false, since: this.lastAlive, reason: "connecting" });
    this.paused = false;
    if (Date.now() - this.lastAlive > SILENCE_MS) this.drop();
    this.now();
  };

  /** Whether a connection is wanted and there is none: another may have taken over. */
  private wanted(): boolean {
    return !this.stopped && !this.paused && this.abort === null;
  }

  private drop(): void {
    clearTimeout(this.watch);
    this.abort?.abort();
    this.abort = null;
  }

  private alive(): void {
    this.lastAlive = Date.now();
    clearTimeout(this.watch);
    this.watch = setTimeout(() => this.drop(), SILENCE_MS);
  }

  private async connect(): Promise<void> {
    const abort = new AbortController();
    this.abort = abort;
    this.watch = setTimeout(() => abort.abort(), SILENCE_MS);
    let signedOut = false;
    let opened = Infinity;
    try {
      const headers: Record<string, string> = { Accept: "text/event-stream" };
      if (this.lastId !== "") headers["Last-Event-ID"] = this.lastId;
      // eslint-disable-next-line no-restricted-globals -- this is the client of the stream
      const answer = await (this.options.fetch ?? fetch)(`${BASE}/events`, {
        headers,
        signal: abort.signal,
        credentials: "same-origin",
        cache: "no-store",
      });
      // What is no stream may be the page of a proxy.
      if (!answer.ok || !answer.body || !answer.headers.get("Content-Type")?.startsWith("text/event-stream")) {
        signedOut = answer.status === 401;
        throw await problemOf(answer);
      }
      opened = Date.now();
      this.alive();
      this.options.onState({ live: true });
      if (this.lastId === "") this.options.onMessages([missed]);
      await this.read(answer.body);
    } catch {
      // Whatever it was, the page says that it is stale, and since when.
    }
    if (this.abort === abort) this.drop();
    if (!this.wanted()) return;
    if (signedOut) {
      this.stop();
      this.options.onSignedOut();
      return;
    }
    this.options.onState({ live: false, since: this.lastAlive, reason: "broken" });
    if (Date.now() - opened >= LASTING_MS) this.failures = 0;
    const wait = Math.min(FIRST_RETRY_MS * 2 ** this.failures, LAST_RETRY_MS);
    this.failures++;
    this.retry = setTimeout(this.now, wait);
  }

  private async read(body: ReadableStream<Uint8Array>): Promise<void> {
    const reader = body.getReader();
    const decoder = new TextDecoder();
    const parser = new MessageParser();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      this.alive();
      const messages = parser.push(decoder.decode(value, { stream: true }));
      if (parser.lastId !== "") this.lastId = parser.lastId;
      if (messages.length > 0) this.options.onMessages(messages);
    }
  }
}
