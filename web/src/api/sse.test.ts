import { describe, expect, it } from "vitest";

import { MessageParser } from "./sse";

const stream = 'retry: 2000\n\nid: a-1\nevent: agent.status\ndata: {"n":1}\n\n: keep-alive\n\nid: a-2\ndata: one\ndata: two\n\nevent: reset\ndata: {}\n\n';
const messages = [
  { id: "a-1", event: "agent.status", data: '{"n":1}' },
  { id: "a-2", event: "message", data: "one\ntwo" },
  { id: "a-2", event: "reset", data: "{}" },
];

describe("MessageParser", () => {
  it.each([1, 2, 7, 1000])("reads a stream in pieces of %i", (size) => {
    for (const lineEnd of ["\n", "\r\n", "\r"]) {
      const parser = new MessageParser();
      // After the last \r more may come; a stream of them goes on with the next event.
      const text = stream.replaceAll("\n", lineEnd) + (lineEnd === "\r" ? ":" : "");
      const got = [];
      for (let i = 0; i < text.length; i += size) got.push(...parser.push(text.slice(i, i + size)));
      expect(got).toEqual(messages);
    }
  });

  it("keeps what is not complete", () => {
    const parser = new MessageParser();
    expect(parser.push("data: half\n")).toEqual([]);
    expect(parser.push("\n")).toEqual([{ id: "", event: "message", data: "half" }]);
  });
});
