import { IconEye } from "@tabler/icons-react";
import type { ReactNode } from "react";

import type { Session } from "../api/types";
import { Empty } from "../ui/Empty";
import { useSession } from "./useSession";

/** The session of one who may look and not change anything; undefined for one who may. */
export function useReader(): Session | undefined {
  const session = useSession();
  return session.state === "in" && session.session.role !== "admin" ? session.session : undefined;
}

/** What a reader can do to be allowed more. */
export const readerAdvice = "Sign out under More and sign in with a token of the role admin, or ask somebody who has one.";

/** Stands in the place of what only an admin can use: why it is not there, and what to do. */
export function ReadOnly({ what, action }: { what: string; action?: ReactNode }): ReactNode {
  const reader = useReader();
  return (
    <Empty icon={IconEye} title={what} action={action}>
      {reader?.name ? `Your token ${reader.name} has` : "Your token has"} the role {reader?.role ?? "read"}: it reads everything and changes nothing. {readerAdvice}
    </Empty>
  );
}
