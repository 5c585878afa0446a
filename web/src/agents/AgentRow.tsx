import { Checkbox, Skeleton } from "@mantine/core";
import { FlexRender, type Row as TableRow } from "@tanstack/react-table";
import { memo } from "react";
import { Link } from "wouter";
import { ConfigStateBadge, Forgotten, Status } from "../ui/State";
import classes from "./agents.module.css";
import type { features } from "./columns";
import type { Row } from "./rows";

interface Props {
  index: number;
  top: number;
  height: number;
  narrow: boolean;
  template: string;
  /** Undefined while it is on its way. */
  row: TableRow<typeof features, Row> | undefined;
  selected: boolean;
  open: boolean;
  /** The one row that the tabulator reaches; the arrows go on from there. */
  active: boolean;
  href: string;
  onFocus: () => void;
  /** Undefined where nobody may select. */
  onSelect: ((id: string, range: boolean) => void) | undefined;
}

/** AgentRow is one row: a press anywhere on it opens the agent, but for what can be pressed itself. */
function AgentRow({
  index,
  top,
  height,
  narrow,
  template,
  row,
  selected,
  open,
  active,
  href,
  onFocus,
  onSelect,
}: Props) {
  const place = { transform: `translateY(${top}px)`, height };
  if (!row) {
    return (
      <div role="row" aria-rowindex={index + 2} className={classes.row} style={place}>
        <div role="cell" className={classes.pending} aria-label="Loading">
          <Skeleton height={10} width={`${20 + ((index * 7) % 12)}%`} />
        </div>
      </div>
    );
  }
  const agent = row.original;
  const link = (
    <Link
      href={href}
      className={classes.link}
      tabIndex={active ? 0 : -1}
      title={agent.name}
      aria-current={open ? "true" : undefined}
    >
      {agent.name}
    </Link>
  );
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      data-row={index}
      data-selected={selected || undefined}
      data-open={open || undefined}
      className={narrow ? classes.narrowRow : classes.row}
      style={narrow ? place : { ...place, gridTemplateColumns: template }}
      onFocus={onFocus}
    >
      {onSelect && (
        <div role="cell" className={classes.check}>
          <Checkbox
            aria-label={`Select ${agent.name}`}
            checked={selected}
            tabIndex={active ? 0 : -1}
            onChange={() => undefined}
            onClick={(event) => onSelect(agent.id, event.shiftKey)}
          />
        </div>
      )}
      {narrow ? (
        <div role="cell" className={classes.narrowCell}>
          <div className={classes.narrowLine}>
            {link}
            {agent.forgotten ? <Forgotten /> : <Status status={agent.status} />}
          </div>
          <div className={classes.narrowLine}>
            <span className={classes.cut}>
              {agent.configName === ""
                ? `${agent.type} ${agent.version}`
                : `${agent.configName} v${agent.configVersion ?? ""}`}
            </span>
            <ConfigStateBadge status={agent.configStatus} />
          </div>
        </div>
      ) : (
        row.getAllCells().map((cell) => (
          <div role="cell" key={cell.id} className={classes.cell}>
            {cell.column.id === "name" ? link : <FlexRender cell={cell} />}
          </div>
        ))
      )}
    </div>
  );
}

const Memo = memo(AgentRow);
export { Memo as AgentRow };
