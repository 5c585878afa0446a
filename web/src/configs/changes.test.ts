import { describe, expect, it } from "vitest";
import { confirmed, reachSentences, saveLabel, sentTo } from "./changes";

const reach = (gains: number, updates: number, loses: number, total = gains + updates) => ({ gains, updates, loses, total });

describe("what a change reaches", () => {
  it("is on the button with its number", () => {
    expect(saveLabel("Save", reach(10, 2, 0))).toBe("Save and send to 12 agents");
    expect(saveLabel("Save", reach(1, 0, 0))).toBe("Save and send to 1 agent");
    expect(saveLabel("Save", reach(1200, 0, 3))).toBe("Save, send to 1,200 agents and take from 3");
    expect(saveLabel("Save", reach(0, 0, 1))).toBe("Save and take from 1 agent");
    expect(saveLabel("Roll back", reach(0, 0, 0))).toBe("Roll back");
  });

  it("is confirmed with every agent that was shown", () => {
    expect(sentTo(reach(10, 2, 3))).toBe(12);
    expect(confirmed(reach(10, 2, 3))).toBe(15);
  });

  it("is told in sentences", () => {
    expect(reachSentences(reach(1, 2, 3))).toEqual([
      "1 agent gets it newly.",
      "2 agents have it and are sent the new text.",
      "3 agents lose it.",
    ]);
    expect(reachSentences(reach(0, 0, 0))).toEqual(["No agent has it, and none gets it."]);
    expect(reachSentences(reach(0, 0, 0, 4))).toEqual(["No agent is sent anything: 4 agents keep what they have."]);
  });
});
