/** A program with binary-safe pipes, as the messages of a `process` channel. */
import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { constants } from 'node:os';
import type { Readable } from 'node:stream';
import type { Clock } from '@joh/clock';
import { type ChannelParams, fault, type ProcessExit, processByte } from '@joh/protocol';
import { limits } from '#limits';
import { killGroup } from './output.ts';

export interface PipedProcess {
  /** Takes one message of the client; resolves when the program's pipe has room. */
  input(message: Uint8Array): Promise<void>;
  /** Ends the program's whole group: SIGTERM, then SIGKILL. */
  close(): void;
  /** Resolves when the program has ended and its exit message was taken. */
  done: Promise<void>;
}

/**
 * Starts `argv`. `send` takes each message and its promise is the back-pressure: while it is
 * pending, the program's pipe is not read. Throws `E_PROCESS_FAILED` when it cannot be started.
 */
export async function startPiped(
  { argv, cwd, env }: ChannelParams<'process'>,
  options: {
    root: string;
    env: Record<string, string>;
    clock: Clock;
    send: (message: Uint8Array) => Promise<void>;
  },
): Promise<PipedProcess> {
  const [program = '', ...args] = argv;
  const child = spawn(program, args, {
    cwd: cwd ?? options.root,
    env: { ...options.env, ...env },
    detached: true,
    stdio: 'pipe',
  });
  const exited = new Promise<ProcessExit>((resolve) => {
    child.once('exit', (exitCode, signal) => resolve({ exitCode, signal }));
  });
  child.stdin.on('error', () => undefined);
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (error) =>
      reject(fault('E_PROCESS_FAILED', { program, reason: error.message }, { cause: error })),
    );
  });
  writeFile(`/proc/${child.pid}/oom_score_adj`, '500').catch(() => undefined);
  let open = true;
  const close = () => {
    if (!open) return;
    open = false;
    killGroup(child, 'SIGTERM');
    child.stdout.destroy();
    child.stderr.destroy();
    // The group may outlive its leader: the last signal is sent in any case.
    options.clock.after(limits.killGraceMs, () => killGroup(child, 'SIGKILL'));
  };
  const finish = async () => {
    await Promise.all([
      pump(child.stdout, processByte.stdout, options.send),
      pump(child.stderr, processByte.stderr, options.send),
    ]);
    const exit = await exited;
    await options.send(tagged(processByte.exit, Buffer.from(JSON.stringify(exit))));
  };
  return {
    input: async (message) => {
      const rest = message.subarray(1);
      if (message[0] === processByte.signal) return sendSignal(child, Buffer.from(rest).toString());
      if (message[0] !== processByte.stdin) {
        throw fault('E_REQUEST_INVALID', { reason: 'the first byte of the message is unknown' });
      }
      if (rest.length === 0) return void child.stdin.end();
      if (child.stdin.destroyed || child.stdin.write(rest)) return;
      await new Promise<void>((resolve) => {
        child.stdin.once('drain', resolve).once('close', resolve);
      });
    },
    close,
    done: finish(),
  };
}

async function pump(source: Readable, byte: number, send: (message: Uint8Array) => Promise<void>) {
  for await (const chunk of source) await send(tagged(byte, chunk as Buffer));
}

function tagged(byte: number, bytes: Uint8Array): Uint8Array {
  const message = new Uint8Array(bytes.length + 1);
  message[0] = byte;
  message.set(bytes, 1);
  return message;
}

function sendSignal(child: Parameters<typeof killGroup>[0], name: string): void {
  if (!(name in constants.signals)) {
    throw fault('E_REQUEST_INVALID', { reason: `there is no signal ${name}` });
  }
  killGroup(child, name as NodeJS.Signals);
}
