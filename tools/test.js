/**
 * `npm test`: sets up and runs every suite, or those named: `npm test -- unit e2e`. The last line
 * counts over all suites.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installPackages, productEnvironment, root } from './install.js';
import { installRust } from './rust.js';
import { installSystemPackages } from './system-packages.js';

const bin = (name) => join(root, 'node_modules', '.bin', name);
const results = mkdtempSync(join(tmpdir(), 'joh-results-'));

/** A suite takes what runs its commands, and gives a count. */
const suites = {
  types: (run) => check(run, bin('tsc'), ['-b']),
  lint: (run) => check(run, bin('biome'), ['ci', '--error-on-warnings', '.']),
  'dead-code': (run) => check(run, bin('knip'), ['--no-progress']),
  unit: (run) => vitest(run, 'unit'),
  build: (run) => check(run, process.execPath, ['tools/bundles.js']),
  shell: (run) => check(run, 'nice', ['-n', '10', bin('node'), 'apps/desktop/check.ts']),
  engines: async (run) => {
    await materials;
    return vitest(apart(run), 'engines');
  },
  designs: (run) => vitest(run, 'designs'),
  slow: (run) => vitest(run, 'slow'),
  desktop: async (run) => {
    await early;
    return vitest(run, 'desktop');
  },
  e2e: (run) => playwright(run, 'e2e'),
  racks: async (run) => {
    await materials;
    return playwright(apart(run), 'racks');
  },
};
/**
 * The quick ones first, so that a mistake is told early. What stands in one row runs side by side, and a
 * list in it one after another: tests of engines and of racks mostly wait.
 */
const rows = [
  [['types', 'lint', 'dead-code', 'unit', 'build']],
  [['slow'], ['engines', 'designs']],
  [['desktop']],
  [['e2e'], ['racks']],
];
/** Runs from the beginning with what the quick ones leave of the processor: Rust compiles for minutes. */
const first = 'shell';

installPackages();
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in suites));
if (unknown.length > 0) {
  console.error(`No suite named ${unknown.join(', ')}. Suites: ${Object.keys(suites).join(', ')}`);
  process.exit(2);
}
installSystemPackages();

const total = { passed: 0, failed: 0, skipped: 0 };
const lines = [];
const isWanted = (name) => wanted.length === 0 || wanted.includes(name);
const isCompiled = ['shell', 'desktop'].some(isWanted);
if (isCompiled) installRust();
const early = isCompiled ? runSuite(first, false) : null;
const materials = ['engines', 'racks'].some(isWanted) ? fetchMaterials() : null;
for (const row of rows) {
  const lists = row.map((list) => list.filter(isWanted)).filter((list) => list.length > 0);
  await Promise.all(
    lists.map(async (list, place) => {
      for (const name of list) await runSuite(name, place === 0);
    }),
  );
}
await early;
rmSync(results, { recursive: true, force: true });
console.log(`\n${lines.join('\n')}`);
console.log(describe(total));
process.exit(total.failed > 0 ? 1 : 0);

function describe({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

/** What the first list of a row prints is seen at once; what runs beside it is printed when it has ended. */
async function runSuite(name, isShown) {
  const started = performance.now();
  let kept = '';
  const run = (program, args, env = {}) =>
    command(program, args, env, isShown ? null : (text) => (kept += text));
  if (isShown) console.log(`\n== ${name}`);
  const count = await suites[name](run);
  if (!isShown) console.log(`\n== ${name}\n${kept}`);
  for (const key of Object.keys(total)) total[key] += count[key];
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  lines.push(`${name.padEnd(10)} ${describe(count)} (${seconds} s)`);
}

/**
 * In a network of its own, which has a loopback and what the suite makes: each wire that comes or goes
 * ends what a browser beside it is loading (ERR_NETWORK_CHANGED).
 */
function apart(run) {
  const up = ['--net', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh'];
  return (program, args, env) => run('unshare', [...up, program, ...args], env);
}

/** Fetches what those that stand apart cannot. Their tests fail without it, and the reason is said here. */
async function fetchMaterials() {
  let said = '';
  const keep = (text) => (said += text);
  const ok = await command(bin('node'), ['packages/testkit/src/materials-main.ts'], {}, keep);
  if (!ok) console.error(`What tests are made of could not be fetched:\n${said}`);
}

/** Whether a command ended well. `keep` takes its output, which goes to the terminal without. */
function command(program, args, env, keep) {
  const child = spawn(program, args, {
    cwd: root,
    stdio: ['ignore', ...(keep ? ['pipe', 'pipe'] : ['inherit', 'inherit'])],
    env: { ...productEnvironment(), ...env },
  });
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', keep);
  return new Promise((resolve) => {
    child.on('error', (error) => {
      console.error(error.message);
      resolve(false);
    });
    child.on('close', (code) => resolve(code === 0));
  });
}

async function check(run, program, args) {
  return (await run(program, args))
    ? { passed: 1, failed: 0, skipped: 0 }
    : { passed: 0, failed: 1, skipped: 0 };
}

/** A runner that ends badly without a report, or with a report of no test, counts as a failure. */
function counted(ok, report, count) {
  if (!existsSync(report)) return { passed: 0, failed: 1, skipped: 0 };
  const result = count(JSON.parse(readFileSync(report, 'utf8')));
  if (result.passed + result.failed === 0 || (!ok && result.failed === 0)) result.failed += 1;
  return result;
}

async function vitest(run, project) {
  const report = join(results, `${project}.json`);
  const ok = await run(bin('node'), [
    'node_modules/vitest/vitest.mjs',
    'run',
    '--project',
    project,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ]);
  return counted(ok, report, (json) => ({
    passed: json.numPassedTests,
    failed: json.numFailedTests,
    skipped: json.numPendingTests + json.numTodoTests,
  }));
}

/** The suite decides which projects there are, see the configuration. */
async function playwright(run, suite) {
  const report = join(results, `${suite}.json`);
  const args = [
    'node_modules/@playwright/test/cli.js',
    'test',
    '--config=e2e/playwright.config.ts',
  ];
  const ok = await run(bin('node'), args, {
    PLAYWRIGHT_JSON_OUTPUT_NAME: report,
    JOH_SUITE: suite,
    JOH_RESULTS: join(root, 'test-results', suite),
  });
  return counted(ok, report, ({ stats }) => ({
    passed: stats.expected + stats.flaky,
    failed: stats.unexpected,
    skipped: stats.skipped,
  }));
}
