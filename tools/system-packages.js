/** The programs that tests drive: installed by name on Debian as root, named elsewhere. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fail, root, run } from './install.js';

const policy = '/usr/sbin/policy-rc.d';

/**
 * Makes every package of `tools/debian-packages.json` present, or only those of `only`, or ends with
 * the list of what is missing.
 */
export function installSystemPackages(only) {
  const wanted = JSON.parse(readFileSync(join(root, 'tools', 'debian-packages.json'), 'utf8'));
  const names = only ?? Object.keys(wanted);
  if (!existsSync('/etc/debian_version')) {
    console.log(`Not Debian: the tests need these programs on the PATH: ${names.join(', ')}`);
    return;
  }
  const missing = names.filter((name) => !isInstalled(name));
  if (missing.length === 0) return;
  const command = `apt-get install -y --no-install-recommends ${missing.join(' ')}`;
  if (process.getuid?.() !== 0) {
    fail(
      `The tests need packages that are not installed. As root:\n  ${command}\n${describe(missing, wanted)}`,
    );
  }
  console.log(`Installing Debian packages: ${missing.join(' ')}`);
  withoutServiceStarts(() => {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    run('apt-get', ['update', '-qq'], { env });
    run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...missing], { env });
  });
}

/** Tests start their own daemons; a packaged one that starts by itself would be in their way. */
function withoutServiceStarts(work) {
  const ours = !existsSync(policy);
  if (ours) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    work();
  } finally {
    if (ours) rmSync(policy, { force: true });
  }
}

function isInstalled(name) {
  const { stdout, status } = spawnSync('dpkg-query', ['-s', name], { encoding: 'utf8' });
  return status === 0 && stdout.includes('Status: install ok installed');
}

function describe(missing, wanted) {
  return missing.map((name) => `  ${name}${wanted[name] ? `: ${wanted[name]}` : ''}`).join('\n');
}
