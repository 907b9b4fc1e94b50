/** A channel: its two directions and their ends. */
import { type FaultBody, fault, faultOf, isFault } from '@joh/protocol';
import { encodeJson, frameType } from './frame.ts';
import { createIncoming, type Incoming } from './incoming.ts';
import type { LinkLimits } from './limits.ts';
import type { Channel } from './link.ts';
import { createOutgoing, type Outgoing } from './outgoing.ts';

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
  /** Frames left the queue: lets waiting sends in. */
  admit(): void;
  /** The other side has room for so much more. */
  grant(bytes: number): void;
  peerEnded(): void;
  peerClosed(error: FaultBody | null): void;
  /** The link is gone, or could not be had. */
  fail(error: FaultBody | null): void;
}

interface Waiter {
  message: Uint8Array;
  resolve(): void;
  reject(error: Error): void;
}

/** What a channel says to whoever sends on it after its end. */
function closedFault(error: FaultBody | null): Error {
  return error ? faultOf(error) : fault('E_CHANNEL_CLOSED');
}

export function createChannel(options: ChannelOptions): ChannelState {
  const { id, limits } = options;
  const outgoing = createOutgoing(id, limits, options.peerCredit);
  const waiters: Waiter[] = [];
  let ended = { here: false, there: false };
  let isEndQueued = false;
  let isEndHandled = false;
  let gone: { error: FaultBody | null } | null = null;
  const endListeners: (() => void)[] = [];
  const closeListeners: ((error: FaultBody | null) => void)[] = [];

  const finish = (error: FaultBody | null) => {
    if (gone) return;
    gone = { error };
    for (const waiter of waiters.splice(0)) waiter.reject(closedFault(error));
    options.onGone();
    for (const listener of closeListeners) listener(error);
  };
  const finishWhenBothEnded = () => {
    // Until the last frame is taken, credit for it must still find us.
    if (isEndQueued && isEndHandled && outgoing.isEmpty()) finish(null);
  };
  const close = (error: FaultBody | null) => {
    if (gone) return;
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
    while (waiters.length > 0 && outgoing.queuedBytes() < limits.queueBytesMax) {
      const waiter = waiters.shift();
      if (!waiter) return;
      outgoing.message(waiter.message);
      options.onReady(waiter.message.length);
      waiter.resolve();
    }
    if (ended.here && waiters.length === 0 && !isEndQueued) {
      isEndQueued = true;
      outgoing.control(frameType.end);
      options.onReady(0);
    }
    finishWhenBothEnded();
  };

  const channel: Channel = {
    id,
    kind: options.kind,
    params: options.params,
    send: (message) =>
      new Promise<void>((resolve, reject) => {
        if (gone) return reject(closedFault(gone.error));
        if (ended.here) return reject(fault('E_CHANNEL_CLOSED'));
        if (message.length > limits.messageBytesMax) {
          return reject(fault('E_MESSAGE_TOO_LARGE', { limitBytes: limits.messageBytesMax }));
        }
        waiters.push({ message, resolve, reject });
        admit();
      }),
    onMessage: (listener) => incoming.listen(listener),
    end: () => {
      if (gone || ended.here) return;
      ended = { ...ended, here: true };
      admit();
    },
    onEnd: (listener) => {
      if (isEndHandled) listener();
      else endListeners.push(listener);
    },
    close: (error) => close(error ?? null),
    onClose: (listener) => {
      if (gone) listener(gone.error);
      else closeListeners.push(listener);
    },
  };
  return {
    channel,
    outgoing,
    incoming,
    admit,
    grant: (bytes) => {
      outgoing.grant(bytes);
      if (!outgoing.isEmpty()) options.onReady(Math.min(bytes, outgoing.queuedBytes()));
    },
    peerEnded: () => {
      if (gone || ended.there) return;
      ended = { ...ended, there: true };
      incoming.whenHandled(() => {
        isEndHandled = true;
        for (const listener of endListeners) listener();
        finishWhenBothEnded();
      });
    },
    peerClosed: (error) => {
      outgoing.clear();
      incoming.flush();
      finish(error);
    },
    fail: (error) => {
      outgoing.clear();
      incoming.flush();
      finish(error);
    },
  };
}

function brokenListener() {
  return fault('E_INTERNAL', { reference: 'channel-listener' });
}
