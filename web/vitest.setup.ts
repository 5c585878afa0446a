import { cleanup, configure } from "@testing-library/react";
import { afterEach, vi } from "vitest";

afterEach(cleanup);
configure({ asyncUtilTimeout: 20_000 });

// What jsdom lacks and Mantine asks for.
if (typeof window !== "undefined") {
  Object.assign(window, {
    matchMedia: (media: string) => ({ matches: false, media, addEventListener: vi.fn(), removeEventListener: vi.fn() }),
    ResizeObserver: class {
      observe(): void {}
      unobserve(): void {}
      disconnect(): void {}
    },
  });
  Element.prototype.scrollIntoView = () => undefined;
}
