/** A channel: its two directions and their ends. */
import { type FaultBody, fault, faultOf, isFault } from '@joh/protocol';
import { encodeJson, frameType } from './frame.ts';
import { createIncoming, type Incoming } from './incoming.ts';
import type { LinkLimits } from './limits.ts';
import type { Channel } from './link.ts';
import { createOnceEvent } from './once-event.ts';
import { createOutgoing, type Outgoing } from './outgoing.ts';
import { createSending } from './sending.ts';

export interface ChannelOptions {
  id: number;
  kind: string;
  params: unknown;
  limits: LinkLimits;
  /** Credit that the other side gives a new channel. */
  peerCredit(): number;
  /** Something may be sent; `bytes` of it are new. */
  onReady(bytes: number): void;
  onCredit(bytes: number): void;
  /** Over: frames for it are ignored from now on. */
  onGone(): void;
}

/** A channel as the endpoint sees it. */
export interface ChannelState {
  channel: Channel;
  outgoing: Outgoing;
  incoming: Incoming;
  /** Says to the other side that it is there; once, by the side that opens. */
  start(payload: Uint8Array): void;
  /** Frames left the queue: lets waiting sends in. */
  admit(): void;
  /** The other side has room for so much more. */
  grant(bytes: number): void;
  peerEnded(): void;
  peerClosed(error: FaultBody | null): void;
  /** The link is gone, or could not be had. */
  fail(error: FaultBody | null): void;
}

/** What a channel says to whoever sends on it after its end. */
function closedFault(error: FaultBody | null): Error {
  return error ? faultOf(error) : fault('E_CHANNEL_CLOSED');
}

export function createChannel(options: ChannelOptions): ChannelState {
  const { id, limits } = options;
  const outgoing = createOutgoing(id, limits, options.peerCredit);
  const gone = createOnceEvent<FaultBody | null>();
  const peerEnd = createOnceEvent<void>();
  const sending = createSending(outgoing, limits, options.onReady);

  const finish = (error: FaultBody | null) => {
    if (gone.value) return;
    sending.reject(closedFault(error));
    options.onGone();
    gone.fire(error);
  };
  const finishWhenBothEnded = () => {
    // Until the last frame is taken, credit for it must still find us.
    if (sending.isDone() && peerEnd.value) finish(null);
  };
  const close = (error: FaultBody | null) => {
    if (gone.value) return;
    incoming.drop();
    outgoing.truncate();
    outgoing.control(frameType.close, encodeJson(error));
    options.onReady(0);
    finish(error);
  };
  const incoming = createIncoming({
    creditBytes: limits.creditBytes,
    messageBytesMax: limits.messageBytesMax,
    onCredit: options.onCredit,
    onError: (error) => close(isFault(error) ? error.body() : brokenListener().body()),
  });
  const admit = () => {
    sending.admit();
    finishWhenBothEnded();
  };
  const channel: Channel = {
    id,
    kind: options.kind,
    params: options.params,
    send: (message) =>
      gone.value ? Promise.reject(closedFault(gone.value.is)) : sending.send(message),
    onMessage: (listener) => incoming.listen(listener),
    end: () => {
      if (!gone.value) sending.end();
    },
    onEnd: (listener) => peerEnd.listen(listener),
    close: (error) => close(error ?? null),
    onClose: (listener) => gone.listen(listener),
  };
  return { channel, outgoing, incoming, admit, ...fromPeer() };

  function fromPeer() {
    const over = (error: FaultBody | null) => {
      outgoing.clear();
      incoming.flush();
      finish(error);
    };
    return {
      start: (payload: Uint8Array) => {
        outgoing.control(frameType.open, payload);
        options.onReady(payload.length);
      },
      grant: (bytes: number) => {
        outgoing.grant(bytes);
        if (!outgoing.isEmpty()) options.onReady(Math.min(bytes, outgoing.queuedBytes()));
      },
      peerEnded: () => {
        if (gone.value) return;
        incoming.whenHandled(() => {
          peerEnd.fire();
          finishWhenBothEnded();
        });
      },
      peerClosed: over,
      fail: over,
    };
  }
}

function brokenListener() {
  return fault('E_INTERNAL', { reference: 'channel-listener' });
}
