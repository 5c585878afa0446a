import { IconCheck, IconMinus } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { Link } from "wouter";
import { segment } from "../api/client";
import type { Agent } from "../api/types";
import { Ago } from "../ui/Ago";
import { CopyId } from "../ui/CopyId";
import { ConfigStateBadge } from "../ui/State";
import classes from "./agent.module.css";
import { LabelsEditor } from "./LabelsEditor";
import { RetryButton } from "./RetryButton";
import { capabilityWord, lacking, sourceWord } from "./words";

/** Overview is who the agent is, what is wrong with it, and what it is meant to run. */
export function Overview({ agent, fixed }: { agent: Agent; /** Nothing can be done to it any more. */ fixed: boolean }) {
  return (
    <>
      <Troubles agent={agent} fixed={fixed} />
      <Section title="Identity">
        <Identity agent={agent} />
      </Section>
      <Section title="Configuration">
        <ConfigFacts agent={agent} />
      </Section>
      <Section title="Labels">
        <LabelsEditor agent={agent} fixed={fixed} />
      </Section>
      <Section title="Attributes">
        <Attributes agent={agent} />
      </Section>
      <Section title="Capabilities">
        <Capabilities agent={agent} />
      </Section>
      <Section title="Available components">
        <Components agent={agent} />
      </Section>
    </>
  );
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className={classes.section} aria-label={title}>
      <h3>{title}</h3>
      {children}
    </section>
  );
}

/** Troubles says first what somebody has to look at. */
function Troubles({ agent, fixed }: { agent: Agent; fixed: boolean }) {
  const { health, config } = agent;
  return (
    <>
      {agent.status === "unhealthy" && (
        <div className={classes.trouble}>
          <strong>The agent reports that it is unhealthy.</strong>{" "}
          {health?.last_error || "It does not say why; see the health of its components."}
        </div>
      )}
      {config.status === "failed" && (
        <div className={classes.trouble}>
          <strong>
            It could not apply {config.config_name} version {config.version}.
          </strong>{" "}
          {config.error || "It does not say why."}
          {!fixed && (
            <div className={classes.troubleFoot}>
              <RetryButton agent={agent} />
            </div>
          )}
        </div>
      )}
    </>
  );
}

function Identity({ agent }: { agent: Agent }) {
  const host = agent.attributes.non_identifying["host.name"] ?? agent.attributes.identifying["host.name"];
  return (
    <dl className={classes.facts}>
      <dt>Instance UID</dt>
      <dd>
        <CopyId id={agent.id} what="instance UID" />
      </dd>
      <dt>Type</dt>
      <dd>
        {agent.type || "not said"} {agent.version}
      </dd>
      <dt>Host</dt>
      <dd>{host ?? "not said"}</dd>
      <dt>Connection</dt>
      <dd>
        {agent.connected ? (
          <>
            {agent.transport === "http" ? "Plain HTTP" : "WebSocket"}
            {agent.remote_address && ` from ${agent.remote_address}`}, made <Ago at={agent.connected_at} />
          </>
        ) : (
          <>
            Not connected; last seen <Ago at={agent.last_seen_at} />
          </>
        )}
      </dd>
      <dt>First seen</dt>
      <dd>
        <Ago at={agent.first_seen_at} />
      </dd>
    </dl>
  );
}

function ConfigFacts({ agent: { config } }: { agent: Agent }) {
  return (
    <dl className={classes.facts}>
      <dt>Should run</dt>
      <dd>
        {config.config_id ? (
          <>
            <Link href={`/configs/${segment(config.config_id)}`} className={classes.link}>
              {config.config_name}
            </Link>{" "}
            version {config.version}, {sourceWord(config.source)}
          </>
        ) : (
          "None; it keeps running what it has"
        )}
      </dd>
      <dt>State</dt>
      <dd className={classes.inline}>
        <ConfigStateBadge status={config.status} />
        {config.changed_at && (
          <>
            {" "}
            <span className="dimmed">
              <Ago at={config.changed_at} />
            </span>
          </>
        )}
      </dd>
      {config.hash && (
        <>
          <dt>Hash</dt>
          <dd>
            <CopyId id={config.hash} what="hash" />
          </dd>
        </>
      )}
    </dl>
  );
}

function Attributes({ agent }: { agent: Agent }) {
  const rows = (of: Record<string, string>) =>
    Object.entries(of)
      .sort(([a], [b]) => a.localeCompare(b))
      .map(([key, value]) => (
        <div key={key} className={classes.pair}>
          <dt className="mono">{key}</dt>
          <dd className="mono">{value}</dd>
        </div>
      ));
  const all = [...rows(agent.attributes.identifying), ...rows(agent.attributes.non_identifying)];
  return all.length > 0 ? (
    <dl className={classes.pairs}>{all}</dl>
  ) : (
    <p className="dimmed">The agent says nothing of itself.</p>
  );
}

function Capabilities({ agent }: { agent: Agent }) {
  return (
    <ul className={classes.capabilities}>
      {agent.capabilities.map((name) => (
        <li key={name} title={name}>
          <IconCheck size={14} aria-hidden /> {capabilityWord(name)}
        </li>
      ))}
      {lacking(agent.capabilities).map((word) => (
        <li key={word} className="dimmed">
          <IconMinus size={14} aria-hidden /> {word}
        </li>
      ))}
    </ul>
  );
}

function Components({ agent }: { agent: Agent }) {
  const kinds = Object.entries(agent.components ?? {}).filter(([, ids]) => ids.length > 0);
  if (kinds.length === 0) return <p className="dimmed">The agent has not reported its components.</p>;
  return (
    <dl className={classes.facts}>
      {kinds.map(([kind, ids]) => (
        <div key={kind} className={classes.fact}>
          <dt>{kind.charAt(0).toUpperCase() + kind.slice(1)}</dt>
          <dd className="mono">{ids.join(", ")}</dd>
        </div>
      ))}
    </dl>
  );
}
