/** The nonce that the server gave this page: styles that a library injects carry it. */
export function nonce(): string {
  const meta = document.querySelector<HTMLMetaElement>("meta[property='csp-nonce']");
  return meta?.nonce ?? "";
}
