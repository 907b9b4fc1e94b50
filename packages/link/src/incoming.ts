/** One channel's receiving side: puts messages together, hands them over, returns credit. */
import { joinBytes } from '@joh/protocol';
import { frameCost } from './outgoing.ts';

type MessageListener = (message: Uint8Array) => void | Promise<void>;

export interface Incoming {
  /** A `part` or `data` frame arrived. Anything but `fine` means a broken peer. */
  accept(payload: Uint8Array, isLast: boolean): 'fine' | 'over credit' | 'too long';
  listen(listener: MessageListener): void;
  /** Calls `fn` when all that has arrived is handled. At most one is kept. */
  whenHandled(fn: () => void): void;
  /** Hands everything over at once, without waiting for promises, and takes no more. */
  flush(): void;
  /** Forgets everything and takes no more. */
  drop(): void;
  /** Bytes kept here. */
  keptBytes(): number;
}

export interface IncomingOptions {
  creditBytes: number;
  messageBytesMax: number;
  /** Give the other side so much more. */
  onCredit(bytes: number): void;
  /** The listener threw. */
  onError(error: unknown): void;
}

export function createIncoming(options: IncomingOptions): Incoming {
  const { creditBytes, messageBytesMax, onError } = options;
  const account = createAccount(creditBytes, options.onCredit);
  const assembly = createAssembly();
  let listener: MessageListener | null = null;
  let handled: (() => void) | null = null;
  let queue: Message[] = [];
  let isBusy = false;
  let isStopped = false;

  const hand = (message: Message): Promise<void> | undefined => {
    try {
      const result = listener?.(message.bytes);
      if (result instanceof Promise) return result;
    } catch (error) {
      onError(error);
    }
    return undefined;
  };
  const handAndPay = (message: Message) => {
    const paid = hand(message);
    if (!paid) return account.pay(message.cost);
    isBusy = true;
    paid.catch(onError).finally(() => {
      isBusy = false;
      account.pay(message.cost);
      pump();
    });
  };
  const pump = () => {
    while (listener && !isBusy && !isStopped) {
      const message = queue.shift();
      if (!message) break;
      handAndPay(message);
    }
    if (isBusy || queue.length > 0) return;
    // A message longer than the credit could never arrive if its own parts kept the credit.
    account.pay(assembly.takeCost());
    const fn = handled;
    handled = null;
    fn?.();
  };
  const stop = () => {
    isStopped = true;
    account.close();
    assembly.drop();
    const rest = queue;
    queue = [];
    return rest;
  };

  return {
    accept: (payload, isLast) => {
      if (isStopped) return 'fine';
      const cost = payload.length + frameCost;
      if (!account.owe(cost)) return 'over credit';
      if (assembly.bytes() + payload.length > messageBytesMax) return 'too long';
      const message = assembly.add({ bytes: payload, cost }, isLast);
      if (message) queue.push(message);
      pump();
      return 'fine';
    },
    listen: (one) => {
      listener = one;
      pump();
    },
    whenHandled: (fn) => {
      handled = fn;
      pump();
    },
    flush: () => {
      for (const message of stop()) hand(message)?.catch(onError);
    },
    drop: () => {
      stop();
      handled = null;
    },
    keptBytes: () => assembly.bytes() + queue.reduce((sum, { bytes }) => sum + bytes.length, 0),
  };
}

interface Message {
  bytes: Uint8Array;
  /** Credit to return when it is handled. */
  cost: number;
}

/** The credit that the other side has used and not got back. */
function createAccount(creditBytes: number, onCredit: (bytes: number) => void) {
  let owed = 0;
  /** Handled; returned when it is worth a frame. */
  let due = 0;
  let isClosed = false;
  return {
    /** False when the other side used more than it has. */
    owe: (cost: number): boolean => {
      owed += cost;
      return owed <= creditBytes;
    },
    pay: (cost: number) => {
      due += cost;
      if (isClosed || due < creditBytes / 4) return;
      const returned = due;
      owed -= due;
      due = 0;
      onCredit(returned);
    },
    close: () => {
      isClosed = true;
    },
  };
}

/** The parts of a message that has not arrived in full. */
function createAssembly() {
  let parts: Uint8Array[] = [];
  let size = 0;
  let cost = 0;
  const drop = () => {
    parts = [];
    size = 0;
    cost = 0;
  };
  return {
    bytes: () => size,
    /** The whole message when this was its last part. */
    add: (part: Message, isLast: boolean): Message | null => {
      if (isLast && parts.length === 0) return part;
      parts.push(part.bytes);
      size += part.bytes.length;
      cost += part.cost;
      if (!isLast) return null;
      const whole = { bytes: joinBytes(parts), cost };
      drop();
      return whole;
    },
    /** The cost of the parts so far, to be returned before the message is whole. */
    takeCost: () => {
      const taken = cost;
      cost = 0;
      return taken;
    },
    drop,
  };
}
