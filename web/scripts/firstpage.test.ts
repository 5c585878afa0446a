// @vitest-environment node
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

import { describe, expect, it } from "vitest";

/** What issue and README promise: script, gzip-compressed, before the first page is useful. */
const LIMIT = 400 * 1024;

interface Chunk {
  file: string;
  src?: string;
  imports?: string[];
}

const dist = join(import.meta.dirname, "..", "dist");

/** The files of an entry and of all that it imports: what a browser loads and preloads before it runs. */
function scripts(manifest: Record<string, Chunk>, entry: string, seen = new Set<string>()): Set<string> {
  const chunk = manifest[entry];
  if (!chunk) throw new Error(`${entry} is not in the manifest`);
  if (seen.has(chunk.file)) return seen;
  seen.add(chunk.file);
  for (const each of chunk.imports ?? []) scripts(manifest, each, seen);
  return seen;
}

function compressedSize(files: Iterable<string>): number {
  let size = 0;
  for (const file of files) size += gzipSync(readFileSync(join(dist, file)), { level: 9 }).length;
  return size;
}

// A build is what is measured: `make test-web` makes one first.
describe("the first page", () => {
  it("was built", () => {
    expect(existsSync(join(dist, "manifest.json"))).toBe(true);
  });

  const pages = {
    "the fleet, with its plot": ["src/fleet/FleetPage.tsx", "src/fleet/Plot.tsx"],
    "the first page of an empty fleet": ["src/fleet/FleetPage.tsx", "src/start/StartPage.tsx"],
    "signing in": ["src/session/SignInPage.tsx"],
    "the agents": ["src/agents/AgentsPage.tsx"],
  };
  it.each(Object.entries(pages))("of %s is at most 400 KiB of compressed script", (_, modules) => {
    const manifest = JSON.parse(readFileSync(join(dist, "manifest.json"), "utf8")) as Record<string, Chunk>;
    const files = scripts(manifest, "index.html");
    for (const module of modules) scripts(manifest, module, files);
    files.add("theme.js");
    const size = compressedSize([...files].filter((file) => file.endsWith(".js")));
    expect(size).toBeGreaterThan(50 * 1024); // or it measures something else
    expect(size).toBeLessThanOrEqual(LIMIT);
  });

  it("asks no other address for anything", () => {
    const page = readFileSync(join(dist, "index.html"), "utf8");
    const addresses = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1]);
    expect(addresses.length).toBeGreaterThan(2);
    for (const address of addresses) expect(address).toMatch(/^\/(?!\/)/);
    expect(page).not.toMatch(/<script(?![^>]*\ssrc=)[^>]*>/); // no inline script: the policy would refuse it
  });
});
