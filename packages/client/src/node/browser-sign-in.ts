/**
 * A program of the user's computer signs in by the system's browser: OAuth 2.0 for native apps (RFC 8252)
 * with the proof of RFC 7636. For Node alone: the answer comes to a port of this computer.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FrontendClient } from '@joh/client';
import { type Clock, DeadlinePassed, type Random, withDeadline } from '@joh/clock';
import { type Authorization, fault, type SignedIn } from '@joh/protocol';

export interface BrowserSignInOptions {
  client: Pick<FrontendClient, 'redeem'>;
  /** Origin of FrontendMaster. */
  url: string;
  program: Authorization['client_id'];
  /** Shows the page in the system's browser, or its address to the user. */
  open(address: string): void;
  clock: Clock;
  random: Random;
  signal: AbortSignal;
  /** How long the user may take. */
  minutes?: number;
}

/**
 * Waits until the user has allowed it in the browser.
 * @throws {Fault} `E_ACCOUNT_NOT_ALLOWED`, `E_ACCOUNT_BROWSER_SILENT`, `E_ACCOUNT_CODE_WRONG`
 */
export async function signInByBrowser(options: BrowserSignInOptions): Promise<SignedIn> {
  const { client, clock, random, minutes = 5 } = options;
  const text = (bytes: number) => Buffer.from(random.bytes(bytes)).toString('base64url');
  const [verifier, state] = [text(32), text(16)];
  const listener = await listenForCode(state);
  try {
    const asked: Authorization = {
      response_type: 'code',
      client_id: options.program,
      redirect_uri: listener.address,
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
      state,
    };
    options.open(`${options.url.replace(/\/+$/, '')}/authorize?${new URLSearchParams(asked)}`);
    const code = await withDeadline(clock, minutes * 60_000, options.signal, () => listener.code);
    if (code === null) throw fault('E_ACCOUNT_NOT_ALLOWED');
    return await client.redeem({ code, code_verifier: verifier, redirect_uri: asked.redirect_uri });
  } catch (error) {
    if (error instanceof DeadlinePassed) throw fault('E_ACCOUNT_BROWSER_SILENT', { minutes });
    throw error;
  } finally {
    listener.close();
  }
}

interface CodeListener {
  /** What the browser is sent back to. */
  address: string;
  /** The code, or null when the user said no. */
  code: Promise<string | null>;
  close(): void;
}

/** A port of this computer alone, for one answer that knows `state`; everything else gets 404. */
async function listenForCode(state: string): Promise<CodeListener> {
  let host = '';
  let settle: (code: string | null) => void = () => undefined;
  const code = new Promise<string | null>((resolve) => {
    settle = resolve;
  });
  const server = createServer({ requestTimeout: 10_000 }, (request, response) => {
    const answer = answerOf(request, host, state);
    // The page is out before the server goes.
    response.once('close', () => answer && settle(answer.code));
    write(response, answer);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: '127.0.0.1', port: 0 }, resolve);
  });
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    address: `http://${host}/callback`,
    code,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function answerOf(
  request: IncomingMessage,
  host: string,
  state: string,
): { code: string | null } | null {
  if (request.method !== 'GET' || request.headers.host !== host) return null;
  const { pathname, searchParams } = new URL(request.url ?? '/', `http://${host}`);
  if (pathname !== '/callback' || !isSame(searchParams.get('state') ?? '', state)) return null;
  return { code: searchParams.has('error') ? null : searchParams.get('code') };
}

function write(response: ServerResponse, answer: { code: string | null } | null): void {
  const said = answer?.code
    ? ['Signed in', 'You can close this page and go back to the program.']
    : ['Not signed in', 'Nothing was changed. You can close this page.'];
  const [title, sentence] = answer ? said : ['Nothing here', 'This address is for one answer.'];
  response.writeHead(answer ? 200 : 404, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    connection: 'close',
  });
  response.end(`<!doctype html><html lang="en"><title>${title} · Joy of Hardware</title>
<style>:root{color-scheme:dark}body{background:#17181b;color:#e6e6e6;font:16px/1.5 system-ui;display:grid;place-content:center;
min-height:90vh;text-align:center}h1{color:#ff9a3d;font-weight:600}</style>
<h1>${title}</h1><p>${sentence}</p></html>`);
}

function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
