/**
 * `npm run -w apps/desktop check-reproducible [-- --toolchain]`: makes the release packages of the last commit
 * twice, in two clones with nothing in common but the commit, and compares them byte for byte. Ten
 * minutes on two cores. Prints the files that differ, and keeps both then.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleElsewhere, lastCommit } from './packaging/clean-checkout.ts';
import { filesOf } from './packaging/manifest.ts';

const flags = process.argv.slice(2);
const commit = lastCommit();
const work = mkdtempSync(join(tmpdir(), 'joh-reproducible-'));
const outs = ['first', 'second'].map((name) => join(work, 'packages', name)) as [string, string];
for (const out of outs) mkdirSync(out, { recursive: true });

bundleElsewhere({
  commit,
  place: join(work, 'one'),
  out: outs[0],
  umask: '022',
  environment: { TZ: 'UTC', LANG: 'C.UTF-8' },
  flags,
});
bundleElsewhere({
  commit,
  place: join(work, 'another/of-a-longer-name'),
  out: outs[1],
  target: join(work, 'target'),
  umask: '077',
  environment: { TZ: 'Pacific/Kiritimati', LANG: 'C' },
  flags,
});
const differences = readdirSync(outs[0]).flatMap(compare);
process.stdout.write(differences.map((line) => `${line}\n`).join(''));
if (differences.length === 0) rmSync(work, { recursive: true, force: true });
else process.stdout.write(`both are in ${join(work, 'packages')}\n`);
process.exitCode = differences.length === 0 ? 0 : 1;

/** One line for each difference; prints the hash of what is equal. */
function compare(name: string): string[] {
  const [one, other] = outs.map((out) => join(out, name)) as [string, string];
  const [first, second] = [one, other].map(hashOf);
  if (first !== second)
    return [`${name}: differs`, ...(name.endsWith('.deb') ? inside(one, other) : [])];
  process.stdout.write(`${name}: the same twice, sha256 ${first}\n`);
  return [];
}

/** What differs in two packages: paths, and with them who may be asked why. */
function inside(one: string, other: string): string[] {
  const [first, second] = [one, other].map((deb) => {
    const tree = `${deb}.unpacked`;
    const { status } = spawnSync('dpkg-deb', ['-R', deb, tree], { stdio: 'inherit' });
    if (status !== 0) throw new Error(`${deb} cannot be unpacked`);
    return new Map(filesOf(tree).map(({ path, sha256 }) => [path, sha256]));
  }) as [Map<string, string>, Map<string, string>];
  const paths = [...new Set([...first.keys(), ...second.keys()])].sort();
  const differing = paths.filter((path) => first.get(path) !== second.get(path));
  return differing.map((path) => `  ${path} ${first.get(path) ?? '-'} ${second.get(path) ?? '-'}`);
}

function hashOf(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}
