/** `npm run cluster -- hosts|swarm|machines`: a rack of real Docker daemons on this machine, by hand. */
import { spawnSync } from 'node:child_process';
import { installPackages, productEnvironment, productNode, root } from './install.js';
import { installSystemPackages } from './system-packages.js';

installPackages();
installSystemPackages(['docker.io', 'docker-registry', 'iproute2', 'iptables']);
// Ctrl-C is for the child, which tells when everything is gone.
process.on('SIGINT', () => undefined);
const { status } = spawnSync(
  productNode(),
  ['packages/testkit/src/docker/cluster-main.ts', ...process.argv.slice(2)],
  { cwd: root, stdio: 'inherit', env: productEnvironment() },
);
process.exit(status ?? 1);
