import { Kbd } from "@mantine/core";
import type { ReactNode } from "react";

import { Dialog } from "../ui/Dialog";
import classes from "./shell.module.css";
import { shortcuts } from "./shortcuts";

export function HelpDialog({ opened, onClose }: { opened: boolean; onClose: () => void }): ReactNode {
  return (
    <Dialog opened={opened} onClose={onClose} title="Keyboard">
      {shortcuts.map(({ group, list }) => (
        <section key={group} className={classes.keys}>
          <h2>{group}</h2>
          <dl>
            {list.map(({ keys, does }) => (
              <div key={does}>
                <dt>{does}</dt>
                <dd>
                  {keys.map((key) => (
                    <Kbd key={key} size="xs">
                      {key}
                    </Kbd>
                  ))}
                </dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
    </Dialog>
  );
}
