import { useState, type ReactNode } from "react";
import { Link } from "wouter";

import type { FleetStatus } from "../api/types";
import { count, percent } from "../ui/numbers";
import classes from "./fleet.module.css";

const FEW = 6;

type Version = FleetStatus["versions"][number];

/** Which versions run, the most common first. */
export function VersionsPanel({ versions, total }: { versions: Version[]; total: number }): ReactNode {
  const [all, setAll] = useState(false);
  const shown = all ? versions : versions.slice(0, FEW);
  return (
    <section className={`panel ${classes.tally}`} aria-label="Versions">
      <h2>Versions</h2>
      <div className={classes.bar} aria-hidden>
        {versions.map((version) => (
          <span key={`${version.type} ${version.version}`} className={classes.plain} style={{ flexGrow: version.agents }} />
        ))}
      </div>
      <ul>
        {shown.map((version) => (
          <li key={`${version.type} ${version.version}`}>
            <Link href={agentsOf(version)} className={classes.tallyRow}>
              <span className={classes.version}>
                {version.type || "no type"} <span className="dimmed">{version.version || "no version"}</span>
              </span>
              <span className={classes.share}>{percent(version.agents, total)}</span>
              <span className={classes.count}>{count(version.agents)}</span>
            </Link>
          </li>
        ))}
      </ul>
      {versions.length > FEW && (
        <button type="button" className={classes.more} onClick={() => setAll(!all)} aria-expanded={all}>
          {all ? "Show fewer" : `Show all ${count(versions.length)}`}
        </button>
      )}
    </section>
  );
}

/** What a selector can say; the rest is searched for. */
const selectable = /^([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)$/;

export function agentsOf({ type, version }: Version): string {
  const query = new URLSearchParams();
  if (selectable.test(type) && selectable.test(version)) query.set("selector", `service.name=${type},service.version=${version}`);
  else query.set("q", version || type);
  return `/agents?${query.toString()}`;
}
