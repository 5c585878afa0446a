import type { ReactNode } from "react";

import type { Config } from "../api/types";
import { PipelineGraph } from "../pipeline/PipelineGraph";
import { Ago } from "../ui/Ago";
import { CopyId } from "../ui/CopyId";
import { agents } from "./changes";
import { ConfigAgents } from "./ConfigAgents";
import classes from "./configs.module.css";
import { labelText } from "./draftOf";
import { StateBar } from "./StateBar";

/** Where a configuration is: in which state on how many agents, on which, and what it is. */
export function Overview({ config }: { config: Config }): ReactNode {
  return (
    <div className={classes.overview}>
      <section className={`panel ${classes.block} ${classes.half}`} aria-label="On agents">
        <h2>On {agents(config.agents.total)}</h2>
        <StateBar counts={config.agents} />
      </section>
      <section className={`panel ${classes.block} ${classes.half}`} aria-label="About">
        <Facts config={config} />
      </section>
      <section className={`panel ${classes.block}`} aria-label="Pipelines">
        <h2>Pipelines</h2>
        <PipelineGraph yaml={config.config} />
      </section>
      <ConfigAgents config={config} />
    </div>
  );
}

function Facts({ config }: { config: Config }): ReactNode {
  const labels = labelText(config.labels);
  return (
    <dl className={classes.facts}>
      {config.description !== "" && (
        <div>
          <dt>Description</dt>
          <dd>{config.description}</dd>
        </div>
      )}
      <div>
        <dt>Selector</dt>
        <dd>
          {config.selector === "" ? (
            <span className="dimmed">none: only agents that it is assigned to</span>
          ) : (
            <span className="mono">{config.selector}</span>
          )}
        </dd>
      </div>
      <div>
        <dt>Priority</dt>
        <dd>{config.priority}</dd>
      </div>
      {labels !== "" && (
        <div>
          <dt>Labels</dt>
          <dd className="mono">{labels}</dd>
        </div>
      )}
      <div>
        <dt>Version</dt>
        <dd>
          {config.version}, hash <CopyId id={config.hash} what="the hash" />
        </dd>
      </div>
      <div>
        <dt>Updated</dt>
        <dd>
          <Ago at={config.updated_at} />, created <Ago at={config.created_at} />
        </dd>
      </div>
    </dl>
  );
}
