/**
 * `npm run -w apps/desktop check-deb -- [<file>.deb]`: installs a package (default: one of the debug
 * build) into a clean Debian tree and starts it there, on a screen of the tree's own. As root.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { cleanDebian } from './packaging/clean-debian.ts';
import { startDisplay } from './src/display.ts';
import { ideWindow } from './src/ide-window.ts';
import { picture } from './src/pictures.ts';
import { driveApplication } from './src/web-driver.ts';

const made = mkdtempSync(join(tmpdir(), 'joh-check-deb-'));
const deb = process.argv[2] ? resolve(process.argv[2]) : makeDeb();
const debian = cleanDebian(deb);
try {
  debian.run('apt-get', 'install', '-y', '-qq', '--no-install-recommends', `/tmp/${basename(deb)}`);
  say('installed');
  const missing = debian.run('sh', '-c', 'ldd /usr/bin/joy-of-hardware | grep "not found" || :');
  if (missing) throw new Error(`libraries are missing: ${missing}`);
  await start();
  debian.run('apt-get', 'purge', '-y', '-qq', 'joy-of-hardware');
  const left = debian.run(
    'sh',
    '-c',
    'find / -xdev -name "*joy*of*hardware*" -not -path "/tmp/*" -not -path "/root/*"',
  );
  if (left) throw new Error(`removing it leaves ${left}`);
  say('removed, and nothing of it is left');
} finally {
  debian.remove();
  rmSync(made, { recursive: true, force: true });
}

function makeDeb(): string {
  execFileSync(process.execPath, ['bundle.ts', '--debug', '--out', made], {
    cwd: import.meta.dirname,
    stdio: 'inherit',
  });
  return join(made, readdirSync(made).find((name) => name.endsWith('.deb')) ?? '');
}

/** The window shows a folder that is there. */
async function start(): Promise<void> {
  const project = join(debian.root, 'root/blinky');
  mkdirSync(project);
  writeFileSync(join(project, 'top.v'), 'module top;\nendmodule\n');
  const display = await startDisplay('1280x900', debian.enter);
  const environment = {
    PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: '/root',
    LANG: 'C.UTF-8',
    ...display.environment,
  };
  const driver = await driveApplication(
    '/usr/bin/joy-of-hardware',
    ['/root/blinky'],
    environment,
    debian.enter,
  );
  const ide = ideWindow(driver);
  try {
    await ide.sees('[role=treeitem]', 'top.v', 60_000);
    await ide.sees('.view-line', 'endmodule');
    say('started: it shows a file of a folder');
    await picture('deb', driver);
  } catch (error) {
    await picture('failed-deb', driver).catch(() => undefined);
    throw error;
  } finally {
    await driver.stop();
    await display.stop();
  }
}

function say(text: string): void {
  process.stdout.write(`${basename(deb)}: ${text}\n`);
}
