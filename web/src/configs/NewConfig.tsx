import { useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useLocation } from "wouter";

import { keys } from "../api/queries";
import { PageHeader } from "../ui/PageHeader";
import { EditPanel } from "./EditPanel";
import { taggedConfigQuery } from "./queries";
import { WithDraft } from "./WithDraft";

/** The page of a configuration that is not stored yet. */
export function NewConfig(): ReactNode {
  const client = useQueryClient();
  const [, navigate] = useLocation();
  return (
    <>
      <PageHeader title="New configuration" />
      <WithDraft latest={null}>
        {(editing) => (
          <EditPanel
            editing={editing}
            onStored={(now) => {
              client.setQueryData(taggedConfigQuery(now.config.id).queryKey, now);
              void client.invalidateQueries({ queryKey: keys.configs });
              navigate(`/configs/${now.config.id}`, { replace: true, state: { said: `${now.config.name} is stored as version 1.` } });
            }}
          />
        )}
      </WithDraft>
    </>
  );
}
