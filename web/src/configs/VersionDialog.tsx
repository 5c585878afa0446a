import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { CopyButton } from "../ui/CopyId";
import { Dialog } from "../ui/Dialog";
import { ErrorPanel } from "../ui/ErrorPanel";
import { LoadingBlock } from "../ui/Loading";
import classes from "./configs.module.css";
import { versionQuery } from "./queries";

/** The text of one version, to read and to copy; null shows nothing. */
export function VersionDialog({ id, version, onClose }: { id: string; version: number | null; onClose: () => void }): ReactNode {
  return (
    <Dialog opened={version !== null} onClose={onClose} title={`Version ${version ?? ""}`} size="min(860px, 94vw)">
      {version !== null && <Text id={id} version={version} />}
    </Dialog>
  );
}

function Text({ id, version }: { id: string; version: number }): ReactNode {
  const { data, error, refetch } = useQuery(versionQuery(id, version));
  if (error !== null) return <ErrorPanel error={error} what={`Version ${version} could not be loaded`} onRetry={() => void refetch()} />;
  if (!data) return <LoadingBlock what={`version ${version}`} />;
  const text = data.config;
  return (
    <>
      <p className="dimmed" style={{ marginTop: 0 }}>
        As it was stored, byte for byte. <CopyButton text={text} what={`the text of version ${version}`} />
      </p>
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls has to be reached by the keyboard */}
      <pre className={classes.text} role="region" aria-label={`Text of version ${version}`} tabIndex={0}>
        {text}
      </pre>
    </>
  );
}
