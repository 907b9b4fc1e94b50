/** The tree of the Debian package, as it lies on the user's disk. */
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { udevText } from '@joh/agent/udev';
import { type Profile, shellBinary } from './cargo.ts';
import type { Part } from './contents.ts';
import {
  type About,
  changelogText,
  copyrightText,
  desktopFile,
  lintianOverrides,
  manualPage,
} from './debian-texts.ts';

const root = join(import.meta.dirname, '../../..');
/** The window's `WM_CLASS` and its name on the session bus; `tauri.conf.json` has the same. */
const identifier = 'app.joyofhardware.Desktop';

/** Lays the application into `folder`, without the WebAssembly tool chain. */
export function stageApplication(folder: string, profile: Profile, about: About, parts: Part[]) {
  const { name } = about;
  const lib = `usr/lib/${name}`;
  const at = (path: string) => join(folder, path);
  const copy = (from: string, to: string) =>
    cpSync(from, at(to), { recursive: true, dereference: true, filter: isWanted });
  copy(shellBinary(profile), `usr/bin/${name}`);
  copy(process.execPath, `${lib}/runtime/node`);
  strip(at(`${lib}/runtime/node`));
  copy(join(root, 'apps/agent/dist'), `${lib}/agent`);
  for (const path of readdirSync(at(`${lib}/agent`), { recursive: true, encoding: 'utf8' }))
    if (path.endsWith('.node')) strip(at(`${lib}/agent/${path}`));
  copy(join(root, 'apps/ide/dist'), `${lib}/ide`);
  const icons = 'usr/share/icons/hicolor';
  for (const size of ['32x32', '128x128', '512x512']) {
    const icon = join(root, `apps/desktop/src-tauri/icons/${size}.png`);
    copy(icon, `${icons}/${size}/apps/${name}.png`);
  }
  copy(join(root, 'apps/ide/src/icon.svg'), `${icons}/scalable/apps/${name}.svg`);
  write(at(`usr/share/applications/${identifier}.desktop`), desktopFile(name, identifier));
  write(at(`usr/share/lintian/overrides/${name}`), lintianOverrides(name));
  write(at(`usr/share/man/man1/${name}.1.gz`), small(manualPage(about)));
  write(at(`usr/share/doc/${name}/60-joy-of-hardware.rules`), udevText());
  describe(folder, about, parts);
}

/** Lays the tool chain beside the installed agent of `application`, which finds it there. */
export function stageToolchain(folder: string, application: string, about: About, parts: Part[]) {
  const from = join(root, 'apps/agent/dist/toolchain');
  const to = join(folder, `usr/lib/${application}/agent/toolchain`);
  cpSync(from, to, { recursive: true, dereference: true });
  describe(folder, about, parts);
}

/**
 * Compressed copies of text are for a network; the tool chain is a package of its own; the licences of
 * native packages are with all others.
 */
function isWanted(path: string): boolean {
  return !/\.br$|\.map$|\/agent\/dist\/toolchain$|\/agent\/dist\/.*(README\.md|LICENSE)$/.test(
    path,
  );
}

/** Symbols of Node are a sixth of it. Without binutils the package is larger. */
function strip(path: string): void {
  chmodSync(path, 0o755);
  spawnSync('strip', ['--strip-all', path]);
}

function describe(folder: string, about: About, parts: readonly Part[]): void {
  const doc = join(folder, 'usr/share/doc', about.name);
  const list = parts.map(({ name, version, origin, licence }) => [name, version, origin, licence]);
  write(join(doc, 'contents.tsv'), list.map((row) => `${row.join('\t')}\n`).join(''));
  const texts = new Map<string, string[]>();
  for (const { name, version, texts: own } of parts)
    for (const text of own) texts.set(text, [...(texts.get(text) ?? []), `${name} ${version}`]);
  const licences = [...texts].map(([text, names]) => `${names.join(', ')}\n\n${text.trim()}\n`);
  write(join(doc, 'licences.txt.gz'), small(licences.join(`\n${'='.repeat(80)}\n`)));
  const text = (name: string) => readFileSync(join(root, name), 'utf8');
  write(join(doc, 'copyright'), copyrightText(text('LICENSE')));
  write(join(doc, 'changelog.gz'), small(changelogText(about)));
  write(join(doc, 'CHANGELOG.md.gz'), small(text('CHANGELOG.md')));
}

/** Without a time or a name in it. */
function small(text: string): Buffer {
  return gzipSync(text, { level: 9 });
}

function write(path: string, content: string | Buffer): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}
