/** `npm start`: installs what is needed, builds, and runs FrontendMaster on embedded defaults. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildBundles, buildSessionImage } from './build.js';
import { installPackages, productEnvironment, productNode, root } from './install.js';

installPackages();
const node = productNode();
buildBundles();
buildSessionImage(process.env);

const flags = JSON.parse(readFileSync(join(root, 'apps/frontend-master/node-flags.json'), 'utf8'));
const main = 'apps/frontend-master/src/main.ts';
const child = spawn(node, [...flags, main, ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
  env: productEnvironment(),
});
// An npm that is killed tells nobody: its script only finds itself with another parent.
const parent = process.ppid;
setInterval(() => process.ppid !== parent && child.kill('SIGTERM'), 500).unref();
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
