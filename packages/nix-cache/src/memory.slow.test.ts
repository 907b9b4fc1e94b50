import { fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@joh/testkit';
import { expect, it } from 'vitest';
import { encodeNix32 } from './nix-hash.ts';
import { archiveOf, word } from './simulated-archive.ts';

const pieces = 300;
const piece = Buffer.alloc(2 ** 20, 'some megabyte ');

/** An archive of one file, piece by piece. */
function* archive(): Generator<Buffer> {
  const empty = archiveOf({ contents: '' });
  const start = empty.subarray(0, empty.length - word('').length - word(')').length);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(pieces * piece.length));
  yield Buffer.concat([start, length]);
  for (let count = 0; count < pieces; count += 1) yield piece;
  yield word(')');
}

it('takes and gives an archive of 300 MB in little memory', async () => {
  const folder = await temporaryFolder('joh-nix-cache');
  const child = fork(join(import.meta.dirname, 'doomed-main.ts'), [folder.path], {
    execArgv: ['--disable-warning=ExperimentalWarning'],
  });
  try {
    const [{ port, secret }] = (await once(child, 'message')) as [{ port: number; secret: string }];
    const peak = () =>
      Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) /
      1024;
    const before = peak();
    const hash = createHash('sha256');
    for (const some of archive()) hash.update(some);
    const url = `http://127.0.0.1:${port}/ada/nar/${encodeNix32(hash.digest())}.nar`;
    const headers = { authorization: `Bearer ${secret}` };
    const put = await fetch(url, {
      ...{ method: 'PUT', headers, duplex: 'half' as const },
      body: ReadableStream.from(archive()) as ReadableStream<Uint8Array>,
    });
    expect([put.status, await put.text()]).toEqual([200, '']);
    let bytes = 0;
    const got = await fetch(url, { headers });
    for await (const some of got.body ?? []) bytes += (some as Uint8Array).length;
    expect(bytes).toBeGreaterThan(pieces * piece.length);
    // The thread that verifies is a third of it, and what waits to be collected as garbage.
    expect(peak() - before).toBeLessThan(180);
  } finally {
    child.kill('SIGKILL');
    await folder.remove();
  }
});
