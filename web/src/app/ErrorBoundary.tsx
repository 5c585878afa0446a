import { Component, type ReactNode } from "react";

import { ErrorPanel } from "../ui/ErrorPanel";

/** A part that fails fails alone: the rest of the page stays. Give it a key that changes where it is to try again. */
export class ErrorBoundary extends Component<{ children: ReactNode }, { error: unknown }> {
  override state: { error: unknown } = { error: null };

  static getDerivedStateFromError(error: unknown): { error: unknown } {
    return { error };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (error === null) return this.props.children;
    // A page that was open while the server was upgraded asks for scripts that are gone.
    const outdated = error instanceof Error && /dynamically imported module|Importing a module script|Unable to preload CSS/.test(error.message);
    return (
      <div style={{ padding: 16 }}>
        <ErrorPanel
          error={outdated ? new Error("The page is of another version than the server, or the server is away.") : error}
          what={outdated ? "A part of the page could not be loaded" : "This part of the page failed"}
          todo={outdated ? "Reload the page." : "Reload the page. If that does not help, report it with what is written here."}
          onRetry={() => window.location.reload()}
        />
      </div>
    );
  }
}
