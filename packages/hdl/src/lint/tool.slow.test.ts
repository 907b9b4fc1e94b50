import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Diagnostic } from 'vscode-languageserver';
import { startClient } from '../testing/client.ts';
import { findTool, type LintTool, lintTools, runTool } from './tool.ts';

/** A width mismatch, a module of no file, a use of an undeclared name and a missing semicolon. */
const files = {
  'good.sv': 'module good(input a, output b);\n  assign b = ~a;\nendmodule\n',
  'top.sv': 'module top(input a, output b);\n  good u(.a(a), .b(b));\nendmodule\n',
  'broken.sv': 'module broken(input a, output b);\n  assign b = a\nendmodule\n',
  'missing.sv': 'module missing(input a);\n  SB_IO u(.x(a));\nendmodule\n',
  'port.sv': 'module port(input a, output b);\n  good u(.a(a), .nothing(b));\nendmodule\n',
};
const root = await mkdtemp(join(tmpdir(), 'hdl lint-'));
beforeAll(async () => {
  for (const [name, text] of Object.entries(files)) await writeFile(join(root, name), text);
});
afterAll(() => rm(root, { recursive: true }));

async function need(name: LintTool['name']) {
  const found = await findTool(process.env.PATH ?? '', [name]);
  if (!found) throw new Error(`this test needs ${name} on the PATH`);
  return found;
}

describe.each(lintTools.map((tool) => tool.name))('%s', (name) => {
  const lint = async (top: string, ...names: string[]) =>
    runTool(
      await need(name),
      { files: names.map((one) => join(root, one)), includeDirectories: [root], top },
      { cwd: root, env: process.env, signal: AbortSignal.timeout(60_000) },
    );

  test('says nothing of a good design', async () => {
    expect(await lint('top', 'good.sv', 'top.sv')).toEqual([]);
  });

  test('finds a syntax error in its file and near its line', async () => {
    const errors = (await lint('broken', 'broken.sv')).filter((one) => one.severity === 'error');
    expect(errors[0]?.path).toBe(join(root, 'broken.sv'));
    expect([2, 3]).toContain(errors[0]?.line);
  });

  test('finds a port that does not exist', async () => {
    const [error] = (await lint('port', 'good.sv', 'port.sv')).filter(
      (one) => one.severity === 'error',
    );
    expect(error?.message).toContain('nothing');
  });

  test('a module of no file is at most a note', async () => {
    const problems = await lint('missing', 'missing.sv');
    expect(problems.filter((one) => one.severity === 'error')).toEqual([]);
  });
});

/** A folder with one tool alone, to be the PATH beside what that tool itself needs. */
async function pathWith(...names: LintTool['name'][]): Promise<string> {
  const folder = await mkdtemp(join(root, 'bin-'));
  for (const name of names) await symlink((await need(name)).program, join(folder, name));
  return folder;
}

test('the best tool of the PATH is taken', async () => {
  const find = async (...names: LintTool['name'][]) =>
    (await findTool(`/nowhere:${await pathWith(...names)}`))?.tool.name;
  expect(await find('yosys')).toBe('yosys');
  expect(await find('yosys', 'iverilog')).toBe('iverilog');
  expect(await find('yosys', 'iverilog', 'verilator')).toBe('verilator');
  expect(await findTool('/nowhere')).toBe(null);
});

test('a tool that hangs is stopped with everything it started', async () => {
  const folder = await mkdtemp(join(root, 'hang-'));
  const program = join(folder, 'iverilog');
  const started = join(folder, 'pid');
  await writeFile(program, `#!/bin/sh\nsleep 300 &\necho $! > '${started}'\nwait\n`, {
    mode: 0o755,
  });
  const [tool] = lintTools.filter((one) => one.name === 'iverilog');
  if (!tool) throw new Error('no such tool');
  const controller = new AbortController();
  const running = runTool(
    { tool, program },
    { files: ['x.v'], includeDirectories: [], top: null },
    { cwd: root, env: process.env, signal: controller.signal },
  );
  let pid = 0;
  await expect
    .poll(
      async () => {
        pid = Number(await readFile(started, 'utf8').catch(() => '0'));
        return pid;
      },
      { timeout: 10_000 },
    )
    .toBeGreaterThan(0);
  controller.abort(new Error('stopped'));
  await expect(running).rejects.toThrow('stopped');
  await expect.poll(() => isAlive(pid), { timeout: 10_000 }).toBe(false);
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test('saving checks the project through the protocol, and fixing clears it', async () => {
  const project = await mkdtemp(join(root, 'project-'));
  await mkdir(join(project, 'rtl'));
  const top = join(project, 'rtl', 'top.v');
  const child = join(project, 'rtl', 'child.v');
  await writeFile(
    join(project, 'joh.json'),
    JSON.stringify({ board: 'icebreaker', top: 'top', sources: ['rtl/*.v'], constraints: 'a.pcf' }),
  );
  const good = 'module top(input [3:0] a, output [3:0] b);\n  child u(.a(a), .b(b));\nendmodule\n';
  const wide =
    'module child(input [3:0] a, output [3:0] b);\n  wire [7:0] w = {a, a};\n  assign b = w;\nendmodule\n';
  await writeFile(top, good);
  await writeFile(child, wide);
  await need('verilator');
  const client = await startClient({ root: project });
  try {
    client.open(top, good);
    client.open(child, wide);
    client.save(top);
    const found = await client.diagnostics(child, (list) => list.length > 0);
    expect(found[0]).toMatchObject({
      source: 'verilator',
      severity: 2,
      range: { start: { line: 2 } },
    });
    expect(found[0]?.code).toMatch(/^WIDTH/);
    const fixed = wide.replace('b = w', 'b = w[3:0] | w[7:4]');
    await writeFile(child, fixed);
    client.change(child, fixed);
    client.save(child);
    await client.diagnostics(child, (list) => list.length === 0);
    const wrong = good.replace('.b(b)', '.bb(b)');
    await writeFile(top, wrong);
    client.change(top, wrong);
    client.save(top);
    const isPort = (list: Diagnostic[]) => list.some((one) => String(one.message).includes('bb'));
    const errors = (await client.diagnostics(top, isPort)).filter((one) => one.severity === 1);
    expect(errors[0]).toMatchObject({ range: { start: { line: 1 } } });
  } finally {
    expect(await client.close()).toBe(0);
  }
});
