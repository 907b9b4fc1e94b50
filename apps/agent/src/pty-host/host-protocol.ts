/**
 * Agent and pty host, over a unix socket that only the user may open. The first line of a
 * connection is JSON and says what it is:
 *
 * - `{"open":"verbs"}`: requests and answers follow, one JSON a line; the host also tells exits.
 * - `{"open":"terminal","terminal":id}`: the host answers with frames (u32 length, big endian, then
 *   bytes): first the screen, then output; an end without a frame: there is no such terminal.
 *   The agent sends input bytes. The host ends its direction when the terminal has exited.
 *
 * Both ends are of one release and the socket is private, so the lines are read as what they are;
 * checking them with schemas would cost the host more memory than everything else it does.
 */
import type { ErrorCode, Terminal } from '@joh/protocol';

export type HostOpening = { open: 'verbs' } | { open: 'terminal'; terminal: string };

export interface HostSpawn {
  argv: string[];
  env: Record<string, string>;
  cwd: string;
  title: string;
  columns: number;
  rows: number;
  /** The project's shell that it is started in. */
  shell: string | null;
}

export type HostVerb =
  | { verb: 'list' }
  | { verb: 'create'; spawn: HostSpawn }
  | { verb: 'resize'; terminal: string; columns: number; rows: number }
  | { verb: 'close'; terminal: string }
  /** Ends every terminal and the host. */
  | { verb: 'shutdown' };
export type HostRequest = HostVerb & { id: number };

export interface HostFailure {
  code: ErrorCode;
  reason: string;
}
export type HostMessage =
  | { id: number; terminals: Terminal[] }
  | { id: number; error: HostFailure }
  | { exited: string; exitCode: number | null };

/** What a verb of the host throws: it becomes a fault in the agent. */
export function hostError(code: ErrorCode, reason: string): Error & HostFailure {
  return Object.assign(new Error(reason), { code, reason });
}

/** One frame of a terminal connection. */
export function encodeFrame(bytes: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(4 + bytes.length);
  frame.writeUInt32BE(bytes.length);
  frame.set(bytes, 4);
  return frame;
}

/** Takes whole frames off a stream of chunks. */
export async function* decodeFrames(source: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let held: Buffer = Buffer.alloc(0);
  for await (const chunk of source) {
    held = held.length === 0 ? Buffer.from(chunk) : Buffer.concat([held, chunk]);
    while (held.length >= 4 && held.length >= 4 + held.readUInt32BE()) {
      const end = 4 + held.readUInt32BE();
      yield held.subarray(4, end);
      held = held.subarray(end);
    }
  }
}
