/** Builds what runs as a bundle, and the session image. Each only when its sources changed. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { once, productEnvironment, productNode, root, run } from './install.js';

const bundles = [
  { name: 'agent', workspace: 'apps/agent', sources: ['apps/agent', 'packages'] },
  {
    name: 'website',
    workspace: 'apps/frontend-master',
    sources: [
      'apps/frontend-master/browser',
      'apps/frontend-master/src/website',
      'packages/protocol',
    ],
  },
  { name: 'ide', workspace: 'apps/ide', sources: ['apps/ide', 'packages'] },
];

/** Brings every bundle up to date. */
export function buildBundles() {
  const lockfile = readFileSync(join(root, 'package-lock.json'));
  for (const { name, workspace, sources } of bundles) {
    const built = join(root, workspace, 'dist');
    const hash = createHash('sha256').update(lockfile);
    for (const source of sources) addFiles(hash, join(root, source));
    once(`build-${name}`, hash.digest('hex'), built, () => {
      console.log(`Building ${name}…`);
      run('npm', ['run', '--silent', '-w', workspace, 'build'], { env: productEnvironment() });
    });
  }
}

/**
 * For `JOH_ENGINE=docker` brings the session image up to date, unless `JOH_SESSION_IMAGE` names one of
 * the operator's own. `JOH_SESSION_BASE` is the image it derives from. An engine that does not answer
 * is FM's to report: it starts without, and says so.
 */
export function buildSessionImage({
  JOH_ENGINE,
  JOH_SESSION_IMAGE,
  JOH_SESSION_BASE,
  DOCKER_HOST,
}) {
  if (JOH_ENGINE !== 'docker' || JOH_SESSION_IMAGE) return;
  const socket = (DOCKER_HOST ?? 'unix:///var/run/docker.sock').replace(/^unix:\/\//, '');
  const base = JOH_SESSION_BASE ? ['--base', JOH_SESSION_BASE] : [];
  const hash = createHash('sha256').update(JSON.stringify([socket, base]));
  for (const source of ['ops/session-image', 'apps/agent', 'packages']) {
    addFiles(hash, join(root, source));
  }
  once('session-image', hash.digest('hex'), socket, () => {
    console.log('Building the session image…');
    const args = ['ops/session-image/build.ts', '--socket', socket, ...base];
    const { status } = spawnSync(productNode(), args, { cwd: root, stdio: 'inherit' });
    return status === 0;
  });
}

function addFiles(hash, folder) {
  const skip = new Set(['node_modules', 'dist', '.tsc', 'test-results']);
  for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) =>
    a.name < b.name ? -1 : 1,
  )) {
    if (skip.has(entry.name) || entry.name.endsWith('.test.ts')) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) addFiles(hash, path);
    else if (entry.isFile())
      hash.update(`${path.slice(root.length)} ${statSync(path).size}\n`).update(readFileSync(path));
  }
}
