import { Button, PasswordInput, Stack, Title } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState, type ReactNode } from "react";

import { api } from "../api/client";
import { asApiError } from "../api/problem";
import { keys } from "../api/queries";
import type { Session } from "../api/types";
import { Mark } from "../app/Mark";
import { ErrorPanel } from "../ui/ErrorPanel";
import classes from "./session.module.css";

/** Trades a token for a session. The token leaves the page with the request, and the cookie is not for scripts. */
export default function SignInPage(): ReactNode {
  useDocumentTitle("Sign in · OllyStack");
  const client = useQueryClient();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []); // there is nothing else to do on this page

  const signIn = async (form: HTMLFormElement): Promise<void> => {
    const token = new FormData(form).get("token");
    if (typeof token !== "string" || token.trim() === "") return;
    setBusy(true);
    setError(null);
    try {
      const session = await api.post<Session>("/session", { token: token.trim() });
      form.reset();
      client.setQueryData(keys.session, session); // the page that was wanted comes by itself
    } catch (thrown) {
      setError(thrown);
      setBusy(false);
    }
  };

  const refused = error !== null && asApiError(error).status === 401;
  return (
    <main className={classes.page}>
      <form
        className={classes.card}
        onSubmit={(event) => {
          event.preventDefault();
          void signIn(event.currentTarget);
        }}
      >
        <Stack gap="md">
          <div className={classes.brand}>
            <Mark size={28} />
            <Title order={1}>OllyStack</Title>
          </div>
          <PasswordInput
            name="token"
            label="Token"
            description="With the role admin or read. The first one is in the file admin.token in the server's data directory."
            placeholder="olly_..."
            autoComplete="current-password"
            size="sm"
            required
            withAsterisk={false}
            ref={field}
            error={refused ? "This token is not known here." : undefined}
          />
          {error !== null && !refused && <ErrorPanel error={error} what="You are not signed in" />}
          <Button type="submit" size="sm" loading={busy} fullWidth>
            Sign in
          </Button>
          <p className={classes.note}>
            You stay signed in for 12 hours, or until the server restarts. A new token: <span className="mono">ollystack token create NAME --role admin</span>
          </p>
        </Stack>
      </form>
    </main>
  );
}
