import type { ReactNode } from "react";

import { PageHeader } from "../ui/PageHeader";

/** `id` is an id, a name, or "new". */
export default function ConfigPage({ id }: { id: string }): ReactNode {
  return <PageHeader title={id} />;
}
