import { stringify } from "yaml";
import type { Path } from "../pipeline/document";
import { isRedacted, textOf } from "./values";
import classes from "./agent.module.css";
import type { Comparison } from "./compare";

const shown = 100;

/** Differences lists what was offered and is missing or different. */
export function Differences({ comparison, onGo }: { comparison: Comparison; onGo: (path: Path) => void }) {
  const { differences } = comparison;
  if (differences.length === 0) return null;
  return (
    <div className={classes.differences}>
      <table className="plain-table">
        <caption className="visually-hidden">What was offered and is missing or different</caption>
        <thead>
          <tr>
            <th scope="col">Setting</th>
            <th scope="col">Offered</th>
            <th scope="col">The agent runs</th>
          </tr>
        </thead>
        <tbody>
          {differences.slice(0, shown).map((d) => (
            <tr key={d.path.join("::")}>
              <td>
                <button type="button" className={`mono ${classes.go}`} onClick={() => onGo(d.path)}>
                  {d.path.join("::") || "the whole"}
                </button>
              </td>
              <td className="mono">{brief(d.offered)}</td>
              <td>
                {d.kind === "different" && <span className="mono">{brief(d.reported)}</span>}
                {d.kind === "missing" && <span className={classes.missing}>missing</span>}
                {d.kind === "unreported" && <span className="dimmed">not told: this component never reports it</span>}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {differences.length > shown && <p className="dimmed">and {differences.length - shown} more</p>}
    </div>
  );
}

function brief(value: unknown): string {
  if (isRedacted(value)) return typeof value === "string" ? value : "[REDACTED]";
  if (value === null) return "null";
  const text =
    typeof value === "object"
      ? stringify(value, { collectionStyle: "flow", aliasDuplicateObjects: false }).replace(/\s+/g, " ").trim()
      : textOf(value);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
