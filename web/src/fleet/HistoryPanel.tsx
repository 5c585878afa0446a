import { SegmentedControl } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useMemo, useState, type ReactNode } from "react";

import { fleetHistoryQuery } from "../api/queries";
import { serverAhead } from "../api/servertime";
import type { FleetHistory } from "../api/types";
import { ErrorPanel } from "../ui/ErrorPanel";
import { LoadingBlock } from "../ui/Loading";
import { count } from "../ui/numbers";
import { absolute, clock } from "../ui/time";
import classes from "./fleet.module.css";
import { columns, troubleLines, wellLines, type Line } from "./history";

const Plot = lazy(() => import("./Plot").then((module) => ({ default: module.Plot })));

const PLOT_HEIGHT = 132;

/** How the fleet's counts went over the last hour, as plots or as a table. */
export function HistoryPanel(): ReactNode {
  const history = useQuery(fleetHistoryQuery(1));
  const [as, setAs] = useState("plot");
  return (
    <section className={`panel ${classes.history}`} aria-label="The last hour">
      <div className={classes.historyHead}>
        <h2>The last hour</h2>
        <SegmentedControl
          size="xs"
          value={as}
          onChange={setAs}
          aria-label="Show as"
          data={[
            { value: "plot", label: "Plot" },
            { value: "table", label: "Table" },
          ]}
        />
      </div>
      {history.data === undefined &&
        (history.isError ? (
          <div style={{ padding: 12 }}>
            <ErrorPanel error={history.error} what="The fleet's history could not be loaded" onRetry={() => void history.refetch()} />
          </div>
        ) : (
          <LoadingBlock height={2 * PLOT_HEIGHT} what="the fleet's history" />
        ))}
      {history.data && as === "plot" && <Plots history={history.data} at={history.dataUpdatedAt + serverAhead()} />}
      {history.data && as === "table" && <Table history={history.data} />}
    </section>
  );
}

function Plots({ history, at }: { history: FleetHistory; at: number }): ReactNode {
  const range = useMemo<[number, number]>(() => [at / 1000 - 3600, at / 1000], [at]);
  return (
    <>
      <PlotWithLegend title="Agents" lines={wellLines} history={history} range={range} />
      <PlotWithLegend title="Agents in trouble" lines={troubleLines} history={history} range={range} />
      {history.points.length < 2 && <p className={classes.rest}>There is a point for each minute; the line begins with the second.</p>}
    </>
  );
}

interface PlotProps {
  title: string;
  lines: Line[];
  history: FleetHistory;
  range: [number, number];
}

function PlotWithLegend({ title, lines, history, range }: PlotProps): ReactNode {
  const data = useMemo(() => columns(history, lines), [history, lines]);
  const [point, setPoint] = useState<number | null>(null);
  const index = point !== null && point < data[0].length ? point : data[0].length - 1;
  const time = data[0][index];
  return (
    <figure className={classes.plot}>
      <figcaption>
        <span className="dimmed">{title}</span>
        {lines.map((line, i) => (
          <span key={line.key} className={classes.legend}>
            <svg width="14" height="8" aria-hidden>
              <line x1="0" y1="4" x2="14" y2="4" stroke={`var(${line.color})`} strokeWidth="2" strokeDasharray={line.dash?.join(" ")} />
            </svg>
            {line.word} <b>{numberOr(data[i + 1]?.[index])}</b>
          </span>
        ))}
        <span className={classes.legendTime}>{point !== null && time !== undefined ? clock(time * 1000) : ""}</span>
      </figcaption>
      <Suspense fallback={<div style={{ height: PLOT_HEIGHT }} />}>
        <Plot data={data} lines={lines} height={PLOT_HEIGHT} range={range} onPoint={setPoint} />
      </Suspense>
    </figure>
  );
}

function numberOr(value: number | null | undefined): string {
  return value === null || value === undefined ? "–" : count(value);
}

const tableLines = [...wellLines, ...troubleLines];

function Table({ history }: { history: FleetHistory }): ReactNode {
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reached by the keyboard
    <div className={classes.historyTable} tabIndex={0} role="region" aria-label="The last hour as a table">
      <table className="plain-table">
        <thead>
          <tr>
            <th scope="col">Minute</th>
            {tableLines.map((line) => (
              <th key={line.key} scope="col" className="number">
                {line.word}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {history.points.toReversed().map((point) => (
            <tr key={point.at}>
              <th scope="row" title={absolute(Date.parse(point.at))}>
                {clock(Date.parse(point.at))}
              </th>
              {tableLines.map((line) => (
                <td key={line.key} className="number">
                  {count(line.value(point))}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
