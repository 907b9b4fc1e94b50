/**
 * Each rule of the house is broken on purpose in a copy of the tree, and must be caught by the tool
 * that guards it. A rule that nothing would catch is only a wish.
 */
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');
const bin = (name: string) => join(root, 'node_modules', '.bin', name);

interface Planted {
  rule: string;
  file: string;
  text: string;
  /** Biome rule id, or a `TS…` code of the compiler. */
  caught: string;
}

const lines = (count: number, line: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => line(index)).join('\n');

const planted: Planted[] = [
  {
    rule: 'a contract takes no time: protocol has no timers',
    file: 'packages/protocol/src/planted-timer.ts',
    text: 'setTimeout(() => undefined, 1);\nexport {};\n',
    caught: 'TS2',
  },
  {
    rule: 'an agent has no document',
    file: 'apps/agent/src/control/planted-document.ts',
    text: 'export const title = document.title;\n',
    caught: 'TS2584',
  },
  {
    rule: 'a page has no process',
    file: 'apps/ide/src/theme/planted-process.ts',
    text: 'export const home = process.env;\n',
    caught: 'TS2',
  },
  {
    rule: 'a package is entered by its door',
    file: 'apps/agent/src/control/planted-deep.ts',
    text: "export { fault } from '@joh/protocol/src/errors.ts';\n",
    caught: 'TS2307',
  },
  {
    rule: 'no enum: sources run by type stripping',
    file: 'packages/protocol/src/planted-enum.ts',
    text: 'export enum Planted {\n  one = 1,\n}\n',
    caught: 'TS1294',
  },
  {
    rule: 'packages never import apps',
    file: 'packages/link/src/planted-app.ts',
    text: "import '../../../apps/agent/src/main.ts';\n",
    caught: 'lint/style/noRestrictedImports',
  },
  {
    rule: 'protocol imports nothing of ours',
    file: 'packages/protocol/src/planted-import.ts',
    text: "export { newId } from '@joh/clock';\n",
    caught: 'lint/correctness/noUndeclaredDependencies',
  },
  {
    rule: 'a folder is entered by its door',
    file: 'apps/frontend-master/src/sessions/planted-door.ts',
    text: "export { limits } from '../accounts/store.ts';\n",
    caught: 'lint/style/noRestrictedImports',
  },
  {
    rule: 'FrontendMaster spawns through its platform folder',
    file: 'apps/frontend-master/src/sessions/planted-spawn.ts',
    text: "export { spawn } from 'node:child_process';\n",
    caught: 'lint/style/noRestrictedImports',
  },
  {
    rule: 'production does not import the testkit',
    file: 'apps/frontend-master/src/sessions/planted-testkit.ts',
    text: "export { fakeClock } from '@joh/testkit';\n",
    caught: 'lint/style/noRestrictedImports',
  },
  {
    rule: 'no drawer without a name',
    file: 'apps/agent/src/control/planted-drawer.ts',
    text: "export { anything } from './helpers.ts';\n",
    caught: 'lint/style/noRestrictedImports',
  },
  {
    rule: 'no import cycle',
    file: 'packages/link/src/planted-cycle-a.ts',
    text: "import { b } from './planted-cycle-b.ts';\nexport const a = () => b;\n",
    caught: 'lint/suspicious/noImportCycles',
  },
  {
    rule: 'no import cycle (the other half)',
    file: 'packages/link/src/planted-cycle-b.ts',
    text: "import { a } from './planted-cycle-a.ts';\nexport const b = () => a;\n",
    caught: 'lint/suspicious/noImportCycles',
  },
  {
    rule: 'time is a parameter',
    file: 'packages/link/src/planted-now.ts',
    text: 'export const now = () => Date.now();\n',
    caught: 'plugin',
  },
  {
    rule: 'a model does no input or output',
    file: 'packages/boards/src/planted/model.ts',
    text: "export { readFileSync } from 'node:fs';\n",
    caught: 'lint/correctness/noNodejsModules',
  },
  {
    rule: 'a plan takes no time',
    file: 'packages/boards/src/planted/plan.ts',
    text: 'export const later = () => setTimeout(() => undefined, 1);\n',
    caught: 'lint/style/noRestrictedGlobals',
  },
  {
    rule: 'a file has at most 400 lines',
    file: 'packages/link/src/planted-long-file.ts',
    text: `${lines(401, (index) => `export const line${index} = ${index};`)}\n`,
    caught: 'lint/style/noExcessiveLinesPerFile',
  },
  {
    rule: 'a function has at most 70 lines',
    file: 'packages/link/src/planted-long-function.ts',
    text: `export function long(): number {\n  let sum = 0;\n${lines(71, (index) => `  sum += ${index};`)}\n  return sum;\n}\n`,
    caught: 'lint/complexity/noExcessiveLinesPerFunction',
  },
  {
    rule: 'a door names what it lets out',
    file: 'packages/link/src/planted-star.ts',
    text: "export * from './index.ts';\n",
    caught: 'lint/performance/noReExportAll',
  },
  {
    rule: 'files are kebab-case',
    file: 'packages/link/src/planted_snake.ts',
    text: 'export const planted = 1;\n',
    caught: 'lint/style/useFilenamingConvention',
  },
  {
    rule: 'no promise floats',
    file: 'packages/link/src/planted-floating.ts',
    text: 'async function work(): Promise<void> {}\nexport function start(): void {\n  work();\n}\n',
    caught: 'lint/nursery/noFloatingPromises',
  },
];

