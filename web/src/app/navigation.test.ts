import { beforeEach, describe, expect, it, vi } from "vitest";

import { Navigation } from "./navigation";

/** Waits for the browser, which goes back and forth when it gets to it. */
const popped = () => new Promise((resolve) => window.addEventListener("popstate", resolve, { once: true }));

describe("the address", () => {
  let navigation: Navigation;
  beforeEach(() => {
    history.pushState(null, "", "/first");
    navigation = new Navigation();
  });

  it("changes with links and with Back, and tells what an act has said", async () => {
    const heard = vi.fn();
    navigation.subscribe(heard);
    navigation.navigate("/second?q=a", { state: { said: "stored" } });
    expect(navigation).toMatchObject({ path: "/second", search: "?q=a", state: { said: "stored" } });
    expect(location.pathname).toBe("/second");
    history.back();
    await popped();
    expect(navigation).toMatchObject({ path: "/first", search: "", state: null });
    expect(heard).toHaveBeenCalledTimes(2);
  });

  it("stays where a guard holds it back, by link and by Back, until the guard lets it go", async () => {
    navigation.navigate("/editor");
    const asked: [string, () => void][] = [];
    const off = navigation.guardWith((to, go) => asked.push([to, go]) > 0);
    navigation.navigate("/elsewhere");
    expect(location.pathname).toBe("/editor");

    history.back();
    await popped();
    await popped(); // sent back
    expect(location.pathname).toBe("/editor");
    expect(navigation.path).toBe("/editor");
    expect(asked.map(([to]) => to)).toEqual(["/elsewhere", "/first"]);

    asked[1]![1]();
    await popped();
    expect(navigation.path).toBe("/first");
    expect(asked).toHaveLength(2);
    off();
    navigation.navigate("/elsewhere");
    expect(navigation.path).toBe("/elsewhere");
  });

  it("goes forth as it goes back", async () => {
    navigation.navigate("/second");
    history.back();
    await popped();
    const asked: string[] = [];
    navigation.guardWith((to) => asked.push(to) > 0);
    history.forward();
    await popped();
    await popped();
    expect(asked).toEqual(["/second"]);
    expect(navigation.path).toBe("/first");
  });
});
