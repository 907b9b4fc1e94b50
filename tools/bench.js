/** `npm run -s bench -- NAME`: installs what is needed and runs one benchmark; without a name lists them. */
import { spawnSync } from 'node:child_process';
import { buildBundles } from './build.js';
import { installPackages, productEnvironment, productNode, root } from './install.js';
import { installSystemPackages } from './system-packages.js';

/** A Docker daemon of the bench's own. */
const docker = ['git', 'docker.io', 'debootstrap', 'iproute2', 'iptables'];

/** Debian packages that a bench drives. */
const packages = {
  claim: docker,
  'claim-open-loop': docker,
  'claim-burst': docker,
  rack: ['git'],
  refill: docker,
  cold: [...docker, 'docker-registry'],
  'burst-density': docker,
  open: ['git', 'chromium', 'fonts-dejavu-core'],
  tunnel: ['git', 'nginx'],
  'nix-cache': ['nginx', 'nix-bin', 'busybox-static'],
  desktop: [
    ...[
      'chromium',
      'fonts-dejavu-core',
      'libwebkit2gtk-4.1-dev',
      'webkit2gtk-driver',
      'xvfb',
      'dbus',
    ],
    // What the peer's native modules are compiled with.
    ...[
      'g++',
      'make',
      'python3',
      'pkg-config',
      'libkrb5-dev',
      'libsecret-1-dev',
      'libx11-dev',
      'libxkbfile-dev',
    ],
  ],
};

installPackages();
const names = process.argv.slice(2);
if (names.length > 0) {
  installSystemPackages(packages[names[0]] ?? []);
  buildBundles();
}
const { status } = spawnSync(productNode(), ['bench/src/main.ts', ...names], {
  cwd: root,
  stdio: 'inherit',
  env: productEnvironment(),
});
process.exit(status ?? 1);
