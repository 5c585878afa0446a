import { IconChevronDown, IconChevronUp } from "@tabler/icons-react";
import classes from "./agents.module.css";
import { columnTitles } from "./columns";
import { sortable, type AgentsView, type ColumnId } from "./view";

interface Props {
  id: ColumnId;
  view: AgentsView;
  onView: (change: Partial<AgentsView>) => void;
}

/** HeaderCell names a column; where the server can order by it, a press does. */
export function HeaderCell({ id, view, onView }: Props) {
  const current = view.orderBy === id;
  const Arrow = view.descending ? IconChevronDown : IconChevronUp;
  if (!sortable.includes(id)) {
    return (
      <div role="columnheader" className={classes.headCell}>
        {columnTitles[id]}
      </div>
    );
  }
  return (
    <div
      role="columnheader"
      className={classes.headCell}
      aria-sort={current ? (view.descending ? "descending" : "ascending") : "none"}
    >
      <button
        type="button"
        className={classes.sort}
        onClick={() => onView({ orderBy: id, descending: current && !view.descending })}
      >
        {columnTitles[id]}
        {current && <Arrow size={13} aria-hidden />}
      </button>
    </div>
  );
}
