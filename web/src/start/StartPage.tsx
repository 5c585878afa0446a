import { Button, Tabs } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";

import { api } from "../api/client";
import { healthQuery } from "../api/queries";
import type { NewToken } from "../api/types";
import { useMayWrite, useSession } from "../session/useSession";
import { Secret } from "../tokens/Secret";
import { ErrorPanel } from "../ui/ErrorPanel";
import { HealthNotice } from "../ui/HealthNotice";
import { LoadingBlock } from "../ui/Loading";
import { PageHeader } from "../ui/PageHeader";
import { CodeBlock } from "./CodeBlock";
import { addresses, installLines, supervisorFile, tokenName } from "./instructions";
import { save } from "./save";
import classes from "./start.module.css";

/** How to connect the first collector. The fleet's page takes its place by itself once there is an agent. */
export default function StartPage(): ReactNode {
  const session = useSession();
  const needsToken = session.state === "in" && session.session.auth_mode === "token";
  // The server alone knows where its agents connect and whether it has packages: until it has said so, nothing is copied.
  const health = useQuery(healthQuery);
  if (!health.data) {
    return (
      <div className={classes.page}>
        <PageHeader title="Connect the first collector" />
        {health.isError ? (
          <ErrorPanel error={health.error} what="Where agents connect could not be read" onRetry={() => void health.refetch()} />
        ) : (
          <LoadingBlock what="where agents connect" height={320} />
        )}
      </div>
    );
  }
  const where = addresses(window.location, health.data.agent_path);
  const served = health.data.packages === true;
  return (
    <div className={classes.page}>
      <PageHeader title="Connect the first collector" />
      <HealthNotice />
      <p className={classes.lead}>
        No agent has connected yet. An OpenTelemetry Collector joins through its OpAMP supervisor, which keeps it running and takes its configuration from here.
      </p>
      <Step number={1} title="Where agents connect">
        <CodeBlock text={where.agents} what="the address" inline />
        {where.loopback && (
          <p className="dimmed">
            You have opened this page by an address that only this machine knows. For collectors on other machines, open it by one that they can reach; the lines
            below follow.
          </p>
        )}
      </Step>
      {needsToken && (
        <Step number={2} title="What they identify themselves with">
          <EnrolmentToken />
        </Step>
      )}
      <Step number={needsToken ? 3 : 2} title="On the collector's machine">
        <Tabs defaultValue={served ? "package" : "supervisor"} keepMounted={false}>
          {served && (
            <Tabs.List>
              <Tabs.Tab value="package">Install the package</Tabs.Tab>
              <Tabs.Tab value="supervisor">Supervisor file</Tabs.Tab>
            </Tabs.List>
          )}
          {served && (
            <Tabs.Panel value="package" pt="sm">
              <p>
                As root{needsToken && ", beside the file enrolment.token"}. It fetches the newest package for the machine from here, checks it, installs it and
                connects it:
              </p>
              <CodeBlock text={installLines(where, needsToken)} what="the line that installs" />
            </Tabs.Panel>
          )}
          <Tabs.Panel value="supervisor" pt="sm">
            <p>
              For a collector that you have: save this as <span className="mono">supervisor.yaml</span>
              {needsToken && (
                <>
                  , the token as <span className="mono">/etc/ollystack/enrolment.token</span> without a line end
                </>
              )}
              , set the path of your collector, and start <span className={`mono ${classes.command}`}>opampsupervisor --config supervisor.yaml</span>.
            </p>
            <CodeBlock text={supervisorFile(where, needsToken)} what="the supervisor's file" fileName="supervisor.yaml" />
          </Tabs.Panel>
        </Tabs>
      </Step>
      <p role="status" className={classes.waiting}>
        <span className={classes.pulse} aria-hidden /> Waiting for the first agent. This page changes by itself.
      </p>
    </div>
  );
}

function Step({ number, title, children }: { number: number; title: string; children: ReactNode }): ReactNode {
  return (
    <section className={`panel ${classes.step}`} aria-label={title}>
      <span className={classes.number} aria-hidden>
        {number}
      </span>
      <div className={classes.body}>
        <h2>{title}</h2>
        {children}
      </div>
    </section>
  );
}

/** Makes a token for agents when it is asked for: one that nobody wants is one to forget. */
function EnrolmentToken(): ReactNode {
  const mayWrite = useMayWrite();
  const [made, setMade] = useState<NewToken | null>(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const make = async (): Promise<void> => {
    setBusy(true);
    setError(null);
    try {
      setMade(await api.post<NewToken>("/tokens", { name: tokenName(new Date()), role: "agent" }));
    } catch (thrown) {
      setError(thrown);
    }
    setBusy(false);
  };

  if (!mayWrite) return <p>An enrolment token. Ask an admin for one: the role that you have signed in with makes none.</p>;
  return (
    <>
      <p>
        A token of the role agent, in a file <span className="mono">enrolment.token</span> that only root can read. Copy it as a file (scp): what stands in a command
        line ends up in the shell&apos;s history.
      </p>
      {error !== null && <ErrorPanel error={error} what="No token was made" />}
      {made ? (
        <>
          <Secret text={made.token} what="the enrolment token" />
          <div className={classes.row}>
            <Button variant="default" leftSection={<IconDownload size={14} aria-hidden />} onClick={() => save("enrolment.token", made.token)}>
              Save as enrolment.token
            </Button>
            <span className="dimmed">It is not shown again. Its name is {made.name}.</span>
          </div>
        </>
      ) : (
        <Button onClick={() => void make()} loading={busy}>
          Make an enrolment token
        </Button>
      )}
    </>
  );
}
