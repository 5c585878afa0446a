import type { ReactNode } from "react";

import { PageHeader } from "../ui/PageHeader";

export default function ConfigsPage(): ReactNode {
  return <PageHeader title="Configurations" />;
}
