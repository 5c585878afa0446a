import { IconMapQuestion } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { Link, useLocation } from "wouter";

import { Empty } from "../ui/Empty";
import { PageHeader } from "../ui/PageHeader";

export function NotFound(): ReactNode {
  const [path] = useLocation();
  return (
    <>
      <PageHeader title="Nothing here" />
      <div className="panel">
        <Empty icon={IconMapQuestion} title={`There is no page at ${path}`} action={<Link href="/">Go to the fleet</Link>}>
          The address may have a mistake in it, or be of another version.
        </Empty>
      </div>
    </>
  );
}
