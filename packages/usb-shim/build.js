/**
 * `node packages/usb-shim/build.js <folder>`: compiles the two libraries, under the names that
 * programs look for, into a folder. Needs gcc and the headers of both ABIs (Debian: gcc, libc6-dev,
 * libusb-1.0-0-dev, libusb-dev).
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

const sources = {
  'libusb-1.0.so.0': ['libusb-1.0.c', 'transfers-1.0.c', 'hotplug-1.0.c', 'refused-1.0.c'],
  'libusb-0.1.so.4': ['libusb-0.1.c'],
};
const flags = ['-std=c11', '-D_GNU_SOURCE', '-Wall', '-Wextra', '-Werror', '-O2', '-s', '-fPIC'];

/** Null, or what the compiler said. */
export function buildShim(folder) {
  mkdirSync(folder, { recursive: true });
  for (const [name, files] of Object.entries(sources)) {
    const from = ['connection.c', 'transfer.c', ...files].map((file) =>
      join(import.meta.dirname, file),
    );
    const link = ['-fvisibility=hidden', '-pthread', '-shared', `-Wl,-soname,${name}`];
    const args = [...flags, ...link, '-o', join(folder, name), ...from];
    const { status, stderr, error } = spawnSync('gcc', args, { encoding: 'utf8' });
    if (status !== 0) return error?.message ?? stderr;
  }
  return null;
}

if (process.argv[1] === import.meta.filename) {
  const [folder] = process.argv.slice(2);
  const failure = folder ? buildShim(folder) : 'usage: node build.js <folder>';
  if (failure) process.stderr.write(`usb-shim: ${failure}\n`);
  process.exitCode = failure ? 1 : 0;
}
