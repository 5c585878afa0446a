import { act, renderHook } from "@testing-library/react";
import { beforeEach, describe, expect, it } from "vitest";

import type { Config } from "../api/types";
import { keptDraft } from "./draft";
import type { Tagged } from "./queries";
import { useDraft } from "./useDraft";

beforeEach(() => sessionStorage.clear());

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

const edit = (latest: Tagged | null) => renderHook((now: Tagged | null) => useDraft(now), { initialProps: latest });

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

  it("that comes back to a later version shows that it is behind", () => {
    const first = edit(at(1));
    act(() => first.result.current.change({ config: "mine\n" }));
    first.unmount();
    const again = edit(at(2));
    expect(again.result.current.draft.config).toBe("mine\n");
    expect(again.result.current.rival?.config.version).toBe(2);
  });

  it("that was stored does not come back, though the page goes at once", () => {
    const first = edit(at(1));
    act(() => first.result.current.change({ config: "version: 2\n" }));
    act(() => {
      first.result.current.stored(at(2));
      first.unmount();
    });
    expect(keptDraft(sessionStorage, "one")).toBeNull();
  });

  it("of a new configuration is kept apart", () => {
    const first = edit(null);
    act(() => first.result.current.change({ name: "new" }));
    first.unmount();
    expect(keptDraft(sessionStorage, "one")).toBeNull();
    expect(edit(null).result.current.draft.name).toBe("new");
  });
});
