import { act, renderHook } from "@testing-library/react";
import { beforeEach, describe, expect, it, vi } from "vitest";

import type { Config } from "../api/types";
import { begin } from "./begun";
import type { Tagged } from "./queries";
import { Memory, Shelf } from "./shelf";
import { useDraft } from "./useDraft";

let shelf: Shelf;
beforeEach(() => {
  shelf = new Shelf(new Memory(), "");
});

/** A configuration as it is stored at a version. */
function at(version: number, more: Partial<Config> = {}): Tagged {
  const config = {
    id: "one",
    name: "edge",
    description: "",
    config: `version: ${version}\n`,
    labels: {},
    selector: "",
    priority: 0,
    version,
    hash: "",
    agents: { total: 0, applied: 0, applying: 0, pending: 0, failed: 0, unsupported: 0 },
    created_at: "",
    updated_at: "",
    ...more,
  };
  return { config, etag: `"${version}${more.description ?? ""}"` };
}

/** Opens an editor as the page does: with what was left behind, whose text is that of its version. */
const edit = (latest: Tagged | null) => {
  const [placed] = shelf.of(latest?.config.id ?? "").filter(({ kept }) => !kept.open);
  const begun = placed ? begin(latest, placed, latest ? `version: ${placed.kept.version}\n` : "") : null;
  return renderHook((now: Tagged | null) => useDraft(now, shelf, begun), { initialProps: latest });
};

describe("a draft in the editor", () => {
  it("follows the server while nothing is typed", () => {
    const { result, rerender } = edit(at(1));
    expect(result.current).toMatchObject({ dirty: false, rival: null, cameBack: null });
    rerender(at(2));
    expect(result.current.draft.config).toBe("version: 2\n");
    expect(result.current).toMatchObject({ dirty: false, rival: null });
    expect(result.current.base?.etag).toBe('"2"');
  });

  it("is not touched by what somebody else stores, which is shown", () => {
    const { result, rerender } = edit(at(1));
    act(() => result.current.change({ config: "mine\n" }));
    rerender(at(2));
    expect(result.current.draft.config).toBe("mine\n");
    expect(result.current.rival?.config.version).toBe(2);
    expect(result.current.base?.etag).toBe('"1"');
    act(() => result.current.keepMine());
    expect(result.current).toMatchObject({ rival: null, dirty: true });
    expect(result.current.draft.config).toBe("mine\n");
    expect(result.current.base?.etag).toBe('"2"');
  });

  it("sees a change of anything that an operator writes, though the version is the same", () => {
    const { result, rerender } = edit(at(1));
    act(() => result.current.change({ config: "mine\n" }));
    rerender(at(1, { description: "theirs" }));
    expect(result.current.rival?.config.description).toBe("theirs");
    act(() => result.current.discard());
    expect(result.current).toMatchObject({ rival: null, dirty: false });
    expect(result.current.draft).toMatchObject({ description: "theirs", config: "version: 1\n" });
  });

  it("is kept when the page goes, and comes back", () => {
    const first = edit(at(1));
    act(() => first.result.current.change({ selector: "env=a" }));
    first.unmount();
    const again = edit(at(1));
    expect(again.result.current.draft.selector).toBe("env=a");
    expect(again.result.current).toMatchObject({ dirty: true, rival: null });
    expect(again.result.current.cameBack).not.toBeNull();
  });

  it("that comes back to a later version shows what it began with, what is new, and stays untouched", () => {
    const first = edit(at(1));
    act(() => first.result.current.change({ config: "mine\n" }));
    first.unmount();
    for (let i = 0; i < 2; i++) {
      const again = edit(at(2));
      expect(again.result.current.draft.config).toBe("mine\n");
      expect(again.result.current.base?.config).toMatchObject({ version: 1, config: "version: 1\n" });
      expect(again.result.current.rival?.config.version).toBe(2);
      again.unmount(); // and once more, though nobody has decided
    }
  });

  it("asks to be left only where something was typed here", () => {
    const first = edit(at(1));
    expect(first.result.current.unsaved()).toBe(false);
    act(() => first.result.current.change({ config: "mine\n" }));
    expect(first.result.current.unsaved()).toBe(true);
    first.unmount();
    const again = edit(at(1));
    expect(again.result.current.dirty).toBe(true);
    expect(again.result.current.unsaved()).toBe(false);
    act(() => again.result.current.change({ selector: "a=b" }));
    act(() => {
      again.result.current.discard();
      expect(again.result.current.unsaved()).toBe(false); // at once
    });
  });

  it("in two tabs is two drafts, and neither writes over the other", () => {
    vi.useFakeTimers();
    const [left, right] = [edit(at(1)), edit(at(1))];
    act(() => left.result.current.change({ config: "left\n" }));
    act(() => void vi.advanceTimersByTime(1_000));
    expect(right.result.current.draft.config).toBe("version: 1\n");
    expect(right.result.current.others).toHaveLength(1);
    act(() => right.result.current.change({ config: "right\n" }));
    act(() => void vi.advanceTimersByTime(1_000));
    expect(shelf.of("one")).toHaveLength(2);

    // One goes on with the other's text: one's own stays kept.
    const [other] = right.result.current.others;
    act(() => right.result.current.take(begin(at(1), other!, "version: 1\n")));
    act(() => void vi.advanceTimersByTime(1_000));
    expect(right.result.current.draft.config).toBe("left\n");
    expect(right.result.current.others.map((o) => o.kept.edits[0]?.put)).toEqual(["right\n"]);
    vi.useRealTimers();
  });

  it("that was stored does not come back, though the page goes at once", () => {
    const first = edit(at(1));
    act(() => first.result.current.change({ config: "version: 2\n" }));
    act(() => {
      first.result.current.stored(at(2));
      first.unmount();
    });
    expect(shelf.of("one")).toEqual([]);
  });

  it("of a new configuration is kept apart", () => {
    const first = edit(null);
    act(() => first.result.current.change({ name: "new" }));
    first.unmount();
    expect(shelf.of("one")).toEqual([]);
    expect(edit(null).result.current.draft.name).toBe("new");
  });
});
