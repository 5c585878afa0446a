import { Button } from "@mantine/core";
import { IconRefresh, IconRepeat, IconTag, IconTransfer, IconUnlink } from "@tabler/icons-react";
import { useState } from "react";
import { agents } from "./batch";
import classes from "./agents.module.css";
import type { ActKind } from "./BatchDialog";
import type { AgentRows } from "./rows";
import { nothingSelected, selectAll, type Selection } from "./selection";

interface Props {
  rows: AgentRows;
  selection: Selection;
  onSelection: (selection: Selection) => void;
  onAct: (kind: ActKind) => void;
  onError: (error: unknown) => void;
}

/** SelectionBar says how many are selected and what can be done to them. It lies over the end of the table, so that no row moves. */
export function SelectionBar({ rows, selection, onSelection, onAct, onError }: Props) {
  const [loading, setLoading] = useState(false);
  const count = selection.ids.size;
  const total = rows.total ?? 0;
  const selectMatching = async () => {
    setLoading(true);
    try {
      onSelection(selectAll((await rows.all()).map((row) => row.id)));
    } catch (error) {
      onError(error);
    } finally {
      setLoading(false);
    }
  };
  return (
    <div className={classes.bar} data-selecting role="region" aria-label="Selected agents">
      <strong role="status">{agents(count)} selected</strong>
      {total > count && (
        <Button variant="subtle" size="compact-xs" loading={loading} onClick={() => void selectMatching()}>
          Select all {total.toLocaleString("en")} that match
        </Button>
      )}
      <Button variant="subtle" size="compact-xs" onClick={() => onSelection(nothingSelected)}>
        Clear
      </Button>
      <Acts onAct={onAct} />
    </div>
  );
}

function Acts({ onAct }: { onAct: (kind: ActKind) => void }) {
  return (
    <span className={classes.barEnd}>
      <Button variant="default" size="compact-sm" leftSection={<IconTag size={14} />} onClick={() => onAct("labels")}>
        Labels
      </Button>
      <Button
        variant="default"
        size="compact-sm"
        leftSection={<IconTransfer size={14} />}
        onClick={() => onAct("assign")}
      >
        Assign
      </Button>
      <Button
        variant="default"
        size="compact-sm"
        leftSection={<IconUnlink size={14} />}
        onClick={() => onAct("unassign")}
      >
        Unassign
      </Button>
      <Button variant="default" size="compact-sm" leftSection={<IconRepeat size={14} />} onClick={() => onAct("retry")}>
        Retry
      </Button>
      <Button
        variant="default"
        size="compact-sm"
        leftSection={<IconRefresh size={14} />}
        onClick={() => onAct("restart")}
      >
        Restart
      </Button>
    </span>
  );
}
