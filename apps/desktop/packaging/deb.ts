/** A Debian package of a staged tree, by dpkg-deb: the same tree gives the same bytes. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { filesOf, md5Of } from './manifest.ts';

export interface DebOptions {
  name: string;
  version: string;
  summary: string;
  /** What a person reads before installing it, in lines of at most 79 characters. */
  description: readonly string[];
  /** Of dependencies: `depends`, `recommends`, `suggests` as Debian writes them. */
  relations: Readonly<Record<string, string>>;
  /** Seconds since 1970 that every file gets. */
  time: number;
  /** True: small, after a minute. False: for a test, after seconds. */
  isSmall: boolean;
}

/** There is no address yet; `.invalid` is the name for that. */
export const maintainer = 'Joy of Hardware <nobody@joy-of-hardware.invalid>';

const architectures: Partial<Record<NodeJS.Architecture, string>> = {
  x64: 'amd64',
  arm64: 'arm64',
};

/** As Debian calls this machine. */
const architecture = architectures[process.arch] ?? process.arch;

/** Writes `<name>_<version>_<architecture>.deb` into `out` and gives its path. */
export function buildDeb(tree: string, out: string, options: DebOptions): string {
  const { name, version, summary, description, relations, time, isSmall } = options;
  const files = filesOf(tree);
  const bytes = files.reduce((sum, one) => sum + one.bytes, 0);
  const fields = [
    `Package: ${name}`,
    `Version: ${version}`,
    `Architecture: ${architecture}`,
    `Maintainer: ${maintainer}`,
    `Installed-Size: ${Math.ceil(bytes / 1024)}`,
    ...Object.entries(relations).map(([kind, names]) => `${kind}: ${names}`),
    'Section: electronics',
    'Priority: optional',
    `Description: ${summary}`,
    ...description.map((line) => ` ${line || '.'}`),
  ];
  const sums = files.map(({ path }) => `${md5Of(join(tree, path))}  ${path}\n`);
  mkdirSync(join(tree, 'DEBIAN'), { recursive: true });
  writeFileSync(join(tree, 'DEBIAN/control'), `${fields.join('\n')}\n`);
  writeFileSync(join(tree, 'DEBIAN/md5sums'), sums.join(''));
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

/** Times and modes are part of a package; those of this build, and of its umask, are nobody's business. */
function settle(path: string, time: number): void {
  const found = statSync(path);
  if (found.isDirectory()) for (const name of readdirSync(path)) settle(join(path, name), time);
  const isProgram = (found.mode & 0o100) !== 0 && !/\.(so(\.\d+)*|node|wasm)$/.test(path);
  const runs = found.isDirectory() || isProgram;
  chmodSync(path, runs ? 0o755 : 0o644);
  utimesSync(path, time, time);
}
