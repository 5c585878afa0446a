/** A label as it is typed into a form; an empty key is one that is not filled in. */
export interface LabelField {
  key: string;
  value: string;
}

/** labelProblem says what is wrong with typed labels, or nothing. The server has the last word. */
export function labelProblem(fields: readonly LabelField[]): string | undefined {
  const keys = new Set<string>();
  for (const { key, value } of fields) {
    const name = key.trim();
    if (name === "" && value.trim() !== "") return `The value “${value.trim()}” has no key.`;
    if (name === "") continue;
    if (keys.has(name)) return `The key ${name} is there twice.`;
    keys.add(name);
  }
  return undefined;
}

/** labelsOf reads the labels that are filled in. */
export function labelsOf(fields: readonly LabelField[]): Record<string, string> {
  const labels = Object.create(null) as Record<string, string>;
  for (const { key, value } of fields) {
    if (key.trim() !== "") labels[key.trim()] = value.trim();
  }
  return { ...labels };
}

/** labelsPatch is the JSON merge patch that makes the labels before into those after. */
export function labelsPatch(
  before: Record<string, string>,
  after: Record<string, string>,
): Record<string, string | null> {
  const patch: Record<string, string | null> = {};
  for (const key of Object.keys(before)) {
    if (!Object.hasOwn(after, key)) patch[key] = null;
  }
  for (const [key, value] of Object.entries(after)) {
    if (before[key] !== value) patch[key] = value;
  }
  return patch;
}
