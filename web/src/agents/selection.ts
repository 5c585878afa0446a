/** Which agents are selected. Values are never changed in place. */
export interface Selection {
  ids: ReadonlySet<string>;
  /** The row that was last pressed: a press with shift selects from there. */
  anchor: string | undefined;
}

export const nothingSelected: Selection = { ids: new Set(), anchor: undefined };

/** toggle selects or unselects one agent. */
export function toggle(selection: Selection, id: string): Selection {
  const ids = new Set(selection.ids);
  if (!ids.delete(id)) {
    ids.add(id);
  }
  return { ids, anchor: id };
}

/**
 * toggleTo does to all rows from the anchor to id what a press would do to id alone. The rows are in the order in
 * which they are shown; undefined stands for one that is not loaded.
 */
export function toggleTo(selection: Selection, id: string, rows: readonly (string | undefined)[]): Selection {
  const from = selection.anchor === undefined ? -1 : rows.indexOf(selection.anchor);
  const to = rows.indexOf(id);
  if (from < 0 || to < 0) {
    return toggle(selection, id);
  }
  const select = !selection.ids.has(id);
  const ids = new Set(selection.ids);
  for (const row of rows.slice(Math.min(from, to), Math.max(from, to) + 1)) {
    if (row !== undefined && select) {
      ids.add(row);
    } else if (row !== undefined) {
      ids.delete(row);
    }
  }
  return { ids, anchor: id };
}

/** selectAll selects exactly these. */
export function selectAll(ids: Iterable<string>): Selection {
  return { ids: new Set(ids), anchor: undefined };
}
