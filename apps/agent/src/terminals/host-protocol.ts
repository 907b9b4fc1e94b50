/**
 * Agent and pty host, over a unix socket that only the user may open. The first line of a
 * connection is JSON and says what it is:
 *
 * - `{"open":"verbs"}`: requests and answers follow, one JSON a line; the host also tells exits.
 * - `{"open":"terminal","terminal":id}`: the host answers with frames (u32 length, big endian, then
 *   bytes): first the screen, then output; an end without a frame: there is no such terminal.
 *   The agent sends input bytes. The host ends its direction when the terminal has exited.
 */
import { terminal } from '@joh/protocol';
import { z } from 'zod';

export const hostOpening = z.discriminatedUnion('open', [
  z.object({ open: z.literal('verbs') }),
  z.object({ open: z.literal('terminal'), terminal: z.string() }),
]);

export const hostSpawn = z.object({
  argv: z.array(z.string()).min(1),
  env: z.record(z.string(), z.string()),
  cwd: z.string(),
  title: z.string(),
  columns: z.number().int(),
  rows: z.number().int(),
});
export type HostSpawn = z.infer<typeof hostSpawn>;

export const hostRequest = z.discriminatedUnion('verb', [
  z.object({ id: z.number(), verb: z.literal('list') }),
  z.object({ id: z.number(), verb: z.literal('create'), spawn: hostSpawn }),
  z.object({
    id: z.number(),
    verb: z.literal('resize'),
    terminal: z.string(),
    columns: z.number().int(),
    rows: z.number().int(),
  }),
  z.object({ id: z.number(), verb: z.literal('close'), terminal: z.string() }),
  /** Ends every terminal and the host. */
  z.object({ id: z.number(), verb: z.literal('shutdown') }),
]);
export type HostRequest = z.infer<typeof hostRequest>;

export const hostMessage = z.union([
  z.object({ id: z.number(), terminals: z.array(terminal) }),
  z.object({ id: z.number(), error: z.object({ code: z.string(), reason: z.string() }) }),
  z.object({ exited: z.string(), exitCode: z.number().int().nullable() }),
]);
export type HostMessage = z.infer<typeof hostMessage>;

/** A request without its number. */
export type HostVerb = HostRequest extends infer R
  ? R extends unknown
    ? Omit<R, 'id'>
    : never
  : never;

/** One frame of a terminal connection. */
export function encodeFrame(bytes: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(4 + bytes.length);
  frame.writeUInt32BE(bytes.length);
  frame.set(bytes, 4);
  return frame;
}

/** Takes whole frames off a stream of chunks. */
export async function* decodeFrames(source: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let held = Buffer.alloc(0);
  for await (const chunk of source) {
    held = held.length === 0 ? Buffer.from(chunk) : Buffer.concat([held, chunk]);
    while (held.length >= 4 && held.length >= 4 + held.readUInt32BE()) {
      const end = 4 + held.readUInt32BE();
      yield held.subarray(4, end);
      held = held.subarray(end);
    }
  }
}
