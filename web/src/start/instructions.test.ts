import { describe, expect, it } from "vitest";
import { parse } from "yaml";

import { addresses, endpointIn, installLines, supervisorFile, tokenName } from "./instructions";

const plain = addresses({ protocol: "http:", host: "10.0.0.5:4320", hostname: "10.0.0.5" });
const secure = addresses({ protocol: "https:", host: "fleet.example", hostname: "fleet.example" }, "/agents-here");

describe("addresses", () => {
  it("are those that the page was reached by", () => {
    expect(plain).toEqual({ server: "http://10.0.0.5:4320", agents: "ws://10.0.0.5:4320/v1/opamp", loopback: false, ownPath: false });
    expect(secure).toMatchObject({ server: "https://fleet.example", agents: "wss://fleet.example/agents-here", ownPath: true });
    for (const hostname of ["localhost", "127.0.0.1", "[::1]"]) expect(addresses({ protocol: "http:", host: hostname, hostname }).loopback).toBe(true);
  });
});

describe("endpointIn", () => {
  it("finds the path in the page of packages, where it is not the usual one", () => {
    const line = "  sh install-collector.sh --server https://h:1 --token-file enrolment.token";
    expect(endpointIn(line)).toBe("/v1/opamp");
    expect(endpointIn(`${line} --endpoint wss://h:1/other/path\n`)).toBe("/other/path");
  });
});

describe("installLines", () => {
  it("is the line of docs/nodes.md", () => {
    expect(installLines(plain, true)).toBe(
      "curl -fsSO http://10.0.0.5:4320/packages/install-collector.sh && sh install-collector.sh --server http://10.0.0.5:4320 --token-file enrolment.token\n",
    );
    expect(installLines(secure, false)).toMatch(/--server https:\/\/fleet\.example --endpoint wss:\/\/fleet\.example\/agents-here\n$/);
  });
});

describe("supervisorFile", () => {
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
