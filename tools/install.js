/**
 * What both README commands do first: put the packages in place. Runs on Node 20, before anything
 * is installed, so it is plain JavaScript and imports nothing of ours.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's top folder. */
export const root = fileURLToPath(new URL('..', import.meta.url));
const stamps = join(root, 'node_modules', '.cache', 'joh');
const nodeMajorMin = 24;

/** Runs a command with inherited output and ends this process with its code when it fails. */
export function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit', cwd: root, ...options });
  if (error) fail(`${command} could not be started: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
}

/** Ends this process with a sentence that a person can act on. */
export function fail(message) {
  console.error(`\n${message}`);
  process.exit(1);
}

/** Installs the npm packages unless the lockfile is the one that was installed last. */
export function installPackages() {
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  if (readStamp('lockfile') === wanted && existsSync(join(root, 'node_modules', '.bin'))) return;
  console.log('Installing packages (npm ci)…');
  run('npm', ['ci', '--loglevel=error'], { shell: process.platform === 'win32' });
  writeStamp('lockfile', wanted);
}

/**
 * Does `work` unless it was done for the same inputs and its `result` (a path) is still there. Work
 * that gives false was not done.
 */
export function once(name, inputs, result, work) {
  const wanted = createHash('sha256').update(inputs).digest('hex');
  if (readStamp(name) === wanted && existsSync(result)) return;
  if (work() !== false) writeStamp(name, wanted);
}

/** The Node that runs the product: the packaged one, or the machine's when it is new enough. */
export function productNode() {
  const packaged = join(root, 'node_modules', '.bin', 'node');
  if (existsSync(packaged)) return packaged;
  if (Number(process.versions.node.split('.')[0]) >= nodeMajorMin) return process.execPath;
  return fail(
    `Node ${nodeMajorMin} or newer is needed, and no packaged one exists for ${process.platform}-${process.arch}. ` +
      `Install Node ${nodeMajorMin} and run this again.`,
  );
}

/** The environment in which `node` is the product's Node. */
export function productEnvironment() {
  return {
    ...process.env,
    PATH: join(root, 'node_modules', '.bin') + delimiter + process.env.PATH,
  };
}

function readStamp(name) {
  try {
    return readFileSync(join(stamps, name), 'utf8');
  } catch {
    return null;
  }
}

function writeStamp(name, value) {
  mkdirSync(stamps, { recursive: true });
  writeFileSync(join(stamps, name), value);
}
