/** Builds what runs as a bundle: agent, website scripts and IDE. Each only when its sources changed. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { once, productEnvironment, root, run } from './install.js';

const bundles = [
  { name: 'agent', workspace: 'apps/agent', sources: ['apps/agent', 'packages'] },
  {
    name: 'website',
    workspace: 'apps/frontend-master',
    sources: ['apps/frontend-master/browser', 'packages/protocol'],
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
