import type { Agent } from "../api/types";
import { StateIcon, stateWords } from "../pipeline/states";
import { Ago } from "../ui/Ago";
import { Status } from "../ui/State";
import classes from "./agent.module.css";
import { treeOf, type TreeNode } from "./tree";

/** Above this many components, those branches are closed at first in which all is well. */
const manyNodes = 60;

/** HealthTree shows what an agent says of its own state and of each component, what is not well first. */
export function HealthTree({ agent }: { agent: Agent }) {
  const { health } = agent;
  if (!health) {
    return (
      <p>
        The agent has reported no health{agent.capabilities.includes("ReportsHealth") ? " yet" : ": it does not do so"}.
      </p>
    );
  }
  const tree = treeOf(health.components);
  const many = count(tree) > manyNodes;
  return (
    <div>
      {!agent.connected && <p className="dimmed">As it was last reported: the agent is not connected.</p>}
      <dl className={`${classes.facts} ${classes.whole}`}>
        <dt>Collector</dt>
        <dd className={classes.inline}>
          <Status status={agent.connected ? (health.healthy ? "healthy" : "unhealthy") : agent.status} />{" "}
          <span className="dimmed">{health.status}</span>
        </dd>
        {health.last_error !== "" && (
          <>
            <dt>Error</dt>
            <dd className={classes.error}>{health.last_error}</dd>
          </>
        )}
        <dt>Started</dt>
        <dd>
          <Ago at={health.started_at} fallback="not said" />
        </dd>
        <dt>Status since</dt>
        <dd>
          <Ago at={health.status_at} fallback="not said" />
        </dd>
      </dl>
      {tree.length > 0 ? (
        <Branch nodes={tree} many={many} label="Health of components" />
      ) : (
        <p className="dimmed">The agent says nothing of its components.</p>
      )}
    </div>
  );
}

function Branch({ nodes, many, label }: { nodes: TreeNode[]; many: boolean; label?: string }) {
  return (
    <ul className={classes.tree} aria-label={label}>
      {nodes.map((node) => (
        <li key={node.path}>
          {node.children.length > 0 ? (
            <details open={!many || node.troubled}>
              <summary>
                <Line node={node} />
                <Problem node={node} />
              </summary>
              <Branch nodes={node.children} many={many} />
            </details>
          ) : (
            <>
              <Line node={node} />
              <Problem node={node} />
            </>
          )}
        </li>
      ))}
    </ul>
  );
}

function Line({ node }: { node: TreeNode }) {
  return (
    <span className={classes.treeLine}>
      <StateIcon state={node.state} />
      <span className="mono">{node.name}</span>
      <span className={classes.treeStatus} title={node.health.status}>
        {node.health.status ?? stateWords[node.state]}
      </span>
      <span className={classes.treeTime}>
        <Ago at={node.health.status_at} fallback="" />
      </span>
    </span>
  );
}

/** What is wrong with a component, at its own line and not below its children. */
function Problem({ node }: { node: TreeNode }) {
  const { last_error: error } = node.health;
  return error ? <span className={classes.treeError}>{error}</span> : null;
}

function count(nodes: TreeNode[]): number {
  return nodes.reduce((sum, node) => sum + 1 + count(node.children), 0);
}
