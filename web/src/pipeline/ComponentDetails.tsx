import { CloseButton, Group, Text } from "@mantine/core";
import { stringify } from "yaml";
import classes from "./pipeline.module.css";
import { kindWords, StateIcon, stateWords } from "./states";
import type { Told } from "./told";

/** ComponentDetails shows how one component is set and how it is. */
export function ComponentDetails({ told, onClose }: { told: Told; onClose: () => void }) {
  const { component, pipeline, state, health } = told;
  const name = `${kindWords[component.kind]} ${component.id}`;
  return (
    <section aria-label={name} className={classes.details}>
      <Group justify="space-between" wrap="nowrap">
        <Text size="sm" fw={600}>
          {kindWords[component.kind]} <span className={classes.id}>{component.id}</span>
          {pipeline !== undefined && (
            <Text span size="sm" c="dimmed" fw={400}>
              {" "}
              in {pipeline}
            </Text>
          )}
        </Text>
        <CloseButton size="sm" aria-label={`Close ${name}`} onClick={onClose} />
      </Group>
      {state && (
        <Group gap={6}>
          <StateIcon state={state} />
          <Text size="sm">{[stateWords[state], health?.status].filter(Boolean).join(", ")}</Text>
        </Group>
      )}
      {health?.last_error && <Text size="sm">{health.last_error}</Text>}
      <pre className={classes.settings}>{settingsText(told)}</pre>
    </section>
  );
}

function settingsText({ component }: Told): string {
  if (!component.defined) {
    return `# The configuration does not define ${component.id}.`;
  }
  const settings = component.settings;
  if (settings === null || (typeof settings === "object" && Object.keys(settings).length === 0)) {
    return "# All settings have their defaults.";
  }
  try {
    return stringify(settings, { aliasDuplicateObjects: false }).trimEnd();
  } catch {
    return "# These settings cannot be written as YAML.";
  }
}
