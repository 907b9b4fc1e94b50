#!/usr/bin/env node
/** Starts `joh-nix-cache` on the product's Node; plain JavaScript because it may be started by an older one. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { productNode } from '../../tools/install.js';

const main = fileURLToPath(new URL('src/main.ts', import.meta.url));
const child = spawn(
  productNode(),
  // A young generation of 2 MiB: requests leave little behind, and 100,000 paths load in less memory.
  [
    '--disable-warning=ExperimentalWarning',
    '--max-semi-space-size=2',
    main,
    ...process.argv.slice(2),
  ],
  { stdio: 'inherit' },
);
// The terminal sends its signals to the child too; this process only waits for it.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('error', (error) => {
  console.error(error.message);
  process.exit(1);
});
child.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
