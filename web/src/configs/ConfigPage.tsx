import { useQuery } from "@tanstack/react-query";
import { useEffect, type ReactNode } from "react";
import { Link } from "wouter";

import { ApiError } from "../api/problem";
import { ReadOnly } from "../session/ReadOnly";
import { useMayWrite } from "../session/useSession";
import { ErrorPanel } from "../ui/ErrorPanel";
import { LoadingBlock } from "../ui/Loading";
import { PageHeader } from "../ui/PageHeader";
import { ConfigView } from "./ConfigView";
import { NewConfig } from "./NewConfig";
import { taggedConfigQuery } from "./queries";
import { useShelf } from "./useShelf";
import { WithDraft } from "./WithDraft";

/** The page of one configuration, by id or name, or of a new one. */
export default function ConfigPage({ id }: { id: string }): ReactNode {
  const mayWrite = useMayWrite();
  if (id !== "new") return <OneConfig id={id} />;
  return mayWrite ? <NewConfig /> : <NoNewConfig />;
}

function NoNewConfig(): ReactNode {
  return (
    <>
      <PageHeader title="New configuration" />
      <div className="panel">
        <ReadOnly what="Configurations are written by admins" action={<Link href="/configs">All configurations</Link>} />
      </div>
    </>
  );
}

function OneConfig({ id }: { id: string }): ReactNode {
  const { data, error, refetch } = useQuery(taggedConfigQuery(id));
  const gone = error instanceof ApiError && error.status === 404;
  const shelf = useShelf();
  const lost = gone && !data;
  useEffect(() => {
    if (lost) shelf.forget(id);
  }, [lost, shelf, id]);
  // What was read stays on the page when a later reading fails, unless it is gone: then its text may still be in the editor.
  if (data) {
    return (
      <WithDraft key={data.config.id} latest={data}>
        {(editing) => <ConfigView address={id} tagged={data} editing={editing} error={error} gone={gone} onRetry={() => void refetch()} />}
      </WithDraft>
    );
  }
  return (
    <>
      <PageHeader title={gone ? "No such configuration" : "Configuration"} />
      {error === null ? (
        <div className="panel">
          <LoadingBlock what="the configuration" height={320} />
        </div>
      ) : (
        <>
          <ErrorPanel error={error} what="The configuration could not be loaded" onRetry={() => void refetch()} />
          <p>
            <Link href="/configs">All configurations</Link>
          </p>
        </>
      )}
    </>
  );
}
