/** Every key that does something, as the help dialog lists them. */
export interface Shortcut {
  keys: string[];
  does: string;
}

export const shortcuts: { group: string; list: Shortcut[] }[] = [
  {
    group: "Everywhere",
    list: [
      { keys: ["/"], does: "Search" },
      { keys: ["g", "f"], does: "Go to the fleet" },
      { keys: ["g", "a"], does: "Go to the agents" },
      { keys: ["g", "c"], does: "Go to the configurations" },
      { keys: ["g", "t"], does: "Go to the tokens" },
      { keys: ["?"], does: "Show this help" },
      { keys: ["Esc"], does: "Close what is open" },
    ],
  },
  {
    group: "In the list of agents",
    list: [
      { keys: ["↑", "↓"], does: "Move between rows" },
      { keys: ["Enter"], does: "Open the agent" },
      { keys: ["Space"], does: "Select the row" },
    ],
  },
  {
    group: "In the editor",
    list: [
      { keys: ["Ctrl", "Space"], does: "Complete" },
      { keys: ["Ctrl", "S"], does: "Save" },
      { keys: ["Esc", "Tab"], does: "Leave the editor" },
    ],
  },
];

export const places: Record<string, string> = { f: "/", a: "/agents", c: "/configs", t: "/tokens" };
