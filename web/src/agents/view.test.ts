import { describe, expect, it } from "vitest";
import { agentNo } from "./testdata";
import { defaultColumns, defaultView, isFiltered, listParams, mayMatch, parseView, printView } from "./view";

const parse = (search: string) => parseView(new URLSearchParams(search));

describe("the address of the agents table", () => {
  it("is empty for the usual view", () => {
    expect(parse("")).toEqual(defaultView);
    expect(printView(defaultView).toString()).toBe("");
    expect(isFiltered(defaultView)).toBe(false);
  });

  it.each([
    "q=edge",
    "selector=env%3Dproduction%2Cservice.name+in+%28otelcol%2Cedge%29%2C%21canary",
    "status=unhealthy%2Cdisconnected&config_status=failed",
    "config_id=production-config&order_by=last_seen_at+desc",
    "order_by=name+desc",
    "columns=name%2Cid%2Chost",
  ])("survives being read and written: %s", (search) => {
    expect(printView(parse(search)).toString()).toBe(search);
  });

  it("ignores what it does not know", () => {
    const view = parse("status=well,healthy,healthy&order_by=labels&columns=host,what&other=1");
    expect(view.status).toEqual(["healthy"]);
    expect(view.orderBy).toBe("name");
    expect(view.columns).toEqual(["name", "host"]);
    expect(parse("columns=").columns).toEqual(["name"]);
    expect(parse("order_by=status").descending).toBe(false);
  });

  it("always names the order to the server, and never the columns", () => {
    expect(listParams(parse("q= a &columns=name")).toString()).toBe("q=a&order_by=name");
    expect(
      listParams({ ...defaultView, columns: [...defaultColumns], orderBy: "id", descending: true }).get("order_by"),
    ).toBe("id desc");
  });

  it("knows what filters", () => {
    expect(isFiltered(parse("order_by=id&columns=name"))).toBe(false);
    expect(isFiltered(parse("q=++"))).toBe(false);
    expect(isFiltered(parse("config_status=failed"))).toBe(true);
  });

  it.each([
    ["", true],
    ["q=EDGE-1", true],
    ["q=host-1", true],
    ["q=other", false],
    ["status=healthy", true],
    ["status=unknown,unhealthy", false],
    ["config_status=failed", false],
    ["selector=env%3Dwhatever&config_id=some", true],
  ])("tells whether an agent may be in the list of %j", (search, want) => {
    expect(mayMatch(parse(search), agentNo(1))).toBe(want);
  });
});
