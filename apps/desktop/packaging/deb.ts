/** A Debian package of a staged tree, by dpkg-deb: the same tree gives the same bytes. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface DebOptions {
  name: string;
  version: string;
  summary: string;
  /** Of dependencies: `depends`, `recommends`, `suggests` as Debian writes them. */
  relations: Readonly<Record<string, string>>;
  /** Seconds since 1970 that every file gets. */
  time: number;
  /** True: small, after a minute. False: for a test, after seconds. */
  isSmall: boolean;
}

const architectures: Partial<Record<NodeJS.Architecture, string>> = {
  x64: 'amd64',
  arm64: 'arm64',
};

/** Writes `<name>_<version>_<architecture>.deb` into `out` and gives its path. */
export function buildDeb(tree: string, out: string, options: DebOptions): string {
  const { name, version, summary, relations, time, isSmall } = options;
  const architecture = architectures[process.arch] ?? process.arch;
  const fields = [
    `Package: ${name}`,
    `Version: ${version}`,
    `Architecture: ${architecture}`,
    'Maintainer: Joy of Hardware',
    `Installed-Size: ${Math.ceil(bytesOf(tree) / 1024)}`,
    ...Object.entries(relations).map(([kind, names]) => `${kind}: ${names}`),
    'Section: electronics',
    'Priority: optional',
    `Description: ${summary}`,
  ];
  mkdirSync(join(tree, 'DEBIAN'), { recursive: true });
  writeFileSync(join(tree, 'DEBIAN/control'), `${fields.join('\n')}\n`);
  settle(tree, time);
  const path = join(out, `${name}_${version}_${architecture}.deb`);
  const compression = isSmall ? ['-Zxz', '-z9', '-Sextreme'] : ['-Zzstd', '-z3'];
  const { status, error } = spawnSync(
    'dpkg-deb',
    ['--root-owner-group', ...compression, '--build', tree, path],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, SOURCE_DATE_EPOCH: `${time}` },
    },
  );
  if (error) throw new Error('dpkg-deb is needed: a Debian machine has it', { cause: error });
  if (status !== 0) throw new Error('dpkg-deb failed');
  return path;
}

/** Times of files are part of a package; those of this build are nobody's business. */
function settle(path: string, time: number): void {
  const found = statSync(path);
  if (found.isDirectory()) for (const name of readdirSync(path)) settle(join(path, name), time);
  utimesSync(path, time, time);
}

function bytesOf(path: string): number {
  const found = statSync(path);
  if (!found.isDirectory()) return found.size;
  return readdirSync(path).reduce((sum, name) => sum + bytesOf(join(path, name)), 0);
}
