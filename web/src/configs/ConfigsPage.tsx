import { Button, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useInfiniteQuery } from "@tanstack/react-query";
import { IconFileSettings, IconPlus, IconSearch } from "@tabler/icons-react";
import { useEffect, useState, type ReactNode } from "react";
import { Link, useSearchParams } from "wouter";

import { configPagesQuery } from "../api/queries";
import { useMayWrite } from "../session/useSession";
import { Empty } from "../ui/Empty";
import { ErrorPanel } from "../ui/ErrorPanel";
import { LoadingRows } from "../ui/Loading";
import { counted } from "../ui/numbers";
import { PageHeader } from "../ui/PageHeader";
import classes from "./configs.module.css";
import { ConfigsTable } from "./ConfigsTable";
import { useSaid } from "./useSaid";
import { useDraftIds } from "./useShelf";

/** All configurations, and how far each has come on its agents. */
export default function ConfigsPage(): ReactNode {
  const [search, setSearch] = useSearchParams();
  const q = search.get("q") ?? "";
  const [typed, setTyped] = useState(q);
  const [settled] = useDebouncedValue(typed, 200);
  const said = useSaid();
  const mayWrite = useMayWrite();
  const drafts = useDraftIds();
  useEffect(() => {
    if (settled !== q) setSearch(settled === "" ? {} : { q: settled }, { replace: true });
  }, [settled, q, setSearch]);
  const list = useInfiniteQuery(configPagesQuery(q));
  const total = list.data?.pages.at(-1)?.total_size;

  return (
    <>
      <PageHeader
        title="Configurations"
        actions={
          <>
            <TextInput
              data-search
              type="search"
              aria-label="Search configurations"
              placeholder="Search"
              leftSection={<IconSearch size={14} aria-hidden />}
              value={typed}
              onChange={(event) => setTyped(event.currentTarget.value)}
            />
            {mayWrite && (
              <Button component={Link} href="/configs/new" leftSection={<IconPlus size={14} aria-hidden />}>
                New configuration
              </Button>
            )}
          </>
        }
      >
        {total !== undefined && <span className="dimmed">{counted(total, "configuration")}</span>}
      </PageHeader>
      {said !== "" && (
        <p role="status" className={classes.said}>
          {said}
        </p>
      )}
      {mayWrite && drafts.has("") && (
        <p className={classes.notice}>
          A new configuration is not saved yet. <Link href="/configs/new">Go on with it</Link>
        </p>
      )}
      {list.error !== null && (
        <ErrorPanel error={list.error} what="The configurations could not be loaded" onRetry={() => void list.refetch()} />
      )}
      {list.isPending && (
        <div className="panel">
          <LoadingRows what="the configurations" />
        </div>
      )}
      {total !== undefined && total > 0 && (
        <ConfigsTable
          // Another search begins at its beginning.
          key={q}
          pages={list.data?.pages ?? []}
          total={total}
          onMore={() => void (list.hasNextPage && !list.isFetching && list.error === null && list.fetchNextPage())}
        />
      )}
      {total === 0 && <None q={q} mayWrite={mayWrite} onClear={() => setTyped("")} />}
    </>
  );
}

function None({ q, mayWrite, onClear }: { q: string; mayWrite: boolean; onClear: () => void }): ReactNode {
  if (q !== "") {
    return (
      <div className="panel">
        <Empty icon={IconSearch} title={`No configuration has “${q}” in its name or description`} action={<Button onClick={onClear}>Clear the search</Button>} />
      </div>
    );
  }
  return (
    <div className="panel">
      <Empty
        icon={IconFileSettings}
        title="There are no configurations yet"
        action={
          mayWrite && (
            <Button component={Link} href="/configs/new">
              Make the first one
            </Button>
          )
        }
      >
        A configuration is what collectors run. With a selector it reaches every agent that fits; without one, those that it is assigned to.
      </Empty>
    </div>
  );
}
