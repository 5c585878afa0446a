import { Button } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useRef, useState, type ReactNode } from "react";

import { ApiError } from "../api/problem";
import { keys } from "../api/queries";
import { PipelineGraph } from "../pipeline/PipelineGraph";
import { ErrorPanel } from "../ui/ErrorPanel";
import { LoadingBlock } from "../ui/Loading";
import { ChangeDialog, type Change } from "./ChangeDialog";
import classes from "./configs.module.css";
import { draftOf } from "./draftOf";
import { Fields } from "./Fields";
import { fieldOf, type Finding } from "./findings";
import { FindingsList } from "./FindingsList";
import { LiveReach } from "./LiveReach";
import { previewOf, store, type Tagged } from "./queries";
import { DraftNotices } from "./DraftNotices";
import type { Editing } from "./useDraft";
import { useFindings } from "./useFindings";
import type { YamlEditorHandle } from "./YamlEditor";

const YamlEditor = lazy(() => import("./YamlEditor"));

interface Props {
  editing: Editing;
  onStored: (now: Tagged, before: Tagged | null) => void;
}

/** Everything that an operator writes of a configuration, with what the server says of it as one types. */
export function EditPanel({ editing, onStored }: Props): ReactNode {
  const client = useQueryClient();
  const { draft, base, dirty } = editing;
  const checks = useFindings(draft.config);
  const [refused, setRefused] = useState<readonly Finding[]>([]);
  const [change, setChange] = useState<Change | null>(null);
  const editor = useRef<YamlEditorHandle>(null);
  const id = base?.config.id ?? "";

  const ask = (): void => {
    if (!dirty || editing.rival) return;
    setRefused([]);
    setChange({
      title: base ? `Save ${base.config.name}` : `Create ${draft.name || "a configuration"}`,
      verb: base ? "Save" : "Create",
      request: previewOf(id, draft),
      from: base && draftOf(base.config),
      to: draft,
    });
  };
  const save = async (confirm: number): Promise<void> => {
    try {
      const now = await store(id, draft, base?.etag ?? "", confirm);
      setChange(null);
      editing.stored(now);
      onStored(now, base);
    } catch (error) {
      if (error instanceof ApiError && error.status === 412) {
        setChange(null); // what the other has stored is read, and shown beside the text
        await client.invalidateQueries({ queryKey: keys.configs });
        return;
      }
      if (error instanceof ApiError) setRefused(error.findings);
      throw error;
    }
  };

  return (
    <div className={classes.edit}>
      <DraftNotices editing={editing} />
      <Fields draft={draft} findings={refused} onChange={editing.change} />
      <div className={classes.editColumns}>
        <div className={classes.editMain}>
          <Suspense fallback={<LoadingBlock what="the editor" height={420} />}>
            <YamlEditor
              key={id}
              text={draft.config}
              label="Configuration in YAML"
              findings={checks.findings}
              onChange={(config) => editing.change({ config })}
              onSave={ask}
              handle={editor}
            />
          </Suspense>
          {checks.error === null ? (
            <FindingsList
              findings={[...refused.filter((f) => f.line === 0 && fieldOf(f) === null), ...checks.findings]}
              checking={checks.checking}
              onGo={(line, column) => editor.current?.goTo(line, column)}
            />
          ) : (
            <ErrorPanel error={checks.error} what="The text could not be checked" onRetry={checks.retry} />
          )}
        </div>
        <div className={classes.editSide}>
          <section className={`panel ${classes.block}`} aria-label="Pipelines">
            <h2>Pipelines</h2>
            <PipelineGraph yaml={draft.config} />
          </section>
          <LiveReach id={id} draft={draft} />
        </div>
      </div>
      <div className={classes.saveBar}>
        <span role="status" className="dimmed">
          {dirty ? "Not saved" : base ? "No changes" : ""}
          {editing.unkept && ". The browser has no room to keep it: do not close this page"}
        </span>
        {dirty && (
          <Button variant="default" onClick={editing.discard}>
            Discard changes
          </Button>
        )}
        <Button onClick={ask} disabled={!dirty || editing.rival !== null}>
          {base ? "Save…" : "Create…"}
        </Button>
      </div>
      <ChangeDialog change={change} onClose={() => setChange(null)} onConfirm={save} />
    </div>
  );
}
