/** The base protocol of language servers: `Content-Length` heads (LSP 3.17, "Base Protocol"). */
import { fault } from '@joh/protocol';
import { limits } from '#limits';

/** One JSON text with its head. */
export function frameMessage(message: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`Content-Length: ${message.length}\r\n\r\n`), message]);
}

/** Takes whole messages off a server's output. Throws `E_PROCESS_FAILED` for what is no head. */
export async function* unframeMessages(source: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let chunks: Uint8Array[] = [];
  let size = 0;
  let wanted = 0;
  for await (const chunk of source) {
    chunks.push(chunk);
    size += chunk.length;
    // Joined only when a message may be whole: a large one comes in many chunks.
    while (size >= wanted) {
      let held: Buffer = Buffer.concat(chunks);
      const head = readHead(held);
      if (!head) {
        chunks = [held];
        wanted = size + 1;
        break;
      }
      const end = head.start + head.length;
      if (held.length < end) {
        chunks = [held];
        wanted = end;
        break;
      }
      yield held.subarray(head.start, end);
      held = held.subarray(end);
      chunks = [held];
      size = held.length;
      wanted = 1;
    }
  }
}

const headBytesMax = 8192;

function readHead(bytes: Buffer): { start: number; length: number } | null {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0 && bytes.length < headBytesMax) return null;
  const length = Number(/content-length: *(\d+)/i.exec(bytes.toString('latin1', 0, end))?.[1]);
  if (end < 0 || !(length >= 0) || length > limits.languageMessageBytesMax) {
    throw fault('E_PROCESS_FAILED', {
      program: 'language server',
      reason: 'it does not speak the language server protocol',
    });
  }
  return { start: end + 4, length };
}
