import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { EditorView } from "@codemirror/view";
import { useState, type ReactNode } from "react";
import { createRoot } from "react-dom/client";
import { expect, it, vi } from "vitest";

import { keys } from "../api/queries";
import { noIds } from "./outline";
import YamlEditor from "./YamlEditor";

function Page(): ReactNode {
  const [text, setText] = useState("x");
  return (
    <>
      <pre>{text}</pre>
      <YamlEditor text={text} label="Text" findings={[]} onChange={setText} onSave={() => undefined} />
    </>
  );
}

it("keeps a key that is pressed just as the one before it is drawn", async () => {
  // As in a browser: React draws and tidies up when it comes to it, and not inside of act().
  vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", false);
  Range.prototype.getClientRects = () => [] as unknown as DOMRectList; // jsdom lays nothing out
  const place = document.body.appendChild(document.createElement("div"));
  const client = new QueryClient();
  client.setQueryData(keys.components, noIds);
  const root = createRoot(place);
  root.render(
    <MantineProvider env="test">
      <QueryClientProvider client={client}>
        <Page />
      </QueryClientProvider>
    </MantineProvider>,
  );
  const editor = await vi.waitFor(() => place.querySelector<HTMLElement>(".cm-editor") ?? Promise.reject(new Error("no editor yet")), 20_000);
  const view = EditorView.findFromDOM(editor)!;
  const echo = place.querySelector("pre")!;
  const type = (text: string): void => view.dispatch({ changes: { from: view.state.doc.length, insert: text } });
  new MutationObserver((_, observer) => {
    observer.disconnect();
    type("b");
  }).observe(echo, { characterData: true, childList: true, subtree: true });
  setTimeout(() => type("a"));
  await vi.waitFor(() => expect(echo.textContent).toMatch(/^xa./), 20_000);
  expect(view.state.doc.toString()).toBe("xab");
  root.unmount();
});
