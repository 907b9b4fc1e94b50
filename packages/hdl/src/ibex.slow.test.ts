import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { complete } from './completion.ts';
import { analyse, applyChanges, closeDocument, openDocument } from './documents.ts';
import { LineIndex } from './line-index.ts';
import { planLint } from './lint/plan.ts';
import { findTool, runTool } from './lint/tool.ts';
import { createProject } from './project.ts';
import { syntaxErrors } from './syntax-errors.ts';
import { testGrammar } from './testing/fixture.ts';
import { pathOf, uriOf } from './uri.ts';
import { workspaceFiles } from './workspace-files.ts';
import { indexWorkspace } from './workspace-index.ts';

const run = promisify(execFile);
/** A real RISC-V core, for its size and its style; pinned so that the figures compare. */
const core = 'pythondata-cpu-ibex==0.0.post2937';
const project = createProject();
let root: string;
let indexMs = 0;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'hdl-ibex-'));
  const argv = ['-m', 'pip', 'install', '--quiet', '--no-deps', '--target', root, core];
  await run('python3', argv, { timeout: 240_000 });
  const grammar = await testGrammar();
  const start = performance.now();
  const report = await indexWorkspace(
    [root],
    { project, grammar, isOpen: () => false },
    new AbortController().signal,
  );
  indexMs = performance.now() - start;
  console.log(
    `index: ${report.files} files, ${report.bytes} bytes in ${Math.round(indexMs)} ms, heap ${Math.round(process.memoryUsage().heapUsed / 1e6)} MB, resident ${Math.round(process.memoryUsage().rss / 1e6)} MB`,
  );
  expect(report.leftOut).toBe('');
});
afterAll(() => rm(root, { recursive: true, force: true }));

test('the whole core is indexed quickly', () => {
  expect(project.size).toBeGreaterThan(500);
  expect(project.units('ibex_core')[0]?.symbol.children.length).toBeGreaterThan(100);
  expect(project.units('ibex_pkg')[0]?.symbol.kind).toBe('package');
  // Measured 2 s on two cores that do nothing else.
  expect(indexMs).toBeLessThan(15_000);
});

test('named ports of an instance complete in milliseconds', () => {
  const text = 'module t;\n  ibex_core u_core (\n    .clk_i(clk),\n    .\n  );\nendmodule\n';
  const file = {
    uri: 'file:///t.sv',
    symbols: [],
    macros: [],
    includes: [],
    imports: [],
    uses: [],
  };
  const position = { line: 3, character: 5 };
  const times: number[] = [];
  let labels: string[] = [];
  for (let round = 0; round < 50; round++) {
    const start = performance.now();
    labels = complete(project, file, text, position).items.map((item) => item.label);
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  console.log(
    `named ports of ibex_core: ${labels.length} in ${times[25]?.toFixed(2)} ms (median of 50), worst ${times[49]?.toFixed(2)} ms`,
  );
  expect(labels).toContain('instr_rdata_i');
  expect(labels).not.toContain('clk_i');
  expect(times[25]).toBeLessThan(50);
});

test('typing in the largest file stays responsive', async () => {
  const grammar = await testGrammar();
  const uris = [...project.files()].map((file) => file.uri);
  let largest = '';
  for (const uri of uris) {
    const text = await readFile(pathOf(uri) ?? '', 'utf8');
    if (text.length > largest.length && /\bmodule\b/.test(text)) largest = text;
  }
  const document = openDocument('file:///large.sv', largest, 1);
  analyse(document, grammar);
  const times: number[] = [];
  const at = document.lines.position(Math.floor(largest.length / 2));
  for (let round = 0; round < 20; round++) {
    const start = performance.now();
    applyChanges(document, [{ range: { start: at, end: at }, text: ' ' }], round + 2);
    analyse(document, grammar);
    complete(project, document.symbols, document.text, at);
    times.push(performance.now() - start);
  }
  closeDocument(document);
  times.sort((a, b) => a - b);
  console.log(
    `a keystroke and its completion in ${largest.length} bytes: ${times[10]?.toFixed(1)} ms (median of 20), worst ${times[19]?.toFixed(1)} ms`,
  );
  expect(times[10]).toBeLessThan(500);
});

test('no false syntax error in any file that Verilator accepts', { timeout: 900_000 }, async () => {
  const verilator = await toolNamed('verilator');
  // The library of Yosys is plain Verilog in many hands' styles, and stranger than most.
  const library = join(dirname((await toolNamed('yosys')).program), '..', 'share', 'yosys');
  const paths: string[] = [];
  for (const folder of [root, library]) {
    for await (const file of workspaceFiles(folder, new AbortController().signal)) {
      paths.push(file.path);
    }
  }
  const grammar = await testGrammar();
  let stumbles = 0;
  let reported = 0;
  const falsely: string[] = [];
  for (const path of paths) {
    const text = await readFile(path, 'utf8');
    const parsed = grammar.parse(text);
    if (!parsed) continue;
    if (parsed.tree.rootNode.hasError) stumbles++;
    const [error] = syntaxErrors(parsed, new LineIndex(text), uriOf(path));
    parsed.tree.delete();
    if (!error) continue;
    // Only a file of which we report an error can hold a false one, so only those are asked about.
    reported++;
    const planned = planLint(project, uriOf(path), null, (one) => pathOf(one) ?? one);
    const job = { files: [path], includeDirectories: [dirname(path)], top: null };
    const problems = await runTool(verilator, path.startsWith(root) && planned ? planned : job, {
      cwd: root,
      env: process.env,
      signal: AbortSignal.timeout(120_000),
    });
    const refusal = problems.find((one) => one.severity === 'error' && one.path === path);
    if (refusal) continue;
    falsely.push(`${basename(path)}:${error.range.start.line + 1} ${error.message}`);
  }
  console.log(
    `syntax errors: ${paths.length} files, the grammar stumbles in ${stumbles}, ${reported} reported, ${falsely.length} of those accepted by Verilator`,
  );
  expect(paths.length).toBeGreaterThan(700);
  expect(falsely).toEqual([]);
});

async function toolNamed(name: 'verilator' | 'yosys') {
  const found = await findTool(process.env.PATH ?? '', [name]);
  if (!found) throw new Error(`this test needs ${name} on the PATH`);
  return found;
}

test('mistakes planted in files that Verilator accepts are seen', {
  timeout: 600_000,
}, async () => {
  const grammar = await testGrammar();
  const directory = dirname(pathOf(project.units('ibex_core')[0]?.uri ?? '') ?? '');
  let planted = 0;
  let seen = 0;
  for (const name of await readdir(directory)) {
    if (!name.endsWith('.sv')) continue;
    const path = join(directory, name);
    const text = await readFile(path, 'utf8');
    const assignment = /^\s*assign [^;]*;$/m.exec(text);
    if (!assignment) continue;
    const at = assignment.index + assignment[0].length - 1;
    const wrong = text.slice(0, at) + text.slice(at + 1);
    const parsed = grammar.parse(wrong);
    if (!parsed) continue;
    planted++;
    if (syntaxErrors(parsed, new LineIndex(wrong), pathToFileURL(path).href).length > 0) seen++;
    parsed.tree.delete();
  }
  console.log(`a missing semicolon: seen while typing in ${seen} of ${planted} files of the core`);
  expect(planted).toBeGreaterThan(10);
  expect(seen).toBeGreaterThan(planted / 2);
});
