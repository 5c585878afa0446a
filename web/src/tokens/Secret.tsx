import { Button } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import type { ReactNode } from "react";

import { useCopy } from "../ui/useCopy";
import classes from "./tokens.module.css";

/** A text that is shown once, with a button that copies it. */
export function Secret({ text, what }: { text: string; what: string }): ReactNode {
  const { copied, copy } = useCopy();
  return (
    <div className={classes.secret}>
      <code data-testid="secret">{text}</code>
      <Button
        variant="default"
        size="compact-xs"
        leftSection={copied === "yes" ? <IconCheck size={14} aria-hidden /> : <IconCopy size={14} aria-hidden />}
        aria-label={`Copy ${what}`}
        onClick={() => void copy(text)}
      >
        {copied === "yes" ? "Copied" : "Copy"}
      </Button>
      <span role="status" className={copied === "no" ? classes.refused : "visually-hidden"}>
        {copied === "yes" && "Copied"}
        {copied === "no" && "Could not copy: select it by hand"}
      </span>
    </div>
  );
}
