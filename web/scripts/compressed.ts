import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

import type { Plugin } from "vite";

const worthIt = /\.(js|css|svg|md)$/;

/** Writes a .br and a .gz beside each built file that gains from it: the server sends them as they are. */
export function compressed(): Plugin {
  let dir = "dist";
  return {
    name: "compressed",
    apply: "build",
    configResolved(config) {
      dir = join(config.root, config.build.outDir);
    },
    closeBundle() {
      for (const file of readdirSync(dir, { recursive: true, encoding: "utf8" })) {
        if (!worthIt.test(file)) continue;
        const path = join(dir, file);
        const raw = readFileSync(path);
        const brotli = { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY } };
        for (const [end, bytes] of [
          [".br", brotliCompressSync(raw, brotli)],
          [".gz", gzipSync(raw, { level: 9 })],
        ] as const) {
          if (bytes.length < raw.length) writeFileSync(path + end, bytes);
        }
      }
    },
  };
}
