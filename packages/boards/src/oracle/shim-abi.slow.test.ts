/** The shim has every function of the real library: one that it lacks would be the real one's. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { temporaryFolder } from '@joh/testkit';
import { expect, test } from 'vitest';
import { buildShim } from './shim.ts';

const name = 'libusb-1.0.so.0';
const [compiler, lister] = ['gcc', 'nm'];

test('libusb 1.0', async () => {
  const folder = await temporaryFolder('joh-abi');
  try {
    const exported = (library: string) =>
      execFileSync(lister, ['-D', '--defined-only', library], { encoding: 'utf8' })
        .split('\n')
        .flatMap((line) => / T (libusb_\w+)/.exec(line)?.[1] ?? [])
        .sort();
    const real = execFileSync(compiler, [`-print-file-name=${name}`], { encoding: 'utf8' }).trim();
    const theirs = exported(real);
    expect(theirs.length).toBeGreaterThan(60);
    expect(exported(join(buildShim(folder.path), name))).toEqual(theirs);
  } finally {
    await folder.remove();
  }
});
