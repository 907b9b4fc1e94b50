/** `npm run -s bench -- NAME`: installs what is needed and runs one benchmark; without a name lists them. */
import { spawnSync } from 'node:child_process';
import { installPackages, productEnvironment, productNode, root } from './install.js';

installPackages();
const { status } = spawnSync(productNode(), ['bench/src/main.ts', ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
  env: productEnvironment(),
});
process.exit(status ?? 1);