let copy: string;
let caught: Map<string, Set<string>>;

beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'joh-architecture-'));
  copyTree();
  for (const { file, text } of planted) {
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    writeFileSync(join(copy, file), text);
  }
  caught = new Map();
  lint();
  compile();
}, 120_000);

afterAll(() => rmSync(copy, { recursive: true, force: true }));

describe('every planted violation is caught', () => {
  it.each(planted)('$rule', ({ file, caught: id }) => {
    const found = [...(caught.get(file) ?? [])];
    expect(found.some((each) => each.startsWith(id))).toBe(true);
  });
});

describe('the tree', () => {
  it('has project references that equal its declared dependencies', () => {
    for (const workspace of workspaces()) {
      const { dependencies = {}, devDependencies = {} } = json(`${workspace}/package.json`);
      const declared = Object.keys({ ...dependencies, ...devDependencies })
        .filter((name) => name.startsWith('@joh/'))
        .map((name) => name.slice('@joh/'.length));
      const referenced = (
        (json(`${workspace}/tsconfig.json`).references ?? []) as { path: string }[]
      )
        .map(({ path }) => path.split('/').at(-1))
        .filter((name) => name && !/^tsconfig\.\w+\.json$/.test(name));
      expect([...referenced].sort(), workspace).toEqual(declared.sort());
    }
  });

  it('names no registry host in its lockfile', () => {
    expect(readFileSync(join(root, 'package-lock.json'), 'utf8')).not.toMatch(
      /"resolved": "https?:/,
    );
  });
});

function workspaces(): string[] {
  const inFolder = (folder: string) =>
    readdirSync(join(root, folder))
      .map((name) => `${folder}/${name}`)
      .filter((path) => existsSync(join(root, path, 'tsconfig.json')));
  return [...inFolder('packages'), ...inFolder('apps'), 'e2e', 'bench'];
}

// biome-ignore lint/suspicious/noExplicitAny: configuration files of several shapes
function json(path: string): any {
  return JSON.parse(readFileSync(join(root, path), 'utf8'));
}

/** Copies the sources; packages are linked, except our own, which must be the copies. */
function copyTree(): void {
  const files = spawnSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  });
  for (const file of files.stdout.split('\0')) {
    if (file === '' || !existsSync(join(root, file))) continue;
    cpSync(join(root, file), join(copy, file), { recursive: true });
  }
  linkPackages('node_modules');
  for (const workspace of workspaces()) {
    if (existsSync(join(root, workspace, 'node_modules')))
      linkPackages(join(workspace, 'node_modules'));
  }
}

function linkPackages(folder: string): void {
  mkdirSync(join(copy, folder), { recursive: true });
  for (const name of readdirSync(join(root, folder))) {
    if (name === '@joh' || name === '.cache' || name === '.vite') continue;
    symlinkSync(join(root, folder, name), join(copy, folder, name));
  }
  const own = join(root, folder, '@joh');
  if (existsSync(own))
    cpSync(own, join(copy, folder, '@joh'), { recursive: true, verbatimSymlinks: true });
}

function found(file: string, id: string): void {
  const ids = caught.get(file) ?? new Set();
  caught.set(file, ids.add(id));
}

function lint(): void {
  const files = planted.map(({ file }) => file);
  const args = [
    'lint',
    '--reporter=json',
    '--max-diagnostics=none',
    '--vcs-enabled=false',
    ...files,
  ];
  const { stdout } = spawnSync(bin('biome'), args, {
    cwd: copy,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  for (const { category, location } of JSON.parse(stdout).diagnostics) {
    found(typeof location.path === 'string' ? location.path : location.path.file, category);
  }
}

function compile(): void {
  const projects = new Set(
    planted
      .filter(({ caught: id }) => id.startsWith('TS'))
      .map(({ file }) => file.split('/').slice(0, 2).join('/')),
  );
  // One by one: a project that depends on a broken one would not be built at all.
  for (const project of projects) {
    const { stdout } = spawnSync(bin('tsc'), ['-p', project, '--noEmit', '--pretty', 'false'], {
      cwd: copy,
      encoding: 'utf8',
    });
    for (const [, file, code] of stdout.matchAll(/^(\S+?)\(\d+,\d+\): error (TS\d+)/gm)) {
      if (file && code) found(file, code);
    }
  }
}
