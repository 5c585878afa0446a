import { useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useCallback, useEffect, type ReactNode } from "react";
import { Redirect, Route, Switch, useLocation, useSearch } from "wouter";

import { onSignedOut } from "../api/client";
import { keys } from "../api/queries";
import { useSession } from "../session/useSession";
import { Loading } from "../ui/Loading";
import { ErrorBoundary } from "./ErrorBoundary";
import { lazyPage } from "./lazyPage";
import { LiveProvider } from "./live";
import { NotFound } from "./NotFound";
import { Shell } from "./Shell";
import { ServerAway } from "../session/ServerAway";

const SignInPage = lazy(() => import("../session/SignInPage"));
const FleetPage = lazyPage(() => import("../fleet/FleetPage"));
const AgentsPage = lazyPage(() => import("../agents/AgentsPage"));
const ConfigsPage = lazyPage(() => import("../configs/ConfigsPage"));
const ConfigPage = lazy(() => import("../configs/ConfigPage"));
const TokensPage = lazy(() => import("../tokens/TokensPage"));

/** Fetches the page that the address names while the server is still asked who is signed in. */
export function loadPageAhead(path: string): void {
  if (path === "/") FleetPage.ahead();
  if (section(path) === "agents") AgentsPage.ahead();
  if (path === "/configs") ConfigsPage.ahead();
}

/** Who may come in: everybody where the server asks for no tokens, else who is signed in. */
export function App(): ReactNode {
  const client = useQueryClient();
  const [path] = useLocation();
  const search = useSearch();
  const session = useSession();

  // A 401 anywhere: the session has ended. What was read with it goes too.
  const leave = useCallback(() => {
    client.setQueryData(keys.session, null);
    client.removeQueries({ predicate: (query) => query.queryKey[0] !== keys.session[0] });
  }, [client]);
  useEffect(() => onSignedOut(leave), [leave]);

  if (session.state === "loading") return <Loading />;
  if (session.state === "failed") return <ServerAway error={session.error} onRetry={session.retry} />;
  const next = new URLSearchParams(search).get("next");
  if (session.state === "out") {
    if (path !== "/sign-in") {
      const here = path + (search === "" ? "" : "?" + search);
      return <Redirect to={`/sign-in${here === "/" ? "" : "?next=" + encodeURIComponent(here)}`} replace />;
    }
    return (
      <Suspense fallback={<Loading />}>
        <SignInPage />
      </Suspense>
    );
  }
  // Only a path of this server: "//host" and "/\host" would be another's.
  if (path === "/sign-in") return <Redirect to={next !== null && /^\/(?![/\\])/.test(next) ? next : "/"} replace />;
  return (
    <LiveProvider onSignedOut={leave}>
      <Shell>
        <ErrorBoundary key={section(path)}>
          <Suspense fallback={<Loading />}>
            <Switch>
              <Route path="/" component={FleetPage} />
              <Route path="/agents/:id?">{({ id }) => <AgentsPage id={id} />}</Route>
              <Route path="/configs" component={ConfigsPage} />
              <Route path="/configs/:id">{({ id }) => <ConfigPage key={id} id={id} />}</Route>
              <Route path="/tokens" component={TokensPage} />
              <Route component={NotFound} />
            </Switch>
          </Suspense>
        </ErrorBoundary>
      </Shell>
    </LiveProvider>
  );
}

/** The part of the dashboard that a path belongs to. */
function section(path: string): string {
  return path.split("/")[1] ?? "";
}
