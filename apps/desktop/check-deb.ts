/**
 * `npm run -w apps/desktop check-deb [-- --release] [--toolchain] [<file>.deb…]`: installs packages into
 * a clean Debian tree, starts the application there, on a screen of the tree's own, and removes them.
 * As root. Without files it makes the packages: of the debug build unless `--release`, with the tool
 * chain's if `--toolchain`. With a tool chain it builds a bitstream; a release goes through lintian.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { cleanDebian } from './packaging/clean-debian.ts';
import { tauriDriver } from './packaging/tauri-driver.ts';
import { startDisplay } from './src/display.ts';
import { type IdeWindow, ideWindow } from './src/ide-window.ts';
import { picture } from './src/pictures.ts';
import { driveApplication, keys, type WebDriver } from './src/web-driver.ts';

const template = join(import.meta.dirname, '../../templates/icebreaker-blinky/files');
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    release: { type: 'boolean', default: false },
    toolchain: { type: 'boolean', default: false },
  },
});
const made = mkdtempSync(join(tmpdir(), 'joh-check-deb-'));
const debs = positionals.length > 0 ? positionals.map((path) => resolve(path)) : makeDebs();
const hasToolchain = debs.some((path) => basename(path).startsWith('joy-of-hardware-toolchain'));
/** A debug build is packed quickly, in ways that Debian does not want. */
const isRelease = values.release || positionals.length > 0;
const driverProgram = tauriDriver();
const debian = cleanDebian([...debs, driverProgram]);
const shell = (line: string) => debian.run('sh', '-c', line).trim();
try {
  const paths = debs.map((path) => `/tmp/${basename(path)}`);
  debian.run('apt-get', 'install', '-y', '-qq', '--no-install-recommends', ...paths);
  say(`installed: ${debs.map((path) => basename(path)).join(', ')}`);
  expectNothing('libraries are missing', 'ldd /usr/bin/joy-of-hardware | grep "not found" || :');
  expectNothing('it is not what its sums say', 'dpkg --verify joy-of-hardware');
  expectNothing('the tree has tools', 'which yosys nextpnr-ice40 icepack || :');
  await start();
  const names = debs.map((path) => basename(path).split('_')[0] ?? '');
  debian.run('apt-get', 'purge', '-y', '-qq', ...names);
  const kept = '-not -path "/tmp/*" -not -path "/root/*"';
  expectNothing('removing it leaves', `find / -xdev -name "*joy*of*hardware*" ${kept}`);
  say('removed, and nothing of it is left');
  if (isRelease) lint(paths);
} finally {
  debian.remove();
  rmSync(made, { recursive: true, force: true });
}

function makeDebs(): string[] {
  const flags = [
    ...(values.release ? [] : ['--debug']),
    ...(values.toolchain ? ['--toolchain'] : []),
  ];
  execFileSync(process.execPath, ['bundle.ts', ...flags, '--out', made], {
    cwd: import.meta.dirname,
    stdio: 'inherit',
  });
  const names = readdirSync(made).filter((name) => name.endsWith('.deb'));
  return names.map((name) => join(made, name));
}

/** The window shows a folder that is there, and builds it where the tools are. */
async function start(): Promise<void> {
  cpSync(template, join(debian.root, 'root/blinky'), { recursive: true });
  const display = await startDisplay('1280x900', debian.enter);
  const environment = {
    PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: '/root',
    SHELL: '/bin/bash',
    LANG: 'C.UTF-8',
    ...display.environment,
  };
  const driver = await driveApplication('/usr/bin/joy-of-hardware', ['/root/blinky'], environment, {
    enter: debian.enter,
    tauriDriver: `/tmp/${basename(driverProgram)}`,
  });
  const ide = ideWindow(driver);
  try {
    await ide.sees('[role=treeitem]', 'icebreaker.pcf', 60_000);
    await ide.sees('.view-line', 'module top');
    say('started: it shows a file of a folder');
    await picture('deb', driver);
    if (hasToolchain) await build(driver, ide);
  } catch (error) {
    await picture('failed-deb', driver).catch(() => undefined);
    throw error;
  } finally {
    await driver.stop();
    await display.stop();
  }
}

/** There is no yosys but the embedded one. */
async function build(driver: WebDriver, ide: IdeWindow): Promise<void> {
  await ide.press('.monaco-dialog-box .monaco-button', 'Trust this folder');
  await ide.sees('.xterm-rows', 'blinky');
  await driver.chord(keys.control, keys.shift, 'b');
  await ide.sees('[data-testid=build-state]', 'Built in', 300_000);
  await picture('deb-built', driver);
  const results = join(debian.root, 'root/blinky/build');
  const { toolchain } = JSON.parse(readFileSync(join(results, '.joh-build.json'), 'utf8'));
  if (toolchain !== 'embedded') throw new Error(`it was built by ${toolchain} tools`);
  const { size } = statSync(join(results, 'top.bin'));
  say(`built with the embedded tools: a bitstream of ${size} bytes`);
}

/** Debian's own check. What stays as it is has a reason in `packaging/debian-texts.ts`. */
function lint(paths: readonly string[]): void {
  // Last: what it needs would hide what the application's package forgot to ask for.
  debian.run('apt-get', 'install', '-y', '-qq', '--no-install-recommends', 'lintian');
  for (const path of paths) debian.run('lintian', '--fail-on', 'error,warning', path);
  say('lintian has nothing to say');
}

/** @throws when a shell in the tree prints anything. */
function expectNothing(what: string, line: string): void {
  const said = shell(line);
  if (said) throw new Error(`${what}: ${said}`);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
