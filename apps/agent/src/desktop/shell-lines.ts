/** The agent's end of the lines between it and the desktop's shell; the contract is the protocol's `desktop.ts`. */
import type { Readable, Writable } from 'node:stream';
import type { Clock } from '@joh/clock';
import {
  type AgentLine,
  type DesktopReply,
  type DesktopRequest,
  type DesktopStart,
  desktopRequest,
  desktopStart,
  fault,
  type ShellLine,
  shellLine,
} from '@joh/protocol';
import { limits } from '#limits';

/** A request without its number. */
type Wish<R = DesktopRequest> = R extends DesktopRequest ? Omit<R, 'id'> : never;

export interface Shell {
  say(line: AgentLine): void;
  /** Throws `E_DESKTOP_REFUSED` with the shell's words, or when it does not answer. */
  ask(wish: Wish): Promise<DesktopReply>;
  /** Aborts at the end of the input: the shell is gone. */
  gone: AbortSignal;
}

/** What is not an answer goes to `onLine`. Resolves with the first line; rejects when it is not one. */
export async function connectShell(options: {
  input: Readable;
  output: Writable;
  clock: Clock;
  onLine: (line: ShellLine) => void;
  log: (text: string) => void;
}): Promise<{ shell: Shell; start: DesktopStart }> {
  const { input, output, clock, log } = options;
  const gone = new AbortController();
  const first = Promise.withResolvers<DesktopStart>();
  const asked = new Map<number, (reply: DesktopReply) => void>();
  let isStarted = false;
  let last = 0;
  const heard = (text: string) => {
    const value = parsed(text);
    if (!isStarted) {
      isStarted = true;
      const start = desktopStart.safeParse(value);
      // Never with the line itself: it has the secret.
      if (start.success) first.resolve(start.data);
      else first.reject(new Error(`the first line is not a start: ${start.error.issues[0]?.path}`));
      return;
    }
    const line = shellLine.safeParse(value);
    if (!line.success) return log('shell: a line that is none of the contract');
    if ('reply' in line.data) {
      asked.get(line.data.reply.id)?.(line.data.reply);
      asked.delete(line.data.reply.id);
    } else options.onLine(line.data);
  };
  readLines(input, heard, () => {
    gone.abort(fault('E_DESKTOP_REFUSED', { reason: 'the application ends' }));
    first.reject(new Error('the input ended before the first line'));
  });
  output.on('error', () => gone.abort(fault('E_DESKTOP_REFUSED', { reason: 'nobody listens' })));
  const say = (line: AgentLine) => void output.write(`${JSON.stringify(line)}\n`);
  const shell: Shell = {
    say,
    gone: gone.signal,
    ask: async (wish) => {
      gone.signal.throwIfAborted();
      const request = desktopRequest.safeParse({ ...wish, id: ++last });
      if (!request.success) {
        throw fault('E_DESKTOP_REFUSED', { reason: `${request.error.issues[0]?.message}` });
      }
      const { id, kind } = request.data;
      const answer = Promise.withResolvers<DesktopReply>();
      const lost = () => answer.reject(gone.signal.reason);
      gone.signal.addEventListener('abort', lost, { once: true });
      asked.set(id, answer.resolve);
      const cancel = clock.after(
        kind === 'choose-folder' ? limits.shellDialogMs : limits.shellAnswerMs,
        () => answer.reject(fault('E_DESKTOP_REFUSED', { reason: 'it did not answer in time' })),
      );
      say({ request: request.data });
      try {
        const reply = await answer.promise;
        if (reply.failed) throw fault('E_DESKTOP_REFUSED', { reason: reply.failed });
        return reply;
      } finally {
        cancel();
        asked.delete(id);
        gone.signal.removeEventListener('abort', lost);
      }
    },
  };
  return { shell, start: await first.promise };
}

function readLines(input: Readable, heard: (line: string) => void, ended: () => void): void {
  let held = '';
  input.setEncoding('utf8').on('data', (text: string) => {
    const lines = (held + text).split('\n');
    held = lines.pop() ?? '';
    if (held.length > limits.shellLineCharactersMax) return void input.destroy();
    for (const line of lines) if (line.trim()) heard(line);
  });
  input.on('end', ended).on('close', ended).on('error', ended);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
