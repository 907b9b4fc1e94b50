import { expect, test } from 'vitest';
import { projectFile } from './nix-places.ts';

const root = '/home/joh/work';
const present = ['src/top.v', 'top.v', 'lib/uart/tx.v', 'default.nix'];
const files = { root, known: ['lib/uart/tx.v'], isFile: (path: string) => present.includes(path) };
const hash = 'h0zrh8j3wghjkj24pm67lavg54695rg7';

test.each([
  ['src/top.v', 'src/top.v'],
  ['./src/top.v', 'src/top.v'],
  ['../src/top.v', 'src/top.v'],
  ['source/src/top.v', 'src/top.v'],
  ['/build/source/src/top.v', 'src/top.v'],
  ['/build/src/top.v', 'src/top.v'],
  ['/tmp/nix-build-blinky-0.1.0.drv-0/source/src/top.v', 'src/top.v'],
  ['/nix/var/nix/builds/nix-38-2/source/src/top.v', 'src/top.v'],
  [`/nix/store/${hash}-source/src/top.v`, 'src/top.v'],
  // `src = ./src`: the copy has the folder's name.
  [`/nix/store/${hash}-src/top.v`, 'src/top.v'],
  // A name that one source alone has.
  ['tx.v', 'lib/uart/tx.v'],
  ['/build/uart/tx.v', 'lib/uart/tx.v'],
  [`${root}/anything.v`, 'anything.v'],
])('%s is of the project', (path, expected) => {
  expect(projectFile(path, files)).toBe(`${root}/${expected}`);
});

test.each([
  '/usr/share/yosys/cells_sim.v',
  `/nix/store/${hash}-yosys-0.23/share/yosys/ice40/cells_sim.v`,
  '/build/source/main.c',
  '../../../etc/passwd',
])('%s is not', (path) => {
  expect(projectFile(path, files)).toBeNull();
});
