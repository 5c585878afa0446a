/**
 * The rows of the agents' table: pages of the server, loaded in order as far as somebody has scrolled, and kept as
 * small as the table needs them, so that many thousands fit. What changes is changed in its row; rows never move by
 * themselves.
 */
import type { Agent } from "../api/types";

export interface Row {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly version: string;
  readonly status: Agent["status"];
  readonly error: string;
  readonly connected: boolean;
  readonly host: string;
  readonly remoteAddress: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly configName: string;
  readonly configVersion: number | undefined;
  readonly configStatus: Agent["config"]["status"];
  readonly configError: string;
  readonly configChangedAt: string | undefined;
  readonly firstSeenAt: string;
  readonly connectedAt: string | undefined;
  readonly lastSeenAt: string;
  /** There is no such agent any more; its row stays until the list is read again. */
  readonly forgotten?: true;
}

export function toRow(agent: Agent): Row {
  return {
    id: agent.id,
    name: agent.name,
    type: agent.type,
    version: agent.version,
    status: agent.status,
    error: agent.health?.last_error ?? "",
    connected: agent.connected,
    host: agent.attributes.non_identifying["host.name"] ?? agent.attributes.identifying["host.name"] ?? "",
    remoteAddress: agent.remote_address ?? "",
    labels: agent.labels,
    configName: agent.config.config_name ?? "",
    configVersion: agent.config.version,
    configStatus: agent.config.status,
    configError: agent.config.error,
    configChangedAt: agent.config.changed_at,
    firstSeenAt: agent.first_seen_at,
    connectedAt: agent.connected_at,
    lastSeenAt: agent.last_seen_at,
  };
}

export interface Page {
  agents: Agent[];
  total_size: number;
  next_page_token?: string | undefined;
}

export type FetchPage = (size: number, token: string | undefined, signal: AbortSignal) => Promise<Page>;

/** The first page is small, so that it is there at once; the others are as large as the server gives them. */
export const firstPage = 100;
export const laterPages = 1000;

export class AgentRows {
  private rows: Row[] = [];
  private places = new Map<string, number>();
  private token: string | undefined;
  private wanted = 0;
  private readonly abort = new AbortController();
  private running: Promise<void> | undefined;
  /** What changed while a page was on its way: it is newer than the page. */
  private readonly newer = new Map<string, Row>();
  private readonly listeners = new Set<() => void>();

  /** Counts the changes, for those who look at the rows again when it has changed. */
  version = 0;
  /** How many agents match; undefined until the first page has come. */
  total: number | undefined;
  /** Why the last page did not come; cleared by `retry`. */
  error: unknown;

  constructor(private readonly fetchPage: FetchPage) {}

  get loaded(): number {
    return this.rows.length;
  }

  /** Whether all that match are loaded. */
  get complete(): boolean {
    return this.total !== undefined && this.token === undefined;
  }

  get loading(): boolean {
    return this.running !== undefined;
  }

  at(index: number): Row | undefined {
    return this.rows[index];
  }

  get(id: string): Row | undefined {
    const place = this.places.get(id);
    return place === undefined ? undefined : this.rows[place];
  }

  /** ids lists what is loaded, in order. */
  ids(): string[] {
    return this.rows.map((row) => row.id);
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** need loads pages until the row at index is there, or there are no more. */
  need(index: number): void {
    this.wanted = Math.max(this.wanted, index + 1);
    this.run();
  }

  /** all loads everything that matches. It fails as the page does that cannot be loaded. */
  async all(): Promise<readonly Row[]> {
    this.wanted = Infinity;
    this.error = undefined;
    this.run();
    await this.running;
    if (this.error !== undefined) {
      this.wanted = this.rows.length;
      throw this.error as Error;
    }
    if (!this.complete) {
      throw new Error("The list was read anew meanwhile. Select all once more.");
    }
    return this.rows;
  }

  retry(): void {
    this.error = undefined;
    this.run();
    this.changed();
  }

  stop(): void {
    this.abort.abort();
    this.listeners.clear();
  }

  /** update puts agents that have changed into their rows, and returns those that have none. */
  update(agents: Iterable<Agent>): Agent[] {
    const strangers: Agent[] = [];
    let changes = 0;
    for (const agent of agents) {
      const row = toRow(agent);
      const place = this.places.get(agent.id);
      if (this.running) {
        this.newer.set(agent.id, row);
      }
      if (place === undefined) {
        strangers.push(agent);
      } else {
        this.rows[place] = row;
        changes++;
      }
    }
    if (changes > 0) {
      this.changed();
    }
    return strangers;
  }

  /** remove takes the rows out of agents that there are no more. */
  remove(ids: ReadonlySet<string>): void {
    const left = this.rows.filter((row) => !ids.has(row.id));
    const gone = this.rows.length - left.length;
    if (gone === 0) {
      return;
    }
    this.rows = left;
    this.places = new Map(left.map((row, i) => [row.id, i]));
    this.total = Math.max(0, (this.total ?? gone) - gone);
    this.changed();
  }

  /** forget marks the rows of agents that there are no more, where nothing may move. */
  forget(ids: ReadonlySet<string>): boolean {
    const places = [...ids].flatMap((id) => this.places.get(id) ?? []);
    for (const place of places) {
      const row = this.rows[place];
      if (row) this.rows[place] = { ...row, forgotten: true };
    }
    if (places.length > 0) {
      this.changed();
    }
    return places.length > 0;
  }

  private run(): void {
    if (this.running || this.error !== undefined || this.abort.signal.aborted || !this.lacks()) {
      return;
    }
    this.running = this.load().finally(() => {
      this.running = undefined;
      this.newer.clear();
      this.changed();
    });
  }

  private lacks(): boolean {
    return !this.complete && this.rows.length < this.wanted;
  }

  private async load(): Promise<void> {
    while (this.lacks()) {
      const size = this.rows.length === 0 ? firstPage : laterPages;
      try {
        this.append(await this.fetchPage(size, this.token, this.abort.signal));
      } catch (error) {
        if (!this.abort.signal.aborted) {
          this.error = error;
        }
        return;
      }
      this.changed();
    }
  }

  /** append adds a page. In an order that changes, a page may name an agent again: it stays where it was first. */
  private append(page: Page): void {
    for (const agent of page.agents) {
      const row = this.newer.get(agent.id) ?? toRow(agent);
      const place = this.places.get(row.id);
      if (place === undefined) {
        this.places.set(row.id, this.rows.length);
        this.rows.push(row);
      } else {
        this.rows[place] = row;
      }
    }
    this.token = page.agents.length > 0 ? page.next_page_token : undefined;
    this.total = this.token === undefined ? this.rows.length : Math.max(page.total_size, this.rows.length);
  }

  private changed(): void {
    this.version++;
    this.listeners.forEach((listener) => {
      listener();
    });
  }
}
