import { Skeleton } from "@mantine/core";
import { lazy, Suspense } from "react";
import type { HealthNode } from "./health";

// The graph library and the YAML parser are loaded when somebody looks at a graph.
const PipelineView = lazy(() => import("./PipelineView"));

export interface PipelineGraphProps {
  /** A collector's configuration. While it cannot be read, the last one that could stays drawn. */
  yaml: string;
  /** The agent's health tree; left out, the graph says nothing of health. */
  health?: HealthNode | undefined;
}

/** PipelineGraph draws the pipelines of a collector's configuration, or lists them for those who do not look. */
export function PipelineGraph(props: PipelineGraphProps) {
  return (
    <Suspense fallback={<Skeleton height={220} aria-label="Loading the pipeline graph" />}>
      <PipelineView {...props} />
    </Suspense>
  );
}
