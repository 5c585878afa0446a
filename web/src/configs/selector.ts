/** What to say of a selector while it is typed. The server decides; this knows the mistakes that its syntax invites. */
export function selectorHint(selector: string): string | null {
  const s = selector.trim();
  if (s === "") return "Without a selector it reaches only agents that it is assigned to.";
  if (/["'`]/.test(s)) return "Values are written without quotes: env=production";
  if (/&&|;|\band\b/i.test(s)) return "Terms are joined by a comma, and all of them must hold: env=production,!canary";
  if (/\|\||\bor\b/i.test(s)) return "For one of several values, write: env in (production,staging)";
  if (/[*?]/.test(s)) return "There are no wildcards. To find agents by a part of a text, give them a label.";
  if (/[<>]/.test(s) && !/^[^=]*[<>]\s*\d+$/.test(lastTerm(s))) return "Only whole numbers are compared: cores>8";
  if (unbalanced(s)) return "A parenthesis is not closed: env in (production,staging)";
  if (/^[^=!<>()]*[A-Za-z0-9_]:\s*[^=]/.test(s)) return "A value follows an equals sign: env=production";
  return null;
}

function lastTerm(s: string): string {
  return s.split(",").find((term) => /[<>]/.test(term)) ?? "";
}

function unbalanced(s: string): boolean {
  return (s.match(/\(/g) ?? []).length !== (s.match(/\)/g) ?? []).length;
}

/** The syntax in examples, for help beside the field. */
export const selectorExamples: readonly { readonly text: string; readonly means: string }[] = [
  { text: "env=production", means: "the label or attribute has this value" },
  { text: "env!=production", means: "it has another value, or is missing" },
  { text: "env in (production,staging)", means: "it has one of these values" },
  { text: "env notin (test)", means: "it has none of these, or is missing" },
  { text: "canary", means: "it is there, whatever its value" },
  { text: "!canary", means: "it is missing" },
  { text: "env=production,service.name=otelcol", means: "both hold" },
];
