/** Uploads for tests: what `nix copy` would send, made by hand so that a test can make it wrong. */
import { createHash } from 'node:crypto';
import { zstdCompressSync } from 'node:zlib';
import { encodeNix32 } from './nix-hash.ts';
import { archiveOf, type Node } from './simulated-archive.ts';

export interface Upload {
  hash: string;
  name: string;
  /** File name below `nar/`. */
  nar: string;
  file: Buffer;
  narInfo: string;
}

export const sha256 = (bytes: Buffer | string): string =>
  encodeNix32(createHash('sha256').update(bytes).digest());

/** A store path with some contents; `seed` decides its hash. */
export function uploadOf(
  seed: string,
  options: { node?: Node; references?: string[]; pack?: 'zstd' | 'none' } = {},
): Upload {
  const { node = { contents: `contents of ${seed}\n` }, references = [], pack = 'zstd' } = options;
  const archive = archiveOf(node);
  const file = pack === 'zstd' ? zstdCompressSync(archive) : archive;
  const hash = encodeNix32(createHash('sha256').update(seed).digest().subarray(0, 20));
  const name = `${hash}-${seed}`;
  const nar = `${sha256(file)}.nar${pack === 'zstd' ? '.zst' : ''}`;
  const narInfo = [
    `StorePath: /nix/store/${name}`,
    `URL: nar/${nar}`,
    `Compression: ${pack}`,
    `FileHash: sha256:${sha256(file)}`,
    `FileSize: ${file.length}`,
    `NarHash: sha256:${sha256(archive)}`,
    `NarSize: ${archive.length}`,
    `References: ${references.join(' ')}`,
    '',
  ].join('\n');
  return { hash, name, nar, file, narInfo };
}

/** The bare requests of a client. */
export function clientOf(url: string, secret: string | null) {
  const headers = secret === null ? {} : { authorization: `Bearer ${secret}` };
  const send = async (method: string, path: string, body?: Buffer | string, more = {}) => {
    const response = await fetch(`${url}/${path}`, {
      method,
      headers: { ...headers, ...more },
      ...(body === undefined ? {} : { body: new Uint8Array(Buffer.from(body)) }),
    });
    return { status: response.status, text: await response.text(), headers: response.headers };
  };
  return {
    send,
    get: (path: string, more?: Record<string, string>) => send('GET', path, undefined, more),
    put: (path: string, body: Buffer | string, more?: Record<string, string>) =>
      send('PUT', path, body, more),
    /** Both parts, as `nix copy` sends them. Returns the last status. */
    async upload({ nar, file, hash, narInfo }: Upload): Promise<number> {
      const { status } = await send('PUT', `nar/${nar}`, file);
      return status === 200 ? (await send('PUT', `${hash}.narinfo`, narInfo)).status : status;
    },
  };
}
