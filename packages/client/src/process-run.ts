/** Running a program in the session, with its pipes. */
import type { Link } from '@joh/link';
import {
  type ChannelParams,
  fault,
  type ProcessExit,
  processByte,
  processExit,
} from '@joh/protocol';
import { consume, opened } from './channel-streams.ts';

export interface ProcessStreams {
  /** Bytes for its standard input, ended at their end. Without it the input is empty. */
  stdin?: AsyncIterable<Uint8Array> | undefined;
  /** The next piece comes when the promise settles: that is the back-pressure. */
  onStdout?: ((data: Uint8Array) => void | Promise<void>) | undefined;
  onStderr?: ((data: Uint8Array) => void | Promise<void>) | undefined;
  /** Ends the program. */
  signal?: AbortSignal | undefined;
}

/**
 * Resolves with how the program ended, after its output was handled.
 * @throws Fault `E_PROCESS_FAILED` when it cannot be started; the signal's reason
 */
export async function runProcess(
  link: Link,
  params: ChannelParams<'process'>,
  streams: ProcessStreams = {},
): Promise<ProcessExit> {
  const { stdin, onStdout, onStderr, signal } = streams;
  const process = opened(link, 'process', params, signal);
  let exit: ProcessExit | null = null;
  const ended = consume(process, (message) => {
    const rest = message.subarray(1);
    switch (message[0]) {
      case processByte.stdout:
        return onStdout?.(rest);
      case processByte.stderr:
        return onStderr?.(rest);
      case processByte.exit:
        exit = processExit.parse(JSON.parse(new TextDecoder().decode(rest)));
        return;
      default:
        throw fault('E_INTERNAL', { reference: `process byte ${message[0]}` });
    }
  });
  const feeding = feed(stdin, (data) => process.channel.send(tagged(processByte.stdin, data)));
  try {
    await ended;
  } finally {
    feeding.stop();
  }
  if (!exit) throw fault('E_CHANNEL_CLOSED');
  return exit;
}

/** Sends the input and then its end. Stops asking for more when the program is over. */
function feed(
  stdin: AsyncIterable<Uint8Array> | undefined,
  send: (data: Uint8Array) => Promise<void>,
): { stop(): void } {
  const source = stdin?.[Symbol.asyncIterator]();
  let isOver = false;
  const run = async () => {
    while (source && !isOver) {
      const { done, value } = await source.next();
      if (done) break;
      if (value.length > 0) await send(value);
    }
    if (!isOver) await send(new Uint8Array(0));
  };
  // A program may end before it has read its input; how it ended is what the caller hears.
  run().catch(() => undefined);
  return {
    stop: () => {
      isOver = true;
      source?.return?.().catch(() => undefined);
    },
  };
}

function tagged(byte: number, data: Uint8Array): Uint8Array {
  const message = new Uint8Array(1 + data.length);
  message[0] = byte;
  message.set(data, 1);
  return message;
}
