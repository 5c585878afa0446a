import type { ReactNode } from "react";

import { PageHeader } from "../ui/PageHeader";

export default function TokensPage(): ReactNode {
  return <PageHeader title="Tokens" />;
}
