import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, type ReactNode } from "react";

import { fleetStatusQuery } from "../api/queries";
import type { FleetStatus } from "../api/types";
import { ErrorPanel } from "../ui/ErrorPanel";
import { HealthNotice } from "../ui/HealthNotice";
import { LoadingBlock } from "../ui/Loading";
import { PageHeader } from "../ui/PageHeader";
import { agentLooks, agentStatuses, configLooks, configStatuses } from "../ui/states";
import { AttentionPanel } from "./AttentionPanel";
import classes from "./fleet.module.css";
import { HistoryPanel } from "./HistoryPanel";
import { TallyPanel } from "./TallyPanel";
import { Verdict } from "./Verdict";
import { VersionsPanel } from "./VersionsPanel";

const StartPage = lazy(() => import("../start/StartPage"));

/** Whether the fleet is well, at one glance, and what is not. */
export default function FleetPage(): ReactNode {
  const status = useQuery({ ...fleetStatusQuery, refetchInterval: 30_000 });
  if (status.data?.total === 0) {
    return (
      <Suspense>
        <StartPage />
      </Suspense>
    );
  }
  return (
    <>
      <PageHeader title="Fleet">{status.data && <Verdict status={status.data} />}</PageHeader>
      <HealthNotice />
      {/* Numbers that were there stay there: that they are old is said above the page. */}
      {status.data === undefined &&
        (status.isError ? (
          <ErrorPanel error={status.error} what="The fleet's numbers could not be loaded" onRetry={() => void status.refetch()} />
        ) : (
          <div className="panel">
            <LoadingBlock height={240} what="the fleet's numbers" />
          </div>
        ))}
      {status.data && (
        <div className={classes.grid}>
          <Numbers status={status.data} />
          <AttentionPanel />
          <HistoryPanel />
        </div>
      )}
    </>
  );
}

function Numbers({ status }: { status: FleetStatus }): ReactNode {
  return (
    <>
      <TallyPanel
        title="Status"
        total={status.total}
        items={agentStatuses.map((key) => ({ key, look: agentLooks[key], count: status[key], href: `/agents?status=${key}` }))}
      />
      <TallyPanel
        title="Configuration"
        total={status.total}
        items={configStatuses.map((key) => ({ key, look: configLooks[key], count: status.config[key], href: `/agents?config_status=${key}` }))}
      />
      <VersionsPanel versions={status.versions} total={status.total} />
    </>
  );
}
