import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { systemClock, systemRandom } from '@joh/clock';
import { createNixCache } from '@joh/nix-cache';
import { waitFor } from '@joh/testkit';
import type { BenchContext } from '../bench.ts';
import { root, startProgram } from '../child.ts';

const main = join(root, 'packages/nix-cache/src/main.ts');
/** As `joh-nix-cache.js` starts it. */
const flags = ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=2', main];

export interface CacheServer {
  port: number;
  pid: number;
  /** Opens every namespace. */
  authorization: string;
  secret: string;
  end(): Promise<void>;
}

/** `joh-nix-cache serve` over a folder that is there. */
export async function startCache({ cleanUp }: BenchContext, data: string): Promise<CacheServer> {
  const secret = execFileSync(
    process.execPath,
    [...flags, '--data', data, 'token', 'add', '*', '--write'],
    { encoding: 'utf8' },
  ).trim();
  const server = await startProgram(process.execPath, [
    ...[...flags, '--data', data, 'serve', '--port', '0'],
  ]);
  cleanUp(server.end);
  const port = await Promise.race([
    waitFor(() => /127\.0\.0\.1:(\d+)/.exec(server.output())?.[1], {
      what: 'the cache listens',
      deadlineMs: 60_000,
    }),
    server.ended,
  ]);
  const authorization = `Basic ${Buffer.from(`bench:${secret}`).toString('base64')}`;
  return { port: Number(port), pid: server.pid, authorization, secret, end: server.end };
}

/** Hashes of store paths in the base of a new cache: rows as uploads leave them, without archives. */
export async function fillCache(data: string, count: number): Promise<string[]> {
  const cache = createNixCache({
    ...{ data, prefix: '/', keyName: 'bench' },
    clock: systemClock(),
    random: systemRandom(),
    authorize: () => null,
    onError: (error) => {
      throw error;
    },
  });
  const { catalogue, keyring } = cache.parts.serving;
  const names: string[] = [];
  cache.database.transaction(() => {
    for (let at = 0; at < count; at += 1) {
      const name = `${nix32(32)}-package-${at}-1.2.3`;
      const fileHash = nix32(52, '1');
      // As many as a package of nixpkgs has on average.
      const references = names.slice(-5).sort();
      const facts = { narHash: nix32(52, '1'), narBytes: 500_000, fileBytes: 100_000 };
      const nar = `${fileHash}.nar.zst`;
      const text = keyring.sign('base', {
        ...{ name, url: `nar/${nar}`, compression: 'zstd', fileHash, ...facts, references },
        ...{ deriver: `${nix32(32)}-package-${at}-1.2.3.drv`, signatures: [] },
        contentAddress: null,
      });
      catalogue.addNar('base', nar, { ...facts, compression: 'zstd' }, null);
      catalogue.addPath('base', { name, nar, text, references });
      names.push(name);
    }
  });
  // As after its first start: it knows that all are signed.
  await cache.reload();
  await cache.close();
  return names.map((name) => name.slice(0, 32));
}

/** Random characters that Nix's base 32 has; `first` keeps 256 bits from becoming 260. */
function nix32(length: number, first = ''): string {
  const alphabet = '0123456789abcdfghijklmnpqrsvwxyz';
  const bytes = randomBytes(length - first.length);
  return first + Array.from(bytes, (byte) => alphabet[byte & 31]).join('');
}
