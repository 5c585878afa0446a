import type { ReactNode } from "react";

import { PageHeader } from "../ui/PageHeader";

export default function FleetPage(): ReactNode {
  return <PageHeader title="Fleet" />;
}
