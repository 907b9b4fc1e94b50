import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { BenchContext } from '../bench.ts';
import { root } from '../child.ts';

const bundleMs = 30 * 60_000;

export interface UnpackedPackage {
  /** The program of the release. */
  program: string;
  /** Size of the package as it is downloaded. */
  bytes: number;
}

/** Makes the Debian package as one ships it, and unpacks it below `place`. */
export function unpackPackage({ say }: BenchContext, place: string): UnpackedPackage {
  say('making the package; the release build takes minutes the first time');
  run(process.execPath, ['bundle.ts', '--out', place], join(root, 'apps/desktop'));
  const deb = join(place, readdirSync(place).find((name) => name.endsWith('.deb')) ?? '');
  // Below a folder of this name Tauri takes what lies beside the program for what is installed.
  const data = join(place, 'data');
  run('dpkg-deb', ['-x', deb, data], place);
  return { program: join(data, 'usr/bin/joy-of-hardware'), bytes: statSync(deb).size };
}

function run(program: string, parameters: string[], cwd: string): void {
  const { status, stderr } = spawnSync(program, parameters, {
    ...{ cwd, encoding: 'utf8', timeout: bundleMs, stdio: ['ignore', 'ignore', 'pipe'] },
  });
  if (status !== 0) throw new Error(`${program} ${parameters.join(' ')} failed:\n${stderr}`);
}
