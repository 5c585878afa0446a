import { BaseEdge, type Edge, type EdgeProps } from "@xyflow/react";
import { pathBetween } from "./layout";
import classes from "./pipeline.module.css";

export type BetweenEdgeType = Edge<{ rowTop: number; lane: number }, "between">;

/** BetweenEdge leads from one pipeline to another. */
export function BetweenEdge({ sourceX, sourceY, targetX, targetY, data }: EdgeProps<BetweenEdgeType>) {
  const path = pathBetween(
    { x: sourceX, y: sourceY },
    { x: targetX, y: targetY },
    data?.rowTop ?? targetY,
    data?.lane ?? 0,
  );
  return <BaseEdge path={path} className={classes.between ?? ""} />;
}
