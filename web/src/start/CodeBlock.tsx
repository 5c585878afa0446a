import { Button } from "@mantine/core";
import { IconCheck, IconCopy, IconDownload } from "@tabler/icons-react";
import type { ReactNode } from "react";

import { useCopy } from "../ui/useCopy";
import { save } from "./save";
import classes from "./start.module.css";

interface Props {
  text: string;
  /** "the supervisor's file": the copy button's name for who does not see what is beside it. */
  what: string;
  /** Offers to save it under this name. */
  fileName?: string;
  /** One short line. */
  inline?: boolean;
}

/** A text to copy. */
export function CodeBlock({ text, what, fileName, inline = false }: Props): ReactNode {
  const { copied, copy } = useCopy();
  return (
    <div className={classes.code} data-inline={inline} data-file={fileName !== undefined}>
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reached by the keyboard */}
      <pre tabIndex={0} aria-label={what}>
        {text}
      </pre>
      <div className={classes.codeButtons}>
        <Button
          variant="default"
          size="compact-xs"
          leftSection={copied === "yes" ? <IconCheck size={14} aria-hidden /> : <IconCopy size={14} aria-hidden />}
          aria-label={`Copy ${what}`}
          onClick={() => void copy(text)}
        >
          {copied === "yes" ? "Copied" : "Copy"}
        </Button>
        {fileName !== undefined && (
          <Button variant="default" size="compact-xs" leftSection={<IconDownload size={14} aria-hidden />} aria-label={`Save ${fileName}`} onClick={() => save(fileName, text)}>
            Save
          </Button>
        )}
      </div>
      <span role="status" className="visually-hidden">
        {copied === "yes" && "Copied"}
        {copied === "no" && "Could not copy: select it by hand"}
      </span>
    </div>
  );
}
