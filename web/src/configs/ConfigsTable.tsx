import { Skeleton } from "@mantine/core";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useMemo, useRef, type ReactNode, type Ref } from "react";
import { Link } from "wouter";

import type { ConfigList, ConfigSummary } from "../api/types";
import { Ago } from "../ui/Ago";
import classes from "./configs.module.css";
import { StateBar } from "./StateBar";
import { useDraftIds } from "./useShelf";

/** With more than these only the rows that are seen are drawn. */
const few = 200;
const rowHeight = 33;
/** How many rows ahead of what is seen are read. */
const ahead = 200;

interface Props {
  pages: ConfigList[];
  total: number;
  /** Reads the next page, where there is one and it is not on its way. */
  onMore: () => void;
}

/** One row for each configuration; of many the table scrolls by itself, and reads on as it does. */
export function ConfigsTable({ pages, total, onMore }: Props): ReactNode {
  const drafts = useDraftIds();
  const scroller = useRef<HTMLDivElement>(null);
  // In an order that changes, a page may name one again.
  const configs = useMemo(() => [...new Map(pages.flatMap((page) => page.configs).map((config) => [config.id, config])).values()], [pages]);
  const last = pages.at(-1);
  const count = last?.next_page_token === undefined ? configs.length : Math.max(total, configs.length);
  // eslint-disable-next-line react-hooks/incompatible-library -- what it returns is used here only
  const virtual = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: count <= few ? count : 20,
    initialRect: { width: 0, height: 800 },
  });
  const items = virtual.getVirtualItems();
  const wanted = (items.at(-1)?.index ?? 0) + ahead;
  useEffect(() => {
    if (wanted >= configs.length) onMore();
  }, [wanted, configs.length, onMore]);
  const before = items[0]?.start ?? 0;
  const after = virtual.getTotalSize() - (items.at(-1)?.end ?? 0);

  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls has to be reached by the keyboard
    <div ref={scroller} className={`panel ${classes.scrollX}`} data-many={count > few || undefined} role="region" aria-label="Configurations" tabIndex={0}>
      <table className={`plain-table ${classes.list}`} aria-rowcount={count + 1}>
        <thead>
          <tr aria-rowindex={1}>
            <th scope="col">Name</th>
            <th scope="col" className={classes.wide}>
              Selector
            </th>
            <th scope="col" className={`number ${classes.wide}`}>
              Priority
            </th>
            <th scope="col" className={`number ${classes.secondary}`}>
              Version
            </th>
            <th scope="col" className="number">
              Agents
            </th>
            <th scope="col">State</th>
            <th scope="col" className={classes.wide}>
              Updated
            </th>
          </tr>
        </thead>
        <tbody>
          {before > 0 && <tr aria-hidden style={{ height: before }} />}
          {items.map(({ index }) => {
            const config = configs[index];
            return config ? (
              <Row key={config.id} config={config} unsaved={drafts.has(config.id)} index={index} measure={virtual.measureElement} />
            ) : (
              <tr key={index} aria-rowindex={index + 2}>
                <th scope="row" aria-label="Loading">
                  <Skeleton height={10} width={`${30 + ((index * 7) % 30)}%`} />
                </th>
                <td colSpan={6} />
              </tr>
            );
          })}
          {after > 0 && <tr aria-hidden style={{ height: after }} />}
        </tbody>
      </table>
    </div>
  );
}

interface RowProps {
  config: ConfigSummary;
  unsaved: boolean;
  index: number;
  measure: Ref<HTMLTableRowElement>;
}

function Row({ config, unsaved, index, measure }: RowProps): ReactNode {
  return (
    <tr ref={measure} data-index={index} aria-rowindex={index + 2}>
      <th scope="row" className={classes.name}>
        <Link href={`/configs/${config.id}`} title={config.description === "" ? config.name : `${config.name}: ${config.description}`}>
          {config.name}
        </Link>
        {unsaved && <span className="dimmed"> (not saved)</span>}
      </th>
      <td className={`${classes.wide} ${classes.cut}`} title={config.selector}>
        {config.selector === "" ? <span className="dimmed">none</span> : <span className="mono">{config.selector}</span>}
      </td>
      <td className={`number ${classes.wide}`}>{config.priority}</td>
      <td className={`number ${classes.secondary}`}>{config.version}</td>
      <td className="number">{config.agents.total.toLocaleString("en")}</td>
      <td>
        <StateBar counts={config.agents} />
      </td>
      <td className={classes.wide}>
        <Ago at={config.updated_at} />
      </td>
    </tr>
  );
}
