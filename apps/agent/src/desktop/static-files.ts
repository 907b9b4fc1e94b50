/** The IDE's bundle over HTTP: the same files as in the cloud; they carry no secret. */
import { createReadStream } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { extname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fault, idePolicy, pageSubject } from '@joh/protocol';

/** Names of built files carry a hash of their content, so they never change. */
const immutable = 'public, max-age=31536000, immutable';

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.md': 'text/markdown; charset=utf-8',
  '.mp3': 'audio/mpeg',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.ttf': 'font/ttf',
  '.wasm': 'application/wasm',
  '.woff2': 'font/woff2',
};

export interface StaticFiles {
  /** Answers when `path` is a page or a file of the bundle; false: it is neither. */
  serve(path: string, method: 'GET' | 'HEAD', response: ServerResponse): Promise<boolean>;
}

/** `host` is the agent's `127.0.0.1:<port>`. */
export function createStaticFiles({ ide, host }: { ide: string; host: string }): StaticFiles {
  return {
    serve: async (path, method, response) => {
      if (pageSubject(path)) {
        const page = await readFile(join(ide, 'index.html'), 'utf8').catch(() => {
          throw fault('E_ROUTE_UNKNOWN', { path: `${path} (the IDE is not built)` });
        });
        response.writeHead(200, {
          'content-type': 'text/html; charset=utf-8',
          'content-security-policy': idePolicy(`ws://${host}`, page),
          'cache-control': 'no-store',
        });
        response.end(method === 'HEAD' ? '' : saidByServer(page));
        return true;
      }
      const [, name] = /^\/ide\/assets\/([A-Za-z0-9_][\w.@+-]*)$/.exec(path) ?? [];
      if (!name) return false;
      await sendAsset(join(ide, 'assets', name), method, response, host);
      return true;
    },
  };
}

/** How the page's first script knows that no FrontendMaster is behind it. */
function saidByServer(page: string): string {
  return page.replace('<head>', '<head>\n    <meta name="joh-server" content="desktop" />');
}

async function sendAsset(
  path: string,
  method: 'GET' | 'HEAD',
  response: ServerResponse,
  host: string,
): Promise<void> {
  const handle = await open(path, 'r').catch(() => null);
  if (!handle) throw fault('E_ROUTE_UNKNOWN', { path: `/ide/assets/${path.split('/').at(-1)}` });
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw fault('E_ROUTE_UNKNOWN', { path: 'a folder' });
    const extension = extname(path);
    response.writeHead(200, {
      'content-type': types[extension] ?? 'application/octet-stream',
      'content-length': stats.size,
      'cache-control': immutable,
      // A webview's frame brings its own policy; ours would stop its inline script.
      'content-security-policy':
        extension === '.html' ? "frame-ancestors 'self'" : idePolicy(`ws://${host}`),
    });
    if (method === 'HEAD') return void response.end();
    // Not compressed: unpacking takes longer than the way through the loopback.
    await pipeline(createReadStream('', { fd: handle.fd, autoClose: false }), response);
  } finally {
    await handle.close();
  }
}
