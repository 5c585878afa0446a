import { Checkbox, Skeleton } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useTable } from "@tanstack/react-table";
import { defaultRangeExtractor, useVirtualizer, type Range } from "@tanstack/react-virtual";
import {
  useCallback,
  useEffect,
  useImperativeHandle,
  useMemo,
  useRef,
  useState,
  type FocusEvent,
  type KeyboardEvent,
  type Ref,
} from "react";
import { AgentRow } from "./AgentRow";
import classes from "./agents.module.css";
import { columns, columnWidths, features } from "./columns";
import { HeaderCell } from "./HeaderCell";
import type { AgentRows, Row } from "./rows";
import { nothingSelected, selectAll, toggle, toggleTo, type Selection } from "./selection";
import type { AgentsView, ColumnId } from "./view";

const checkWidth = 36;
const rowHeight = 32;
const narrowRowHeight = 58;
/** What a narrow screen shows of each agent, and can be ordered by there. */
const narrowColumns: readonly ColumnId[] = ["name", "status", "config_status"];
/** How many rows ahead of what is seen are loaded. */
const ahead = 150;

export interface TableHandle {
  /** The last row that is seen now. */
  lastVisible: () => number;
  /** Whether the pointer or the focus is in the rows, so that nothing in them may move. */
  busy: () => boolean;
  focus: () => void;
}

interface Props {
  rows: AgentRows;
  stale: boolean;
  view: AgentsView;
  onView: (change: Partial<AgentsView>) => void;
  selection: Selection;
  /** Undefined where nobody may select. */
  onSelection: ((selection: Selection) => void) | undefined;
  /** The agent whose panel is open. */
  open: string | undefined;
  addressOf: (id: string) => string;
  handle: Ref<TableHandle>;
}

