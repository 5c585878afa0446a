import { ActionIcon, Menu, Tabs } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { IconDots, IconForms, IconTrash } from "@tabler/icons-react";
import { useState, type ReactNode } from "react";
import { Link, useLocation, useSearchParams } from "wouter";

import { keys } from "../api/queries";
import { ReadOnly } from "../session/ReadOnly";
import { useMayWrite } from "../session/useSession";
import { ErrorPanel } from "../ui/ErrorPanel";
import { PageHeader } from "../ui/PageHeader";
import { typedOf } from "./begun";
import classes from "./configs.module.css";
import { DeleteDialog } from "./DeleteDialog";
import { EditPanel } from "./EditPanel";
import { HistoryPanel } from "./HistoryPanel";
import { Overview } from "./Overview";
import { taggedConfigQuery, type Tagged } from "./queries";
import { RenameDialog } from "./RenameDialog";
import type { Editing } from "./useDraft";
import { useSaid } from "./useSaid";
import { useShelf } from "./useShelf";

const tabs = ["overview", "edit", "history"] as const;
type Tab = (typeof tabs)[number];

interface Props {
  /** The id or name that the page was opened with. */
  address: string;
  tagged: Tagged;
  /** What is typed of it. */
  editing: Editing;
  /** Why the last reading failed. */
  error: unknown;
  /** It has been deleted meanwhile. */
  gone: boolean;
  onRetry: () => void;
}

/** A configuration that was read: where it is, its editor and its history. */
export function ConfigView({ address, tagged, editing, error, gone, onRetry }: Props): ReactNode {
  const { config } = tagged;
  const client = useQueryClient();
  const [, navigate] = useLocation();
  const [search, setSearch] = useSearchParams();
  const [dialog, setDialog] = useState<"rename" | "delete" | null>(null);
  const said = useSaid();
  const shelf = useShelf();
  const mayWrite = useMayWrite();
  const [unkept, setUnkept] = useState(false);
  const wanted = search.get("tab");
  const tab: Tab = tabs.find((name) => name === wanted) ?? "overview";
  const here = `/configs/${config.id}`;

  const onStored = (now: Tagged, before: Tagged | null): void => {
    client.setQueryData(taggedConfigQuery(config.id).queryKey, now);
    void client.invalidateQueries({ queryKey: keys.configs });
    navigate(here, { state: { said: told(now, before) } });
  };
  // What was typed over a text that there is no more is kept whole, where a new configuration finds it.
  const goOnAsNew = (): void => {
    const kept = { ...typedOf(null, editing.draft), version: 0, tag: "", at: Date.now(), open: false };
    if (!shelf.keep(shelf.place(""), kept)) {
      setUnkept(true);
      return;
    }
    editing.discard();
    navigate("/configs/new");
  };
  return (
    <>
      <PageHeader
        title={config.name}
        actions={
          mayWrite && (
            <Menu position="bottom-end">
              <Menu.Target>
                <ActionIcon variant="default" aria-label={`More on ${config.name}`}>
                  <IconDots size={16} />
                </ActionIcon>
              </Menu.Target>
              <Menu.Dropdown>
                <Menu.Item leftSection={<IconForms size={14} />} onClick={() => setDialog("rename")}>
                  Rename…
                </Menu.Item>
                <Menu.Item leftSection={<IconTrash size={14} />} color="red" onClick={() => setDialog("delete")}>
                  Delete…
                </Menu.Item>
              </Menu.Dropdown>
            </Menu>
          )
        }
      >
        <span className="dimmed">version {config.version}</span>
      </PageHeader>
      {gone && (
        <p role="alert" className={classes.notice}>
          This configuration has been deleted meanwhile. What is here is what it was. <Link href="/configs">All configurations</Link>
          {mayWrite && editing.dirty && (
            <>
              {" "}
              <button type="button" className={classes.asLink} onClick={goOnAsNew}>
                Go on with your text as a new configuration
              </button>
              {unkept && " This browser has no room to keep it: copy it from the editor."}
            </>
          )}
        </p>
      )}
      {error !== null && !gone && <ErrorPanel error={error} what="What is here may be out of date" onRetry={onRetry} />}
      {said !== "" && (
        <p role="status" className={classes.said}>
          {said}
        </p>
      )}
      <Tabs value={tab} onChange={(next) => setSearch(next === null || next === "overview" ? {} : { tab: next })} keepMounted={false}>
        <Tabs.List aria-label={`Views of ${config.name}`}>
          <Tabs.Tab value="overview">Overview</Tabs.Tab>
          {(mayWrite || tab === "edit") && <Tabs.Tab value="edit">Edit{editing.dirty ? " (not saved)" : ""}</Tabs.Tab>}
          <Tabs.Tab value="history">History</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="overview" pt={12}>
          <Overview config={config} />
        </Tabs.Panel>
        <Tabs.Panel value="edit" pt={12}>
          {mayWrite ? (
            <EditPanel editing={editing} onStored={onStored} />
          ) : (
            <div className="panel">
              <ReadOnly what="Configurations are changed by admins" />
            </div>
          )}
        </Tabs.Panel>
        <Tabs.Panel value="history" pt={12}>
          <HistoryPanel tagged={tagged} onStored={onStored} />
        </Tabs.Panel>
      </Tabs>
      <RenameDialog opened={dialog === "rename"} tagged={tagged} onClose={() => setDialog(null)} onStored={onStored} />
      <DeleteDialog
        opened={dialog === "delete"}
        tagged={tagged}
        onClose={() => setDialog(null)}
        onDeleted={() => {
          editing.discard();
          shelf.forget(config.id);
          navigate("/configs", { state: { said: `${config.name} is deleted.` } });
          for (const ref of [address, config.id]) client.removeQueries({ queryKey: [...keys.configs, ref] }); // there is nothing to read again
          void client.invalidateQueries({ queryKey: keys.configs });
        }}
      />
    </>
  );
}

function told({ config: now }: Tagged, before: Tagged | null): string {
  if (now.version !== before?.config.version) return `${now.name} is stored as version ${now.version}.`;
  if (now.name !== before.config.name) return `${before.config.name} is called ${now.name} now.`;
  return `${now.name} is stored.`;
}
