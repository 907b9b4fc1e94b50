/**
 * `node packages/shell-observer/build.js <folder>`: compiles the observer into a folder. Needs gcc and the
 * headers of a C library (Debian: gcc, libc6-dev).
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

const flags = [
  ...['-std=c11', '-D_GNU_SOURCE', '-U_FORTIFY_SOURCE', '-Wall', '-Wextra', '-Werror', '-O2', '-s'],
  ...[
    '-fPIC',
    '-fno-builtin',
    '-fno-delete-null-pointer-checks',
    '-Wno-nonnull-compare',
    '-fno-stack-protector',
    '-shared',
    '-nostdlib',
  ],
  ...['-Wl,-soname,joh-observer.so', '-Wl,--hash-style=both'],
];

/** Null, or what the compiler said. */
export function buildObserver(folder) {
  mkdirSync(folder, { recursive: true });
  const args = [...flags, '-o', join(folder, 'joh-observer.so')];
  const { status, stderr, error } = spawnSync(
    'gcc',
    [...args, join(import.meta.dirname, 'observer.c')],
    { encoding: 'utf8' },
  );
  return status === 0 ? null : (error?.message ?? stderr);
}

if (process.argv[1] === import.meta.filename) {
  const [folder] = process.argv.slice(2);
  const failure = folder ? buildObserver(folder) : 'usage: node build.js <folder>';
  if (failure) process.stderr.write(`shell-observer: ${failure}\n`);
  process.exitCode = failure ? 1 : 0;
}