/** AgentsTable shows the rows that are seen, and has those loaded that are about to be. */
export function AgentsTable({ rows, stale, view, onView, selection, onSelection, open, addressOf, handle }: Props) {
  const narrow = useMediaQuery("(max-width: 40em)", undefined, { getInitialValueInEffect: false });
  const scroller = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(0);
  /** The row that has the focus: it stays drawn wherever one scrolls, or the focus would be nowhere. */
  const [focused, setFocused] = useState<number>();
  /** The row that is to have the focus once it is there. */
  const awaited = useRef<number>(undefined);
  const count = rows.total ?? 0;
  const drawn = useCallback((range: Range) => withRow(defaultRangeExtractor(range), focused, range.count), [focused]);
  // eslint-disable-next-line react-hooks/incompatible-library -- what it returns is used here only
  const virtual = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => (narrow ? narrowRowHeight : rowHeight),
    overscan: 10,
    rangeExtractor: drawn,
  });
  useEffect(() => virtual.measure(), [virtual, narrow]);
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  // The row that the tabulator reaches has to be one that is drawn.
  const reached = items.some((item) => item.index === active) ? active : (virtual.range?.startIndex ?? 0);
  useEffect(() => {
    if (!stale) rows.need(Math.min(last + ahead, Math.max(0, count - 1)));
  }, [rows, stale, last, count]);

  const data = useMemo(
    () => items.flatMap((item) => rows.at(item.index) ?? []),
    // The store says by its version that rows have changed.
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [items, rows, rows.version],
  );
  const shown = useMemo(() => view.columns.flatMap((id) => columns.find((c) => c.id === id) ?? []), [view.columns]);
  const table = useTable({ features, columns: shown, data, getRowId: (row: Row) => row.id });
  const byId = new Map(table.getRowModel().rows.map((row) => [row.id, row]));
  const template = templateOf(view.columns, onSelection !== undefined);

  useImperativeHandle(handle, () => ({
    lastVisible: () => last,
    busy: () => scroller.current?.matches(":hover, :focus-within") ?? false,
    focus: () => focusRow(active),
  }));

  const focusRow = (index: number) => {
    const next = Math.min(Math.max(0, index), count - 1);
    setActive(next);
    virtual.scrollToIndex(next);
    awaited.current = next;
    // At the far end of many it has to be read first. Meanwhile no row may be opened that is out of sight.
    if (!rows.at(next)) scroller.current?.focus({ preventScroll: true });
    requestAnimationFrame(focusAwaited);
  };
  const focusAwaited = () => {
    if (awaited.current === undefined) return;
    const next = Math.min(awaited.current, count - 1);
    const link = scroller.current?.querySelector<HTMLElement>(`[data-row="${next}"] a`);
    if (!link) return;
    awaited.current = undefined;
    link.focus();
  };
  useEffect(focusAwaited); // it may be there after any rendering

  const onBlur = (event: FocusEvent) => {
    if (document.activeElement === event.target) return; // it is the window that has lost it
    setFocused(undefined);
    if (!event.currentTarget.contains(event.relatedTarget)) awaited.current = undefined;
  };

  const onKeyDown = (event: KeyboardEvent) => {
    const steps: Record<string, number> = {
      ArrowDown: 1,
      ArrowUp: -1,
      j: 1,
      k: -1,
      PageDown: 20,
      PageUp: -20,
      Home: -count,
      End: count,
    };
    const step = steps[event.key];
    const row = rows.at(active);
    const inRow = event.target instanceof HTMLElement && event.target.closest("[data-row]") !== null;
    const waiting = event.target === scroller.current;
    if (!(inRow || waiting) || event.ctrlKey || event.metaKey || event.altKey) return;
    if (step !== undefined) {
      event.preventDefault();
      focusRow((awaited.current ?? reached) + step);
    } else if (
      (event.key === " " || event.key === "x" || event.key === "X") &&
      row &&
      event.target instanceof HTMLAnchorElement
    ) {
      event.preventDefault();
      select(row.id, event.shiftKey);
    }
  };

  const select = (id: string, range: boolean) =>
    onSelection?.(range ? toggleTo(selection, id, rows.ids()) : toggle(selection, id));
  const loadedIds = rows.complete ? rows.loaded : undefined;
  const allSelected = loadedIds !== undefined && loadedIds > 0 && rows.ids().every((id) => selection.ids.has(id));

  return (
    // The keys are those of the rows' own links, which have the focus; it is here while a row is waited for.
    // eslint-disable-next-line jsx-a11y/no-static-element-interactions
    <div
      ref={scroller}
      className={classes.scroller}
      data-stale={stale || undefined}
      tabIndex={-1}
      onKeyDown={onKeyDown}
      onBlur={onBlur}
    >
      <div
        role="table"
        aria-label="Agents"
        aria-rowcount={rows.total === undefined ? -1 : count + 1}
        aria-busy={stale || rows.loading}
        className={classes.table}
        style={narrow ? undefined : { minWidth: leastWidth(view.columns) }}
      >
        <div role="rowgroup" className={classes.head}>
          <div
            role="row"
            aria-rowindex={1}
            className={classes.headRow}
            style={narrow ? undefined : { gridTemplateColumns: template }}
          >
            {onSelection && (
              <div role="columnheader" className={classes.check}>
                <Checkbox
                  aria-label="Select all that are loaded"
                  checked={allSelected}
                  indeterminate={!allSelected && selection.ids.size > 0}
                  disabled={rows.loaded === 0}
                  onChange={() => onSelection(selection.ids.size > 0 ? nothingSelected : selectAll(rows.ids()))}
                />
              </div>
            )}
            {(narrow ? narrowColumns : view.columns).map((id) => (
              <HeaderCell key={id} id={id} view={view} onView={onView} />
            ))}
          </div>
        </div>
        <div role="rowgroup" style={{ height: virtual.getTotalSize(), position: "relative" }}>
          {items.map((item) => {
            const loaded = rows.at(item.index);
            const row = loaded && byId.get(loaded.id);
            return (
              <AgentRow
                key={item.index}
                index={item.index}
                top={item.start}
                height={item.size}
                narrow={narrow}
                template={template}
                row={row}
                selected={loaded !== undefined && selection.ids.has(loaded.id)}
                open={loaded !== undefined && (loaded.id === open || loaded.name === open)}
                active={item.index === reached}
                href={loaded ? addressOf(loaded.id) : ""}
                onFocus={() => {
                  awaited.current = undefined;
                  setActive(item.index);
                  setFocused(item.index);
                }}
                onSelect={onSelection && select}
              />
            );
          })}
          {rows.total === undefined && <Shapes />}
        </div>
      </div>
    </div>
  );
}

/** withRow adds a row to those that are drawn, in its place. */
function withRow(drawn: number[], row: number | undefined, count: number): number[] {
  if (row === undefined || row >= count || drawn.includes(row)) return drawn;
  return row < (drawn[0] ?? 0) ? [row, ...drawn] : [...drawn, row];
}

/** The rows' shapes, until the first page is there. */
function Shapes() {
  return (
    <div role="row">
      <div role="cell" aria-label="Loading the agents">
        {Array.from({ length: 14 }, (_, i) => (
          <div key={i} className={classes.shape}>
            <Skeleton height={10} width={`${14 + ((i * 7) % 9)}%`} />
            <Skeleton height={10} width="8%" />
            <Skeleton height={10} width={`${10 + ((i * 5) % 8)}%`} />
          </div>
        ))}
      </div>
    </div>
  );
}

function templateOf(ids: readonly ColumnId[], selectable: boolean): string {
  const widths = ids.map((id) => {
    const { least, share } = columnWidths[id];
    return share > 0 ? `minmax(${least}px, ${share}fr)` : `${least}px`;
  });
  return (selectable ? `${checkWidth}px ` : "") + widths.join(" ");
}

function leastWidth(ids: readonly ColumnId[]): number {
  return ids.reduce((sum, id) => sum + columnWidths[id].least, checkWidth);
}
