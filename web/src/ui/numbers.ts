const grouped = new Intl.NumberFormat("en-US");

/** 10,204 */
export function count(n: number): string {
  return grouped.format(n);
}

/** "1 agent", "12 agents", "1,204 agents" */
export function counted(n: number, one: string, many = one + "s"): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}

/** A share in words that never say 0 % of something or 100 % of less than all. */
export function percent(part: number, whole: number): string {
  if (part <= 0 || whole <= 0) return "0 %";
  if (part >= whole) return "100 %";
  const share = (100 * part) / whole;
  if (share < 0.1) return "<0.1 %";
  if (share > 99.9) return ">99.9 %";
  return `${share.toFixed(1)} %`;
}
