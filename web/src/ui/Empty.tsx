import type { ComponentType, ReactNode } from "react";

import classes from "./panels.module.css";

interface Props {
  icon: ComponentType<{ size?: number | string; stroke?: number | string; "aria-hidden"?: boolean }>;
  title: string;
  /** Why there is nothing, and what brings something. */
  children?: ReactNode;
  action?: ReactNode;
}

/** Where a list has nothing to show. */
export function Empty({ icon: Icon, title, children, action }: Props): ReactNode {
  return (
    <div className={classes.empty}>
      <Icon size={32} stroke={1.3} aria-hidden />
      <strong>{title}</strong>
      {children !== undefined && <p>{children}</p>}
      {action}
    </div>
  );
}
