/**
 * Puts an image of a daemon into a registry as it is, layers uncompressed: `docker push` would spend
 * most of a test on gzip, and those who pull take either.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { mkdir, readFile, rm, stat } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { streamEngine } from './engine-request.ts';

export interface PushOptions {
  from: { socketPath: string };
  /** `name:tag` */
  image: string;
  /** `host:port` of the registry, and the certificate of who signed its own. */
  address: string;
  authority: string;
  /** Made for the time of the push. */
  folder: string;
}

/** Image Manifest Version 2, Schema 2; the last two are its media types for what is not compressed. */
const types = {
  manifest: 'application/vnd.docker.distribution.manifest.v2+json',
  config: 'application/vnd.docker.container.image.v1+json',
  layer: 'application/vnd.docker.image.rootfs.diff.tar',
} as const;
const silenceTimeoutMs = 60_000;

/** @returns its name by digest: `host:port/name@sha256:…`. */
export async function pushImage(options: PushOptions): Promise<string> {
  const { from, image, address, folder } = options;
  const [name = '', tag = 'latest'] = image.split(':');
  await mkdir(folder, { recursive: true });
  try {
    const saved = await streamEngine(from.socketPath, `/images/${encodeURIComponent(image)}/get`);
    // It reads on after the archive's end, which may come before the answer's: otherwise it is gone by then.
    const tar = spawn('tar', ['--extract', '--ignore-zeros', '--directory', folder], {
      stdio: ['pipe', 'ignore', 'inherit'],
    });
    const ended = once(tar, 'close');
    await pipeline(saved, tar.stdin);
    await ended;
    const [{ Config, Layers }]: [{ Config: string; Layers: string[] }] = JSON.parse(
      await readFile(join(folder, 'manifest.json'), 'utf8'),
    );
    const put = (path: string, mediaType: string) =>
      putBlob(join(folder, path), { ...options, name, mediaType });
    const layers = [];
    for (const path of Layers) layers.push(await put(path, types.layer));
    const config = await put(Config, types.config);
    const manifest = JSON.stringify({
      ...{ schemaVersion: 2, mediaType: types.manifest, config, layers },
    });
    await ask(options, 'PUT', `/v2/${name}/manifests/${tag}`, manifest, types.manifest);
    return `${address}/${name}@${digestOf(manifest)}`;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function putBlob(
  path: string,
  options: PushOptions & { name: string; mediaType: string },
): Promise<{ mediaType: string; size: number; digest: string }> {
  const { name, mediaType } = options;
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  const digest = `sha256:${hash.digest('hex')}`;
  const { size } = await stat(path);
  const { location } = await ask(options, 'POST', `/v2/${name}/blobs/uploads/`);
  const to = new URL(location ?? '', `https://${options.address}`);
  to.searchParams.set('digest', digest);
  const stream = createReadStream(path);
  await ask(options, 'PUT', to.pathname + to.search, stream, 'application/octet-stream', size);
  return { mediaType, size, digest };
}

/** The answer's headers. */
async function ask(
  { address, authority }: Pick<PushOptions, 'address' | 'authority'>,
  method: 'POST' | 'PUT',
  path: string,
  body: string | NodeJS.ReadableStream = '',
  type = 'application/octet-stream',
  length = Buffer.byteLength(String(body)),
): Promise<NodeJS.Dict<string>> {
  const headers = { 'content-type': type, 'content-length': length };
  const options = { method, headers, ca: authority, timeout: silenceTimeoutMs };
  const asked = request(`https://${address}${path}`, options);
  asked.on('timeout', () => asked.destroy(new Error(`${method} ${path}: no answer`)));
  const answered = once(asked, 'response');
  if (typeof body === 'string') asked.end(body);
  else await Promise.all([pipeline(body, asked), answered]);
  const [answer] = await answered;
  answer.resume();
  if (answer.statusCode < 300) return answer.headers;
  throw new Error(`${method} ${path}: HTTP ${answer.statusCode}`);
}

function digestOf(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}
