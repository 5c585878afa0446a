import { IconAlertTriangle } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { healthQuery } from "../api/queries";
import type { Health } from "../api/types";
import classes from "./panels.module.css";

const heads = {
  failed: "The server cannot do its work",
  degraded: "The server works, but not all of it",
};

/** What the server says is wrong with itself; nothing while all is well. */
export function HealthNotice(): ReactNode {
  const { data } = useQuery(healthQuery);
  if (data?.status !== "failed" && data?.status !== "degraded") return null;
  return (
    <div role="alert" className={classes.error} data-look={data.status} style={{ marginBottom: 12 }}>
      <IconAlertTriangle size={18} aria-hidden />
      <div style={{ minWidth: 0 }}>
        <p>
          <strong>{heads[data.status]}.</strong> {data.status === "failed" && "What you change may be refused until it is well again."}
        </p>
        <ul style={{ margin: "6px 0 0", paddingLeft: 18 }}>
          {wrong(data).map(([name, check]) => (
            <li key={name} style={{ overflowWrap: "anywhere" }}>
              {name}: {check.status}
              {check.detail !== undefined && `: ${check.detail}`}
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}

function wrong(health: Health) {
  return Object.entries(health.checks ?? {}).filter(([, check]) => check.status === "failed" || check.status === "degraded");
}
