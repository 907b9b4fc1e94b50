/** Builds the session image over the Engine API, so that no docker command is needed. */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '@joh/clock';
import { fault } from '@joh/protocol';
import { z } from 'zod';
import { createEngineApi, type EngineApi, linesOf } from './engine-api.ts';
import { refusal } from './network.ts';
import {
  readSeed,
  type SeedClosure,
  type SessionSeed,
  seedRecipe,
  seedTag,
} from './session-seed.ts';

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
  /** What its Nix store holds. Without it the image has the store of its base, if any, to read. */
  seed?: SessionSeed;
  onLine?: (line: string) => void;
  signal: AbortSignal;
}

/** The daemon answers with the first step's line, after it has read the whole context. */
const contextTimeoutMs = 300_000;
const inspectTimeoutMs = 30_000;
const inspectedImage = z.object({ Id: z.string(), Size: z.number() });
const buildLine = z.object({ stream: z.string().optional(), error: z.string().optional() });

/**
 * Builds and tags it.
 * @returns the image's id and its size in bytes.
 * @throws E_ENGINE_UNREACHABLE E_ENGINE_REFUSED with the build's own words, or Nix's about the seed.
 */
export async function buildSessionImage(
  options: SessionImageOptions,
): Promise<{ id: string; bytes: number }> {
  const { clock, socketPath, tag, signal } = options;
  const api = createEngineApi({ clock, endpoint: { socketPath } });
  const context = await mkdtemp(join(tmpdir(), 'joh-image-'));
  try {
    const { seed } = options;
    const recipe = join(options.recipe, 'seed');
    const base = seed ? await buildSeedImage(api, { ...options, seed, recipe }) : options.base;
    await stage(context, options);
    const flags = ['--dereference', '--mode=a+rX', '--exclude=./agent/toolchain'];
    await build(api, { ...options, tag, base }, [...flags, '--directory', context, '.']);
    const image = await inspect(api, tag, signal);
    if (!image) throw fault('E_ENGINE_REFUSED', { reason: `the built image ${tag} is not there` });
    return { id: image.Id, bytes: image.Size };
  } finally {
    api.close();
    await rm(context, { recursive: true, force: true });
  }
}

export interface SeedImageOptions {
  /** Image to build on. */
  base: string;
  seed: SessionSeed;
  /** Folder with the Dockerfile of seeds. */
  recipe: string;
  onLine?: (line: string) => void;
  signal: AbortSignal;
}

/**
 * Builds a base with a seeded Nix store, unless it is there: a large seed takes minutes to hand over, so it
 * is an image by itself, named for all that is in it.
 * @returns its name.
 */
export async function buildSeedImage(api: EngineApi, options: SeedImageOptions): Promise<string> {
  const { base, seed, recipe, signal } = options;
  const [closure, found] = await Promise.all([readSeed(seed, signal), inspect(api, base, signal)]);
  const tag = await seedTag(closure, found?.Id ?? base, recipe);
  if (await inspect(api, tag, signal)) return tag;
  const context = await mkdtemp(join(tmpdir(), 'joh-seed-'));
  try {
    await writeFile(join(context, 'registration'), closure.registration);
    await writeFile(join(context, 'path'), closure.path);
    await build(api, { ...options, tag, base }, seedContext(closure, context, recipe));
  } finally {
    await rm(context, { recursive: true, force: true });
  }
  return tag;
}

/** Parameters for tar: links stay links, and nothing is copied. */
function seedContext({ paths, root = '/' }: SeedClosure, context: string, recipe: string) {
  return [
    ...['--directory', context, 'registration', 'path'],
    ...['--directory', recipe, ...seedRecipe],
    ...['--directory', root, ...paths.map((path) => path.slice(1))],
  ];
}

interface BuildOptions {
  tag: string;
  base: string;
  onLine?: (line: string) => void;
  signal: AbortSignal;
}

/** Builds what tar packs. */
async function build(
  api: EngineApi,
  options: BuildOptions,
  content: readonly string[],
): Promise<void> {
  const { tag, base, signal } = options;
  const owner = ['--owner=0', '--group=0', '--numeric-owner'];
  const tar = spawn('tar', ['--create', ...owner, ...content], {
    stdio: ['ignore', 'pipe', 'inherit'],
    signal,
  });
  tar.on('error', (error) => tar.stdout.destroy(error));
  const query = new URLSearchParams({ t: tag, rm: '1', forcerm: '1' });
  query.set('buildargs', JSON.stringify({ BASE_IMAGE: base }));
  const given = { signal, timeoutMs: contextTimeoutMs, stream: tar.stdout };
  const answer = await api.open('POST', `/build?${query}`, given);
  for await (const line of linesOf(answer)) follow(line, options);
}

/** Null when there is none of that name. */
async function inspect(api: EngineApi, image: string, signal: AbortSignal) {
  const path = `/images/${encodeURIComponent(image)}/json`;
  const found = await api.call('GET', path, { signal, timeoutMs: inspectTimeoutMs });
  if (found.status === 404) return null;
  if (found.status !== 200) throw refusal('the session image', found);
  return inspectedImage.parse(found.body);
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

function follow(line: string, { onLine }: BuildOptions): void {
  if (!line.trim()) return;
  const read = buildLine.safeParse(JSON.parse(line));
  if (!read.success) return;
  const { stream, error } = read.data;
  if (error) throw fault('E_ENGINE_REFUSED', { reason: `the session image: ${error}` });
  if (stream?.trim()) onLine?.(stream.trimEnd());
}
