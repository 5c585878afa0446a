import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";
import { parse } from "yaml";

import { addresses, installLines, supervisorFile, tokenName } from "./instructions";
import installLine from "./testdata/install-line.txt?raw";
import supervisorYaml from "./testdata/supervisor.yaml?raw";

const plain = addresses({ protocol: "http:", host: "10.0.0.5:4320", hostname: "10.0.0.5" });
// The appliance of e2e/boot, which runs what stands in testdata, to the letter, on a node.
const appliance = addresses({ protocol: "http:", host: "10.20.0.1:4320", hostname: "10.20.0.1" });
const secure = addresses({ protocol: "https:", host: "fleet.example", hostname: "fleet.example" }, "/agents-here");

describe("addresses", () => {
  it("are those that the page was reached by", () => {
    expect(plain).toEqual({ server: "http://10.0.0.5:4320", agents: "ws://10.0.0.5:4320/v1/opamp", loopback: false, ownPath: false });
    expect(secure).toMatchObject({ server: "https://fleet.example", agents: "wss://fleet.example/agents-here", ownPath: true });
    for (const hostname of ["localhost", "127.0.0.1", "[::1]"]) expect(addresses({ protocol: "http:", host: hostname, hostname }).loopback).toBe(true);
  });
});

describe("installLines", () => {
  it("is what e2e/boot runs", () => expect(installLines(appliance, true)).toBe(installLine));
  it("is the lines of docs/nodes.md", () => {
    const where = addresses({ protocol: "https:", host: "fleet.example:4320", hostname: "fleet.example" });
    expect(readFileSync("../docs/nodes.md", "utf8")).toContain("\n" + installLines(where, true).replace(" && ", "\n"));
  });
  it("names an own path, and no token where none is wanted", () => {
    expect(installLines(secure, false)).toMatch(/--server https:\/\/fleet\.example --endpoint wss:\/\/fleet\.example\/agents-here\n$/);
  });
});

describe("supervisorFile", () => {
  it("is what e2e/boot starts a supervisor with", () => expect(supervisorFile(appliance, true)).toBe(supervisorYaml));
  it.each([true, false])("is YAML with the address (token: %s)", (token) => {
    const file = parse(supervisorFile(secure, token)) as { server: Record<string, unknown>; capabilities: Record<string, boolean> };
    expect(file.server["endpoint"]).toBe("wss://fleet.example/agents-here");
    expect(file.server["headers"]).toEqual(token ? { Authorization: ["Bearer ${file:/etc/ollystack/enrolment.token}"] } : undefined);
    expect(file.capabilities["accepts_remote_config"]).toBe(true);
  });
});

describe("tokenName", () => {
  it("is of the second", () => expect(tokenName(new Date(Date.UTC(2026, 10, 26, 12, 31, 4)))).toBe("enrolment-2026-11-26-123104"));
});
