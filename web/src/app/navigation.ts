// The address of the page, as the router reads it. Every way to another one goes through here, the browser's Back
// and Forward included, so that a page with text that is not saved can ask before it is left.

/** Says whether it holds somebody back who is about to go to this address; `go` goes there all the same. */
export type Guard = (to: string, go: () => void) => boolean;

interface Options {
  replace?: boolean;
  state?: unknown;
}

export class Navigation {
  path = "";
  search = "";
  /** What an act that led here has to say. */
  state: unknown;
  /** The place of this entry in the browser's history: Back and Forward tell by it how far they went. */
  private at: number;
  private guard: Guard | undefined;
  private passing = false;
  private readonly listeners = new Set<() => void>();

  constructor() {
    const at = placeOf(history.state);
    this.at = at ?? 0;
    if (at === undefined) history.replaceState({ at: this.at, said: history.state as unknown }, "");
    this.read();
    window.addEventListener("popstate", this.popped);
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Asks the guard before each change of the address, until the returned function is called. There is one at a time. */
  guardWith(guard: Guard): () => void {
    this.guard = guard;
    return () => {
      if (this.guard === guard) this.guard = undefined;
    };
  }

  readonly navigate = (to: string, options: Options = {}): void => {
    const url = new URL(to, location.href);
    const go = (): void => this.move(url, options);
    if (this.guard?.(url.pathname + url.search, go) !== true) go();
  };

  private move(url: URL, { replace = false, state }: Options): void {
    if (!replace) this.at++;
    history[replace ? "replaceState" : "pushState"]({ at: this.at, said: state }, "", url);
    this.read();
    this.tell();
  }

  /** The browser has gone back or forth already. Where that is not wanted it is sent back, and nothing here has noticed. */
  private readonly popped = (event: PopStateEvent): void => {
    const at = placeOf(event.state);
    if (at === this.at) return; // sent back
    const by = at === undefined ? 0 : at - this.at;
    const go = (): void => {
      this.passing = true;
      history.go(by);
    };
    if (by !== 0 && !this.passing && this.guard?.(location.pathname + location.search, go) === true) {
      history.go(-by);
      return;
    }
    this.passing = false;
    this.at = at ?? this.at;
    this.read();
    this.tell();
  };

  private read(): void {
    this.path = location.pathname;
    this.search = location.search;
    this.state = (history.state as { said?: unknown } | null)?.said;
  }

  private tell(): void {
    for (const listener of [...this.listeners]) listener();
  }
}

function placeOf(state: unknown): number | undefined {
  const at = typeof state === "object" && state !== null && "at" in state ? state.at : undefined;
  return typeof at === "number" ? at : undefined;
}

export const navigation = new Navigation();
