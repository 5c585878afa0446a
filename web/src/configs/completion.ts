import type { Completion, CompletionContext, CompletionResult, CompletionSource } from "@codemirror/autocomplete";
import { cursorAt } from "./cursor";
import type { Ids } from "./outline";
import { suggestions } from "./suggest";

/** Completes component ids; `fleet` is asked each time, since what the fleet has may arrive late. */
export function idCompletion(fleet: () => Ids): CompletionSource {
  return (context: CompletionContext): CompletionResult | null => {
    const text = context.state.doc.toString();
    const cursor = cursorAt(text, context.pos);
    if (!cursor || (cursor.from === context.pos && !context.explicit && cursor.place.kind !== "reference")) return null;
    const line = context.state.doc.lineAt(context.pos);
    const colon = line.text
      .slice(context.pos - line.from)
      .trimStart()
      .startsWith(":"); // one is enough
    const options = suggestions(cursor.place, text, fleet()).map((s): Completion => ({
      label: s.id,
      apply: colon ? s.text.replace(/:$/, "") : s.text,
      detail: s.detail,
      boost: s.rank,
    }));
    return options.length > 0 ? { from: cursor.from, options, validFor: /^[^\s[\]{},:#]*$/ } : null;
  };
}
