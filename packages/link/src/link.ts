/** What a link is to those who use it. */
import type { FaultBody } from '@joh/protocol';

/**
 * One connection: whole messages, in order, until it closes. `close` may be called in any state; the
 * close listeners hear of every end once, whoever caused it.
 */
export interface Transport {
  send(message: Uint8Array): void;
  /** Bytes handed to `send` that have not left this process. */
  bufferedBytes(): number;
  onMessage(listener: (message: Uint8Array) => void): void;
  onClose(listener: (code: number, reason: string) => void): void;
  close(code?: number, reason?: string): void;
}

/** Anything that carries whole messages both ways: a `Channel`, or a websocket by an adapter. */
export interface MessagePipe {
  send(message: Uint8Array): Promise<void> | void;
  onMessage(listener: (message: Uint8Array) => void | Promise<void>): void;
  onClose(listener: (error: FaultBody | null) => void): void;
  close(error?: FaultBody): void;
}

/** One ordered, flow-controlled stream of messages each way. */
export interface Channel {
  readonly id: number;
  readonly kind: string;
  readonly params: unknown;
  /**
   * Sends one message of at most `messageBytesMax` bytes. Resolves when it is accepted in bounded
   * memory: await it before sending more. The bytes belong to the link from here on. Rejects with
   * `E_MESSAGE_TOO_LARGE`, `E_CHANNEL_CLOSED` or what closed the link.
   */
  send(message: Uint8Array): Promise<void>;
  /**
   * One listener, called for one message at a time; the next waits until its promise settles, and so
   * does the sender in the end. Messages that came before it was set are kept. A listener that throws
   * closes the channel.
   */
  onMessage(listener: (message: Uint8Array) => void | Promise<void>): void;
  /** Nothing more will be sent; what was accepted is still delivered. */
  end(): void;
  /** The other side has ended, and its messages have been handled. */
  onEnd(listener: () => void): void;
  /**
   * Gives up both directions at once. Accepted messages that the other side has no room for are
   * dropped; `end` is the orderly way.
   */
  close(error?: FaultBody): void;
  /**
   * Called once: with null when both sides have ended or one closed without an error, else with the
   * error. Messages that came before are handed over first, without waiting for their promises.
   */
  onClose(listener: (error: FaultBody | null) => void): void;
}

/**
 * `connecting`: never connected yet. `cut`: will connect again by itself (a client) or waits to be
 * resumed (a server); channels keep what they accepted. `closed`: for good.
 */
export type LinkState = 'connecting' | 'open' | 'cut' | 'closed';

/** What a person may be told about a change of state. */
export interface LinkDetail {
  /** Attempts since the link was last open; 0 when open. */
  attempt: number;
  /** When the next attempt starts, in milliseconds from now; null when none is planned. */
  nextRetryMs: number | null;
  /** Close code of the connection that ended, or null. */
  code: number | null;
  /** Why it is cut or closed; null when open, or when closed on purpose. */
  fault: FaultBody | null;
}

export interface Link {
  /** Opens a channel; it may be used at once, in any state but `closed` (then it is born closed). */
  open(kind: string, params: unknown): Channel;
  /** One listener, for channels that the other side opens; earlier ones are kept for it. */
  onChannel(listener: (channel: Channel) => void): void;
  readonly state: LinkState;
  readonly detail: LinkDetail;
  /** Called at every change of state, and for a client at every planned attempt. */
  onState(listener: (state: LinkState, detail: LinkDetail) => void): void;
  /** Smoothed round trip through both ends in milliseconds, or null before the first measurement. */
  rttMs(): number | null;
  /** Ends it for good and tells the other side. Default code 1000. */
  close(code?: number, reason?: string): void;
}
