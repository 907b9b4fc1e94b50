/**
 * A session window's websocket, joined to FrontendMaster's `/connect/<session>` with the kept sign-in. Only the
 * first message is looked at: it shows the secret, which is taken off it. Nothing is tried twice: the page's link
 * connects again.
 */
import type { Clock } from '@joh/clock';
import { decodeHello, encodeHello } from '@joh/link';
import { closes, readLinkTicket, type SessionId } from '@joh/protocol';
import { WebSocket } from 'ws';
import { limits } from '#limits';
import type { DesktopCloud } from './cloud.ts';
import type { SecretCheck } from './gate.ts';

/** RFC 6455, registry of close codes: try again later. */
const tryLater = 1013;
/** RFC 6455 §7.1.5, §7.1.6: what no close frame may carry. */
const noCode = 1005;
const cutCode = 1006;

export interface RelayOptions {
  clock: Clock;
  isSecret: SecretCheck;
  cloud: Pick<DesktopCloud, 'access'>;
  log(text: string): void;
}

/** Takes charge of an open websocket that has said nothing yet. Never throws. */
export function createRelay(options: RelayOptions): (page: WebSocket, session: SessionId) => void {
  return (page, session) => {
    page.on('error', () => undefined);
    page.once('message', (data: Buffer, isBinary: boolean) => {
      const early = () => page.close(closes.protocol, 'a message before the welcome');
      page.on('message', early);
      join(options, page, session, isBinary ? data : Buffer.alloc(0))
        .then((frontend) => {
          page.off('message', early);
          if (!frontend) return;
          pass(page, frontend, options.clock);
          pass(frontend, page, options.clock);
        })
        .catch((error: unknown) => {
          options.log(`relay: ${error instanceof Error ? error.message : error}`);
          page.close(tryLater, 'FrontendMaster did not answer');
        });
    });
  };
}

/** FrontendMaster's end, which has got the hello; null: the page is refused or gone. */
async function join(
  { isSecret, cloud, clock }: RelayOptions,
  page: WebSocket,
  session: SessionId,
  message: Uint8Array,
): Promise<WebSocket | null> {
  const hello = decodeHello(message);
  if (!hello) {
    page.close(closes.protocol, 'the first frame is not a hello');
    return null;
  }
  const { secret, more: ticket } = readLinkTicket(hello.ticket);
  if (!(await isSecret(secret))) {
    page.close(closes.ticket, 'E_TICKET_REFUSED');
    return null;
  }
  if (page.readyState !== WebSocket.OPEN) return null;
  const { url, token } = cloud.access();
  const address = `${url.replace(/^http/, 'ws')}/connect/${session}`;
  const frontend = await dial(address, { token, page, clock });
  frontend?.send(encodeHello({ ...hello, ticket }));
  return frontend;
}

/** Resolves once it is open, or with null when the page left meanwhile; rejects within `limits.relayDialMs`. */
function dial(
  url: string,
  { token, page, clock }: { token: string; page: WebSocket; clock: Clock },
): Promise<WebSocket | null> {
  const frontend = new WebSocket(url, {
    headers: { authorization: `Bearer ${token}` },
    perMessageDeflate: false,
    maxPayload: limits.linkMessageBytesMax,
    // The token goes to this address alone.
    followRedirects: false,
  });
  return new Promise((resolve, reject) => {
    const left = () => {
      resolve(null);
      frontend.terminate();
    };
    page.once('close', left);
    const cancel = clock.after(limits.relayDialMs, () => frontend.terminate());
    const settled = () => {
      cancel();
      page.off('close', left);
    };
    frontend.on('error', (error) => {
      settled();
      reject(error);
    });
    frontend.once('close', () => {
      settled();
      reject(new Error('it closed at once'));
    });
    frontend.once('open', () => {
      settled();
      // Paused until it is listened to: it may speak at once.
      frontend.pause();
      resolve(frontend);
    });
  });
}

/** What one gives the other gets, held back when that is slow; one that ends ends the other with the same words. */
function pass(from: WebSocket, to: WebSocket, clock: Clock): void {
  let cancelStall: () => void = () => undefined;
  const goOn = () => {
    if (!from.isPaused || to.bufferedAmount > limits.relayBytesLow) return;
    cancelStall();
    from.resume();
  };
  from.on('message', (data: Buffer, isBinary: boolean) => {
    if (to.readyState !== WebSocket.OPEN) return;
    to.send(data, { binary: isBinary }, goOn);
    if (from.isPaused || to.bufferedAmount <= limits.relayBytesHigh) return;
    from.pause();
    cancelStall = clock.after(limits.relayStallMs, () => {
      from.terminate();
      to.terminate();
    });
  });
  const ended = (code: number, reason: Buffer) => {
    cancelStall();
    // Its own close is not heard while it is paused.
    if (to.isPaused) to.resume();
    if (code === cutCode) to.terminate();
    else if (code === noCode) to.close();
    else to.close(code, reason);
  };
  from.once('close', ended);
  if (from.readyState >= WebSocket.CLOSING) ended(cutCode, Buffer.alloc(0));
  from.resume();
}
