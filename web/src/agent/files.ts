/**
 * mainFile is the name of the file that an agent reports its configuration in: the empty one, or, where the agent
 * gives its one file a name, that; undefined where there is none, or none of several is the one.
 */
export function mainFile(files: Record<string, string> | undefined): string | undefined {
  const names = Object.keys(files ?? {});
  if (names.includes("")) return "";
  return names.length === 1 ? names[0] : undefined;
}
