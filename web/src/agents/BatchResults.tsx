import { Button, Group, Stack } from "@mantine/core";
import { ErrorPanel } from "../ui/ErrorPanel";
import { agents, type Outcome } from "./batch";
import classes from "./agents.module.css";

const shown = 500;

interface Props {
  outcome: Outcome;
  /** The name of an agent by its id. */
  names: (id: string) => string;
  /** What going on does: "Restart 3 agents". */
  verb: string;
  going: boolean;
  onGoOn: () => void;
  onClose: () => void;
}

/** BatchResults says what became of each agent, those first for which it was not done. */
export function BatchResults({ outcome: { result, left, error }, names, verb, going, onGoOn, onClose }: Props) {
  const failed = result.results.filter((r) => r.error !== "");
  const succeeded = result.results.filter((r) => r.error === "");
  const list = [
    ...failed.map((r) => ({ id: r.id, name: r.name || r.id, word: `${r.error} (${r.status})` })),
    ...left.slice(0, shown).map((id) => ({ id, name: names(id), word: "Not done, as far as is known" })),
    ...succeeded.slice(0, shown).map((r) => ({ id: r.id, name: r.name || r.id, word: "Done" })),
  ].slice(0, shown);
  const more = result.results.length + left.length - list.length;
  return (
    <Stack gap="sm">
      <strong role="status">
        {result.failed === 0
          ? `Done for ${agents(result.succeeded)}.`
          : `Done for ${result.succeeded.toLocaleString("en")} of ${agents(result.total)}; it failed for ${result.failed.toLocaleString("en")}.`}
        {left.length > 0 && ` ${agents(left.length)} ${left.length === 1 ? "is" : "are"} left.`}
      </strong>
      {error !== undefined && <ErrorPanel error={error} what="It was broken off" todo="What is done is done. Go on with those that are left when the cause is gone." />}
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
                <td>{r.name}</td>
                <td>{r.word}</td>
              </tr>
            ))}
          </tbody>
        </table>
        {more > 0 && <p className="dimmed">and {more.toLocaleString("en")} more</p>}
      </div>
      <Group justify="flex-end" gap="xs">
        <Button variant={left.length > 0 ? "default" : "filled"} onClick={onClose} data-autofocus>
          Close
        </Button>
        {left.length > 0 && (
          <Button loading={going} onClick={onGoOn}>
            {verb}
          </Button>
        )}
      </Group>
    </Stack>
  );
}
