import { Select, Switch } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useRef, useState } from "react";
import { api, segment } from "../api/client";
import type { Agent, Version } from "../api/types";
import { readYaml } from "../pipeline/document";
import { ErrorPanel } from "../ui/ErrorPanel";
import { LoadingBlock } from "../ui/Loading";
import classes from "./agent.module.css";
import { compareConfigs, countDifferences } from "./compare";
import { Differences } from "./Differences";
import { mainFile } from "./files";
import { offeredMarks, reportedMarks } from "./lines";
import { YamlText, type YamlTextHandle } from "./YamlText";

/** Configurations shows what an agent runs beside what it was offered, and what of that is missing or different. */
export default function Configurations({ agent }: { agent: Agent }) {
  const { config, effective_config: effective } = agent;
  const files = Object.keys(effective?.files ?? {});
  const main = mainFile(effective?.files);
  const [picked, setPicked] = useState<string>();
  const file = picked !== undefined && files.includes(picked) ? picked : (main ?? files[0] ?? "");
  const [hide, setHide] = useState(false);
  const offered = useQuery({
    queryKey: ["config", config.config_id ?? "", "versions", config.version ?? 0],
    queryFn: ({ signal }) =>
      api.get<Version>(`/configs/${segment(config.config_id ?? "")}/versions/${config.version ?? 0}`, { signal }),
    enabled: config.config_id !== undefined && config.version !== undefined,
    staleTime: Infinity, // a version never changes
  });
  const reportedText = effective?.files?.[file];
  const offeredText = file === (main ?? "") ? offered.data?.config : undefined;
  const compared = useMemo(() => compareTexts(offeredText, reportedText), [offeredText, reportedText]);
  const offeredPane = useRef<YamlTextHandle>(null);

  return (
    <>
      <div className={classes.configHead}>
        <span role="status">{headline(agent, compared)}</span>
        {files.length > 1 && (
          <Select
            aria-label="File"
            data={files.map((name) => ({ value: name, label: name || "(the one file)" }))}
            value={file}
            onChange={(name) => setPicked(name ?? "")}
            allowDeselect={false}
          />
        )}
        {compared?.marks && (
          <Switch
            label="Hide what the collector added"
            checked={hide}
            onChange={(event) => setHide(event.currentTarget.checked)}
          />
        )}
      </div>
      {offered.isError && (
        <ErrorPanel
          error={offered.error}
          what="What was offered could not be loaded"
          onRetry={() => void offered.refetch()}
        />
      )}
      {offered.isLoading && <LoadingBlock height={80} what="what was offered" />}
      {compared?.comparison && (
        <Differences
          comparison={compared.comparison}
          onGo={(path) => offeredPane.current?.show(compared.offered.linesOf(path).first)}
        />
      )}
      <div className={classes.panes} data-single={offeredText === undefined || reportedText === undefined || undefined}>
        {offeredText !== undefined && (
          <YamlText
            handle={offeredPane}
            title={`Offered: ${config.config_name ?? ""} version ${config.version ?? ""}`}
            text={offeredText}
            marks={compared?.marks?.offered}
          />
        )}
        {reportedText !== undefined && (
          <YamlText
            title="Effective: what the agent runs"
            text={reportedText}
            marks={compared?.marks?.reported}
            hidden={hide ? "added" : undefined}
          />
        )}
      </div>
      {reportedText === undefined && (
        <p>
          {agent.capabilities.includes("ReportsEffectiveConfig")
            ? "The agent has not reported yet what it runs."
            : "The agent does not report what it runs."}
        </p>
      )}
      {effective?.redacted && <p className="dimmed">In what the agent reports, values that look like credentials are replaced by [REDACTED].</p>}
    </>
  );
}

function compareTexts(offeredText: string | undefined, reportedText: string | undefined) {
  if (offeredText === undefined || reportedText === undefined) return undefined;
  const offered = readYaml(offeredText);
  const reported = readYaml(reportedText);
  const problem = offered.problem ?? reported.problem;
  if (problem !== undefined) return { offered, problem };
  const comparison = compareConfigs(offered.value, reported.value);
  const marks = { offered: offeredMarks(offered, comparison), reported: reportedMarks(reported, comparison) };
  return { offered, comparison, marks };
}

/** headline answers whether the agent runs what it was offered. */
function headline(agent: Agent, compared: ReturnType<typeof compareTexts>): string {
  const { config } = agent;
  if (!config.config_id) return "No configuration is meant for this agent; this is what it runs.";
  if (compared?.problem !== undefined) return `The two cannot be compared: ${compared.problem}`;
  if (!compared?.comparison) return "";
  const count = countDifferences(compared.comparison);
  const found =
    count === 0
      ? "All that was offered is in what the agent reports that it runs."
      : `${count} ${count === 1 ? "setting" : "settings"} of what was offered ${count === 1 ? "is" : "are"} missing or different.`;
  switch (config.status) {
    case "pending":
      return `It has not been delivered yet. ${found}`;
    case "applying":
      return `The agent is applying it. ${found}`;
    case "failed":
      return `The agent could not apply it. ${found}`;
    default:
      return found;
  }
}
