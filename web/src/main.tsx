import "@mantine/core/styles.layer.css";
import "./app/base.css";

import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { setNonce } from "get-nonce";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Router } from "wouter";

import { newQueryClient } from "./api/queries";
import { App, loadPageAhead } from "./app/App";
import { ErrorBoundary } from "./app/ErrorBoundary";
import { nonce } from "./app/nonce";
import { cssVariables, theme } from "./app/theme";
import { usePath, useQueryString } from "./app/useNavigation";
import { browserStore, Shelf } from "./configs/shelf";

new Shelf(browserStore(), "").sweep();
loadPageAhead(window.location.pathname);
setNonce(nonce()); // for the styles that keep the page still behind a dialog
const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <MantineProvider theme={theme} cssVariablesResolver={cssVariables} defaultColorScheme="auto" getStyleNonce={nonce}>
        <ErrorBoundary>
          <QueryClientProvider client={newQueryClient()}>
            <Router hook={usePath} searchHook={useQueryString}>
              <App />
            </Router>
          </QueryClientProvider>
        </ErrorBoundary>
      </MantineProvider>
    </StrictMode>,
  );
}
