/** What an operator writes of a configuration. */
export interface Draft {
  readonly name: string;
  readonly description: string;
  readonly selector: string;
  readonly priority: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly config: string;
}

/** Whether two drafts would be stored alike. */
export function sameDraft(a: Draft, b: Draft): boolean {
  return canonical(a) === canonical(b);
}

function canonical(d: Draft): string {
  return JSON.stringify([d.name, d.description, d.selector.trim(), d.priority, sorted(d.labels), d.config]);
}

export function sorted(labels: Readonly<Record<string, string>>): [string, string][] {
  return Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
}
