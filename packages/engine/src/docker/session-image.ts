/** Builds the session image over the Engine API, so that no docker command is needed. */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '@joh/clock';
import { fault } from '@joh/protocol';
import { z } from 'zod';
import { createEngineApi, linesOf } from './engine-api.ts';
import { refusal } from './network.ts';

export interface SessionImageOptions {
  clock: Clock;
  socketPath: string;
  /** Name of the image to make. */
  tag: string;
  /** Image to build on. */
  base: string;
  /** Folder with the Dockerfile, `init` and `service/`. */
  recipe: string;
  /** Folder with the agent's bundles. */
  agent: string;
  /** Node 24's binary, for Linux. */
  node: string;
  /** Whether the embedded tool chain (370 MB of WebAssembly) goes in. */
  toolchain: boolean;
  onLine?: (line: string) => void;
  signal: AbortSignal;
}

/** The daemon answers with the first step's line, after it has read the whole context. */
const contextTimeoutMs = 300_000;
const inspectedImage = z.object({ Id: z.string(), Size: z.number() });
const buildLine = z.object({ stream: z.string().optional(), error: z.string().optional() });

/**
 * Builds and tags it.
 * @returns the image's id and its size in bytes.
 * @throws E_ENGINE_UNREACHABLE E_ENGINE_REFUSED with the build's own words.
 */
export async function buildSessionImage(
  options: SessionImageOptions,
): Promise<{ id: string; bytes: number }> {
  const { clock, socketPath, tag, base, signal } = options;
  const api = createEngineApi({ clock, endpoint: { socketPath } });
  const context = await mkdtemp(join(tmpdir(), 'joh-image-'));
  try {
    await stage(context, options);
    const tar = spawn(
      'tar',
      [
        ...['--create', '--dereference', '--owner=0', '--group=0', '--mode=a+rX'],
        ...['--exclude=./agent/toolchain', '--directory', context, '.'],
      ],
      { stdio: ['ignore', 'pipe', 'inherit'], signal },
    );
    tar.on('error', (error) => tar.stdout.destroy(error));
    const query = new URLSearchParams({ t: tag, rm: '1', forcerm: '1' });
    query.set('buildargs', JSON.stringify({ BASE_IMAGE: base }));
    const path = `/build?${query}`;
    const given = { signal, timeoutMs: contextTimeoutMs, stream: tar.stdout };
    const answer = await api.open('POST', path, given);
    for await (const line of linesOf(answer)) follow(line, options);
    const image = await api.call('GET', `/images/${encodeURIComponent(tag)}/json`, {
      signal,
      timeoutMs: 30_000,
    });
    if (image.status !== 200) throw refusal('the session image', image);
    const { Id: id, Size: bytes } = inspectedImage.parse(image.body);
    return { id, bytes };
  } finally {
    api.close();
    await rm(context, { recursive: true, force: true });
  }
}

/** The context by links: nothing is copied. */
async function stage(context: string, options: SessionImageOptions): Promise<void> {
  const { recipe, agent, node, toolchain } = options;
  for (const name of ['Dockerfile', 'init', 'service']) {
    await symlink(join(recipe, name), join(context, name));
  }
  await symlink(node, join(context, 'node'));
  await symlink(agent, join(context, 'agent'));
  if (toolchain) await symlink(join(agent, 'toolchain'), join(context, 'toolchain'));
  else await mkdir(join(context, 'toolchain'));
}

function follow(line: string, { onLine }: SessionImageOptions): void {
  if (!line.trim()) return;
  const read = buildLine.safeParse(JSON.parse(line));
  if (!read.success) return;
  const { stream, error } = read.data;
  if (error) throw fault('E_ENGINE_REFUSED', { reason: `the session image: ${error}` });
  if (stream?.trim()) onLine?.(stream.trimEnd());
}
