import { Button, Group, Stack } from "@mantine/core";
import type { BatchResult } from "../api/types";
import { agents } from "./batch";
import classes from "./agents.module.css";

const shown = 500;

/** BatchResults says what became of each agent, those first for which it did not work. */
export function BatchResults({ result, onClose }: { result: BatchResult; onClose: () => void }) {
  const failed = result.results.filter((r) => r.error !== "");
  const succeeded = result.results.filter((r) => r.error === "");
  const list = [...failed, ...succeeded].slice(0, shown);
  return (
    <Stack gap="sm">
      <strong role="status">
        {result.failed === 0
          ? `Done for ${agents(result.succeeded)}.`
          : `Done for ${result.succeeded.toLocaleString("en")} of ${agents(result.total)}; it failed for ${result.failed.toLocaleString("en")}.`}
      </strong>
      {/* It scrolls, so a keyboard has to reach it. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div className={classes.results} tabIndex={0} role="group" aria-label="Result for each agent">
        <table className="plain-table">
          <thead>
            <tr>
              <th scope="col">Agent</th>
              <th scope="col">Result</th>
            </tr>
          </thead>
          <tbody>
            {list.map((r) => (
              <tr key={r.id}>
                <td>{r.name || r.id}</td>
                <td>{r.error === "" ? "Done" : `${r.error} (${r.status})`}</td>
              </tr>
            ))}
          </tbody>
        </table>
        {result.results.length > list.length && (
          <p className="dimmed">and {(result.results.length - list.length).toLocaleString("en")} more</p>
        )}
      </div>
      <Group justify="flex-end">
        <Button onClick={onClose} data-autofocus>
          Close
        </Button>
      </Group>
    </Stack>
  );
}
