import type { ReactNode } from "react";
import { Link } from "wouter";

import { count, percent } from "../ui/numbers";
import stateClasses from "../ui/state.module.css";
import type { agentLooks } from "../ui/states";
import classes from "./fleet.module.css";

interface Item {
  key: string;
  look: (typeof agentLooks)["healthy"];
  count: number;
  href: string;
}

/** How many agents are in each state: a bar for the glance, numbers for the rest; each leads to its agents. */
export function TallyPanel({ title, items, total }: { title: string; items: Item[]; total: number }): ReactNode {
  return (
    <section className={`panel ${classes.tally}`} aria-label={title}>
      <h2>{title}</h2>
      <div className={classes.bar} aria-hidden>
        {items
          .filter((item) => item.count > 0)
          .map((item) => (
            <span key={item.key} className={stateClasses[item.look.tone]} style={{ flexGrow: item.count }} />
          ))}
      </div>
      <ul>
        {items.map(({ key, look, count: n, href }) => {
          const Icon = look.icon;
          return (
            <li key={key}>
              <Link href={href} className={classes.tallyRow} data-none={n === 0} title={look.means}>
                <span className={`${stateClasses.state} ${stateClasses[n === 0 ? "idle" : look.tone]}`}>
                  <Icon size={14} aria-hidden />
                  {look.word}
                </span>
                <span className={classes.share}>{n > 0 ? percent(n, total) : ""}</span>
                <span className={classes.count}>{count(n)}</span>
              </Link>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
