import { useEffect } from "react";
import { useLocation } from "wouter";

import { places } from "./shortcuts";

/** How long after "g" the second key may come. */
const SEQUENCE_MS = 1_200;

/** The keys that work on every page. They keep out of the way of whoever types, and of dialogs. */
export function useKeyboard(showHelp: () => void): void {
  const [, navigate] = useLocation();
  useEffect(() => {
    let wentAt = 0;
    const onKey = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || dialogIsOpen()) return;
      const second = Date.now() - wentAt < SEQUENCE_MS;
      wentAt = 0;
      const place = second ? places[event.key] : undefined;
      if (place !== undefined) {
        navigate(place);
      } else if (event.key === "g") {
        wentAt = Date.now();
        return;
      } else if (event.key === "/") {
        search(() => navigate("/agents"));
      } else if (event.key === "?") {
        showHelp();
      } else {
        return;
      }
      event.preventDefault();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [navigate, showHelp]);
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) && !isButtonLike(target);
}

function isButtonLike(target: HTMLElement): boolean {
  return target instanceof HTMLInputElement && /^(checkbox|radio|button|submit)$/.test(target.type);
}

/** A dialog that covers the page has the keyboard to itself; a side panel has not. */
function dialogIsOpen(): boolean {
  return document.querySelector("[role=dialog][aria-modal=true]") !== null;
}

/** The page's own search field is marked with data-search; where there is none, the agents have one. */
function search(elsewhere: () => void): void {
  if (focusSearch()) return;
  elsewhere();
  // Its page may have to be loaded first.
  const deadline = Date.now() + 5_000;
  const again = (): void => {
    if (!focusSearch() && Date.now() < deadline) requestAnimationFrame(again);
  };
  again();
}

function focusSearch(): boolean {
  const field = document.querySelector<HTMLInputElement>("[data-search]");
  field?.focus();
  field?.select();
  return field !== null;
}
