import { execFileSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

/** A certificate for 127.0.0.1 that lasts a day, and its key, in a folder that the caller removes. */
export function makeCertificate(): { dir: string; certificate: string; key: string } {
  const dir = mkdtempSync(path.join(tmpdir(), "ollystack-tls-"));
  const certificate = path.join(dir, "tls.crt");
  const key = path.join(dir, "tls.key");
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const name = ["-subj", "/CN=ollystack", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "1"];
  execFileSync("openssl", ["req", "-x509", ...curve, "-keyout", key, "-out", certificate, ...name], { stdio: "pipe" });
  return { dir, certificate, key };
}
