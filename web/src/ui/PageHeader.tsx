import { Title } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import type { ReactNode } from "react";

import classes from "./panels.module.css";

interface Props {
  title: string;
  /** What stands beside the title: a count, a state. */
  children?: ReactNode;
  /** What can be done on this page, at the right. */
  actions?: ReactNode;
}

/** The head of a page: its one h1, and the title of the browser's tab. */
export function PageHeader({ title, children, actions }: Props): ReactNode {
  useDocumentTitle(`${title} · OllyStack`);
  return (
    <header className={classes.header}>
      <Title order={1}>{title}</Title>
      {children}
      {actions !== undefined && <div className={classes.headerRest}>{actions}</div>}
    </header>
  );
}
