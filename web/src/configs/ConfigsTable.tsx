import type { ReactNode } from "react";
import { Link } from "wouter";

import type { ConfigSummary } from "../api/types";
import { Ago } from "../ui/Ago";
import classes from "./configs.module.css";
import { StateBar } from "./StateBar";
import { useDraftIds } from "./useShelf";

/** One row for each configuration. */
export function ConfigsTable({ configs }: { configs: ConfigSummary[] }): ReactNode {
  const drafts = useDraftIds();
  return (
    <div className={`panel ${classes.scrollX}`}>
      <table className={`plain-table ${classes.list}`}>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col" className={classes.wide}>
              Selector
            </th>
            <th scope="col" className={`number ${classes.wide}`}>
              Priority
            </th>
            <th scope="col" className="number">
              Version
            </th>
            <th scope="col" className="number">
              Agents
            </th>
            <th scope="col">State</th>
            <th scope="col" className={classes.wide}>
              Updated
            </th>
          </tr>
        </thead>
        <tbody>
          {configs.map((config) => (
            <Row key={config.id} config={config} unsaved={drafts.has(config.id)} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ config, unsaved }: { config: ConfigSummary; unsaved: boolean }): ReactNode {
  return (
    <tr>
      <th scope="row">
        <Link href={`/configs/${config.id}`} title={config.description}>
          {config.name}
        </Link>
        {unsaved && <span className="dimmed"> (not saved)</span>}
      </th>
      <td className={`${classes.wide} ${classes.cut}`} title={config.selector}>
        {config.selector === "" ? <span className="dimmed">none</span> : <span className="mono">{config.selector}</span>}
      </td>
      <td className={`number ${classes.wide}`}>{config.priority}</td>
      <td className="number">{config.version}</td>
      <td className="number">{config.agents.total.toLocaleString("en")}</td>
      <td>
        <StateBar counts={config.agents} />
      </td>
      <td className={classes.wide}>
        <Ago at={config.updated_at} />
      </td>
    </tr>
  );
}
