/**
 * One end of a link, apart from how connections are made: its channels, and what must survive a cut.
 * The client's and the server's side differ only in who says hello.
 */
import type { Clock } from '@joh/clock';
import type { FaultBody } from '@joh/protocol';
import { createChannelTable } from './channel-table.ts';
import { decodeMessage, type Frame, frameSize, frameType, isNumbered } from './frame.ts';
import type { LinkLimits } from './limits.ts';
import { createLine, type Line } from './line.ts';
import type { Channel, Transport } from './link.ts';
import { createReplay } from './replay.ts';
import { createVigil } from './vigil.ts';
import { createWindow } from './window.ts';

export interface Endpoint {
  open(kind: string, params: unknown): Channel;
  onChannel(listener: (channel: Channel) => void): void;
  /** Goes on over a new connection; false when what the peer has cannot be continued. */
  attach(transport: Transport, peer: { received: number; creditBytes: number }): boolean;
  /** The connection is gone; everything is kept. */
  detach(): void;
  /** A message of the attached connection. */
  receive(message: Uint8Array): void;
  /** Ends every channel. */
  close(error: FaultBody | null): void;
  /** How many numbered frames have arrived: what the peer must continue from. */
  received(): number;
  rttMs(): number | null;
  /** Bytes kept for the other side and from it. */
  keptBytes(): number;
}

export interface EndpointOptions {
  clock: Clock;
  role: 'client' | 'server';
  limits: LinkLimits;
  /** `gap`: the connection lost or damaged something; cut it and resume. `silent`: it is dead. */
  onTrouble(trouble: Trouble): void;
}

interface Trouble {
  kind: 'gap' | 'silent' | 'protocol';
  reason: string;
}

const malformed: Trouble = { kind: 'protocol', reason: 'a malformed message' };
const gap: Trouble = { kind: 'gap', reason: 'something was lost on the way' };

export function createEndpoint(options: EndpointOptions): Endpoint {
  const { clock, limits, onTrouble } = options;
  const replay = createReplay();
  const window = createWindow(limits);
  let received = 0;
  let peerCreditBytes = 0;
  let line: Line | null = null;
  let isClosed = false;
  const table = createChannelTable({
    ...options,
    peerCredit: () => peerCreditBytes,
    onReady: (bytes) => line?.wake(bytes),
  });
  const vigil = createVigil({
    clock,
    limits,
    ask: () => line?.ping(),
    onSilent: (reason) => onTrouble({ kind: 'silent', reason }),
  });

  /** Gives what is wrong with the frame, or null. */
  const take = (frame: Frame): string | null => {
    if (isNumbered(frame)) {
      received++;
      line?.arrived(frameSize(frame));
      return table.take(frame);
    }
    if (frame.type === frameType.ack) {
      if (!replay.acknowledge(frame.value)) return 'an acknowledgement of what was not sent';
      line?.wake(limits.frameBytesMax);
    } else if (frame.type === frameType.ping) line?.pong(frame.value);
    else if (frame.type === frameType.pong) line?.answered(frame.value);
    else return `frame type ${frame.type}`;
    return null;
  };
  const receive = (message: Uint8Array) => {
    vigil.heard();
    const decoded = decodeMessage(message);
    if (!decoded) return onTrouble(malformed);
    if (decoded.first > received) return onTrouble(gap);
    const current = line;
    let number = decoded.first;
    for (const frame of decoded.frames) {
      const isRepeated = isNumbered(frame) && number++ < received;
      const wrong = isRepeated ? null : take(frame);
      // A listener may have closed the link, or the connection was exchanged.
      if (isClosed || line !== current) return;
      if (wrong) return onTrouble({ kind: 'protocol', reason: wrong });
    }
  };
  const detach = () => {
    line?.stop();
    line = null;
    vigil.stop();
  };
  const attach: Endpoint['attach'] = (transport, peer) => {
    detach();
    if (!replay.resume(peer.received)) return false;
    window.reset();
    peerCreditBytes = peer.creditBytes;
    const own = { clock, limits, transport, replay, window, received: () => received };
    line = createLine({ ...own, next: table.next, hasMore: table.hasMore });
    vigil.start();
    line.ping();
    return true;
  };
  return {
    open: table.open,
    onChannel: table.onChannel,
    attach,
    detach,
    receive,
    close: (error) => {
      if (isClosed) return;
      isClosed = true;
      detach();
      table.close(error);
    },
    received: () => received,
    rttMs: () => window.rttMs(),
    keptBytes: () => replay.keptBytes() + table.keptBytes(),
  };
}
