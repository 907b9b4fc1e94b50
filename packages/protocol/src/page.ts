/** The built page of the IDE, as its servers send it. */

/**
 * The content security policy (CSP Level 3) of the IDE's page and its files: what the workbench needs,
 * webviews included. It styles with `style` attributes, compiles WebAssembly, and makes workers from blobs.
 * `connect` is where its websockets go; `page` the page's text, whose one script of its own is allowed by its hash.
 */
export function idePolicy(connect: string, page = ''): string {
  return [
    "default-src 'none'",
    `script-src 'self' 'wasm-unsafe-eval'${inlineScript(page)}`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self' data:",
    "worker-src 'self' blob:",
    `connect-src 'self' ${connect}`,
    "frame-src 'self'",
    "media-src 'self'",
    "form-action 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/** The source expression of its hash, as the build noted it; empty where it noted none. */
function inlineScript(page: string): string {
  const [, hash] = /<meta name="joh-inline" content="(sha256-[A-Za-z0-9+/]{43}=)"/.exec(page) ?? [];
  return hash ? ` '${hash}'` : '';
}
