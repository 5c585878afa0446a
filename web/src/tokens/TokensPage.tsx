import { Button } from "@mantine/core";
import { IconKey, IconPlus } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";

import { api, segment } from "../api/client";
import { keys, tokensQuery } from "../api/queries";
import type { Token } from "../api/types";
import { ReadOnly } from "../session/ReadOnly";
import { useMayWrite, useSession } from "../session/useSession";
import { Ago } from "../ui/Ago";
import { ConfirmByName } from "../ui/ConfirmByName";
import { CopyId } from "../ui/CopyId";
import { Empty } from "../ui/Empty";
import { ErrorPanel } from "../ui/ErrorPanel";
import { LoadingRows } from "../ui/Loading";
import { count } from "../ui/numbers";
import { PageHeader } from "../ui/PageHeader";
import { NewTokenDialog } from "./NewTokenDialog";
import { roles } from "./roles";
import classes from "./tokens.module.css";

/** Who may come in. */
export default function TokensPage(): ReactNode {
  const mayWrite = useMayWrite();
  const session = useSession();
  const tokens = useQuery({ ...tokensQuery, enabled: mayWrite });
  const client = useQueryClient();
  const [making, setMaking] = useState(false);
  const [deleting, setDeleting] = useState<Token | null>(null);
  const renew = (): Promise<void> => client.invalidateQueries({ queryKey: keys.tokens });
  const open = session.state === "in" && session.session.auth_mode === "none";

  return (
    <>
      <PageHeader
        title="Tokens"
        actions={
          mayWrite && (
            <Button leftSection={<IconPlus size={14} aria-hidden />} onClick={() => setMaking(true)}>
              Make a token
            </Button>
          )
        }
      >
        {tokens.data && <span className="dimmed">{count(tokens.data.total_size)}</span>}
      </PageHeader>
      {open && (
        <p className={classes.note}>
          This server asks for no tokens (<span className="mono">auth.mode: none</span>). Those below count once it does.
        </p>
      )}
      <div className="panel">
        {!mayWrite && <ReadOnly what="Tokens are seen and made by admins" />}
        {mayWrite && tokens.isPending && <LoadingRows rows={3} what="the tokens" />}
        {mayWrite && tokens.isError && !tokens.data && (
          <div style={{ padding: 12 }}>
            <ErrorPanel error={tokens.error} what="The tokens could not be loaded" onRetry={() => void tokens.refetch()} />
          </div>
        )}
        {mayWrite && tokens.data?.tokens.length === 0 && (
          <Empty icon={IconKey} title="There are no tokens">
            A token lets a program or a person in, or enrols agents.
          </Empty>
        )}
        {mayWrite && tokens.data && tokens.data.tokens.length > 0 && <Table tokens={tokens.data.tokens} onDelete={setDeleting} />}
      </div>
      <NewTokenDialog opened={making} onClose={() => setMaking(false)} onMade={() => void renew()} />
      <ConfirmByName
        opened={deleting !== null}
        onClose={() => setDeleting(null)}
        title="Delete a token"
        name={deleting?.name ?? ""}
        action="Delete token"
        onConfirm={async () => {
          if (!deleting) return;
          await api.delete(`/tokens/${segment(deleting.id)}`);
          await renew();
        }}
      >
        {deleting?.role === "agent"
          ? "Agents that use it are disconnected within seconds, and need another token to come back. Their collectors run on with what they have."
          : "Whoever uses it is refused from now on, and sessions that were begun with it end."}{" "}
        This cannot be undone.
      </ConfirmByName>
    </>
  );
}

function Table({ tokens, onDelete }: { tokens: Token[]; onDelete: (token: Token) => void }): ReactNode {
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reached by the keyboard
    <div className={classes.scroll} tabIndex={0} role="region" aria-label="Tokens">
      <table className="plain-table">
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Role</th>
            <th scope="col" className={classes.more}>
              May
            </th>
            <th scope="col" className={classes.more}>
              Id
            </th>
            <th scope="col">Made</th>
            <th scope="col">
              <span className="visually-hidden">Delete</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {tokens.map((token) => (
            <tr key={token.id}>
              <td className={classes.name}>{token.name}</td>
              <td>{token.role}</td>
              <td className={`dimmed ${classes.more}`}>{roles[token.role]}</td>
              <td className={classes.more}>
                <CopyId id={token.id} />
              </td>
              <td>
                <Ago at={token.created_at} />
              </td>
              <td className="number">
                <Button variant="subtle" color="red" size="compact-xs" onClick={() => onDelete(token)} aria-label={`Delete ${token.name}`}>
                  Delete
                </Button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
