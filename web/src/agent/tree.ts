import { stateOf, type ComponentState, type HealthNode } from "../pipeline/health";

export interface TreeNode {
  name: string;
  path: string;
  state: ComponentState;
  health: HealthNode;
  children: TreeNode[];
  /** Whether something at or below it is not healthy. */
  troubled: boolean;
}

const order: Record<ComponentState, number> = { unhealthy: 0, changing: 1, unknown: 2, healthy: 3 };

/** treeOf makes a health tree into what is shown: what is not well first, then by name. */
export function treeOf(components: Record<string, HealthNode> | undefined, parent = ""): TreeNode[] {
  return Object.entries(components ?? {})
    .map(([name, health]) => {
      const path = `${parent}/${name}`;
      const children = treeOf(health.components, path);
      const state = stateOf(health);
      return { name, path, state, health, children, troubled: state !== "healthy" || children.some((c) => c.troubled) };
    })
    .sort(
      (a, b) =>
        Number(b.troubled) - Number(a.troubled) || order[a.state] - order[b.state] || a.name.localeCompare(b.name),
    );
}
