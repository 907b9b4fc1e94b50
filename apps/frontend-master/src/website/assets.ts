/** The files that pages need: the site's own, and the built IDE. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import { fault, idePolicy } from '@joh/protocol';
import type { FastifyReply } from 'fastify';
import type { Http } from '#platform';

export interface AssetFolders {
  /** Built by `npm run -w apps/frontend-master build`. */
  site: string;
  /** Built by `npm run -w apps/ide build`. */
  ide: string;
}

/** Names of built files carry a hash of their content, so they never change. */
const immutable = 'public, max-age=31536000, immutable';

/** Serves `/site/*`, `/icon.svg` and the files below `/ide/`. */
export async function serveAssets(http: Http, { site, ide }: AssetFolders): Promise<void> {
  await http.app.register(fastifyStatic, {
    root: site,
    prefix: '/site/',
    setHeaders: (reply) => void reply.header('cache-control', 'no-cache'),
  });
  http.app.get('/icon.svg', (_request, reply) => reply.sendFile('icon.svg', site));
  if (!existsSync(ide)) return;
  await http.app.register(fastifyStatic, {
    root: join(ide, 'assets'),
    prefix: '/ide/assets/',
    decorateReply: false,
    preCompressed: true,
    setHeaders: (reply, path) => setIdeHeaders(http, reply, path),
  });
}

/** Sends the IDE's page. @throws Fault E_ROUTE_UNKNOWN when the IDE is not built. */
export async function sendIde(http: Http, reply: FastifyReply, ide: string): Promise<FastifyReply> {
  const text = await readFile(join(ide, 'index.html'), 'utf8').catch(() => null);
  if (!text) throw fault('E_ROUTE_UNKNOWN', { path: '/ide/ (run `npm run build`)' });
  return reply
    .header('content-security-policy', idePolicy(socketOrigin(http), text))
    .header('cache-control', 'no-cache')
    .type('text/html; charset=utf-8')
    .send(text);
}

function setIdeHeaders(http: Http, reply: FastifyReply, path: string): void {
  void reply.header('cache-control', immutable);
  // A webview's frame brings its own policy; ours would stop its inline script.
  const isWebview = /\.html(\.br)?$/.test(path);
  const policy = isWebview ? "frame-ancestors 'self'" : idePolicy(socketOrigin(http));
  void reply.header('content-security-policy', policy);
}

function socketOrigin(http: Http): string {
  return http.publicUrl().replace(/^http/, 'ws');
}
