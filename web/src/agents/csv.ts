import { bodyOf, send } from "../api/client";
import { listParams, type AgentsView } from "./view";

/** downloadCsv saves every agent that the view shows as a file. */
export async function downloadCsv(view: AgentsView): Promise<void> {
  const query = Object.fromEntries(listParams(view));
  const answer = await send("GET", "/agents", { query, headers: { Accept: "text/csv" } });
  const file = await bodyOf(answer.blob());
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = `agents-${new Date().toISOString().slice(0, 19).replaceAll(":", "")}.csv`;
  link.click();
  // The download has begun by then in every browser.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
