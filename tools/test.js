/**
 * `npm test`: sets up and runs every suite, or those named: `npm test -- unit e2e`. The last line
 * counts over all suites.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installPackages, productEnvironment, root } from './install.js';
import { installSystemPackages } from './system-packages.js';

const bin = (name) => join(root, 'node_modules', '.bin', name);
const results = mkdtempSync(join(tmpdir(), 'joh-results-'));

/** Suites in the order they run: the quick ones first, so that a mistake is told early. */
const suites = {
  types: () => check(bin('tsc'), ['-b']),
  lint: () => check(bin('biome'), ['ci', '--error-on-warnings', '.']),
  'dead-code': () => check(bin('knip'), ['--no-progress']),
  unit: () => vitest('unit'),
  build: build,
  slow: () => vitest('slow'),
  e2e: playwright,
};

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
for (const [name, suite] of Object.entries(suites)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  console.log(`\n== ${name}`);
  const started = performance.now();
  const count = suite();
  for (const key of Object.keys(total)) total[key] += count[key];
  lines.push(
    `${name.padEnd(10)} ${describe(count)} (${((performance.now() - started) / 1000).toFixed(1)} s)`,
  );
}
rmSync(results, { recursive: true, force: true });
console.log(`\n${lines.join('\n')}`);
console.log(describe(total));
process.exit(total.failed > 0 ? 1 : 0);

function describe({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

function command(program, args) {
  const { status, error } = spawnSync(program, args, {
    cwd: root,
    stdio: 'inherit',
    env: productEnvironment(),
  });
  if (error) console.error(error.message);
  return status === 0;
}

function check(program, args) {
  return command(program, args)
    ? { passed: 1, failed: 0, skipped: 0 }
    : { passed: 0, failed: 1, skipped: 0 };
}

function build() {
  return check(process.execPath, ['tools/bundles.js']);
}

/** A runner that ends badly without a report, or with a report of no test, counts as a failure. */
function counted(ok, report, count) {
  if (!existsSync(report)) return { passed: 0, failed: 1, skipped: 0 };
  const result = count(JSON.parse(readFileSync(report, 'utf8')));
  if (result.passed + result.failed === 0 || (!ok && result.failed === 0)) result.failed += 1;
  return result;
}

function vitest(project) {
  const report = join(results, `${project}.json`);
  const ok = command(bin('node'), [
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

function playwright() {
  const report = join(results, 'e2e.json');
  process.env.PLAYWRIGHT_JSON_OUTPUT_NAME = report;
  const ok = command(bin('node'), [
    'node_modules/@playwright/test/cli.js',
    'test',
    '--config',
    'e2e/playwright.config.ts',
  ]);
  return counted(ok, report, ({ stats }) => ({
    passed: stats.expected + stats.flaky,
    failed: stats.unexpected,
    skipped: stats.skipped,
  }));
}
