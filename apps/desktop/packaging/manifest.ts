/** What a package is made of and from, for somebody who has to say what is in it: written beside it. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { toolVersion } from './cargo.ts';
import type { Part } from './contents.ts';

export interface PackedFile {
  /** Below the root of the user's disk, without the slash before it. */
  path: string;
  bytes: number;
  sha256: string;
}

const root = join(import.meta.dirname, '../../..');
/** They name every part of others with a hash. */
const locks = ['package-lock.json', 'apps/desktop/src-tauri/Cargo.lock'];

/** Every file of a staged tree, in the order of the paths; what is Debian's own is not in it. */
export function filesOf(tree: string): PackedFile[] {
  return readdirSync(tree, { recursive: true, encoding: 'utf8' })
    .filter((path) => !path.startsWith('DEBIAN') && statSync(join(tree, path)).isFile())
    .sort()
    .map((path) => {
      const content = readFileSync(join(tree, path));
      return { path, bytes: content.length, sha256: hash('sha256', content) };
    });
}

/** As `dpkg --verify` compares it. */
export function md5Of(file: string): string {
  return hash('md5', readFileSync(file));
}

/** Writes `<package>.json` and gives its path. Two builds of one commit write the same. */
export function writeManifest(deb: string, tree: string, parts: readonly Part[]): string {
  const content = readFileSync(deb);
  const manifest = {
    package: { file: basename(deb), bytes: content.length, sha256: hash('sha256', content) },
    sources: {
      commit: said('git', 'rev-parse', 'HEAD'),
      isChanged: said('git', 'status', '--porcelain', '--untracked-files=no') !== '',
      ...Object.fromEntries(
        locks.map((path) => [path, hash('sha256', readFileSync(join(root, path)))]),
      ),
    },
    // Others give other bytes.
    tools: {
      node: process.version,
      rustc: toolVersion('rustc'),
      strip: said('strip', '--version').split('\n')[0],
      'dpkg-deb': said('dpkg-deb', '--version').split('\n')[0],
    },
    parts: parts.map(({ name, version, origin, licence }) => ({ name, version, origin, licence })),
    files: filesOf(tree),
  };
  const path = `${deb}.json`;
  writeFileSync(path, `${JSON.stringify(manifest, null, 1)}\n`);
  return path;
}

function said(program: string, ...parameters: string[]): string {
  const { stdout } = spawnSync(program, parameters, { cwd: root, encoding: 'utf8' });
  return stdout?.trim() ?? '';
}

function hash(algorithm: 'md5' | 'sha256', content: Buffer): string {
  return createHash(algorithm).update(content).digest('hex');
}
