import classes from "./agents.module.css";

/** Labels in one line, by key; what does not fit is cut and told on hover. */
export function Labels({ labels }: { labels: Readonly<Record<string, string>> }) {
  const texts = Object.keys(labels)
    .sort()
    .map((key) => `${key}=${labels[key] ?? ""}`);
  if (texts.length === 0) return <span className="dimmed">–</span>;
  return (
    <span className={classes.labels} title={texts.join("\n")}>
      {texts.map((text) => (
        <span key={text} className={classes.label}>
          {text}
        </span>
      ))}
    </span>
  );
}
