/** The tree of the Debian package, as it lies on the user's disk. */
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { udevText } from '@joh/agent/udev';
import { type Profile, shellBinary } from './cargo.ts';
import { contentsOf, type Part } from './contents.ts';

export const packageName = 'joy-of-hardware';
const root = join(import.meta.dirname, '../../..');
/** The window's `WM_CLASS` and its name on the session bus; `tauri.conf.json` has the same. */
const identifier = 'app.joyofhardware.Desktop';
const lib = `usr/lib/${packageName}`;
const doc = `usr/share/doc/${packageName}`;

/** Lays the application into `folder`, without the WebAssembly tool chain. */
export function stageApplication(folder: string, profile: Profile): void {
  const at = (path: string) => join(folder, path);
  const copy = (from: string, to: string) =>
    cpSync(from, at(to), { recursive: true, dereference: true, filter: isWanted });
  copy(shellBinary(profile), `usr/bin/${packageName}`);
  copy(process.execPath, `${lib}/runtime/node`);
  strip(at(`${lib}/runtime/node`));
  copy(join(root, 'apps/agent/dist'), `${lib}/agent`);
  copy(join(root, 'apps/ide/dist'), `${lib}/ide`);
  for (const size of ['32x32', '128x128', '512x512']) {
    const icon = `usr/share/icons/hicolor/${size}/apps/${packageName}.png`;
    copy(join(root, `apps/desktop/src-tauri/icons/${size}.png`), icon);
  }
  const scalable = `usr/share/icons/hicolor/scalable/apps/${packageName}.svg`;
  copy(join(root, 'apps/ide/src/icon.svg'), scalable);
  write(at(`usr/share/applications/${identifier}.desktop`), desktopFile);
  write(at(`${doc}/60-joy-of-hardware.rules`), udevText());
  describe(at(doc), contentsOf('application'));
}

/** Lays the tool chain beside an installed agent, which finds it there. */
export function stageToolchain(folder: string): void {
  const from = join(root, 'apps/agent/dist/toolchain');
  const to = join(folder, lib, 'agent/toolchain');
  cpSync(from, to, { recursive: true, dereference: true });
  describe(join(folder, `usr/share/doc/${packageName}-toolchain`), contentsOf('toolchain'));
}

/** Compressed copies of text are for a network; the tool chain is a package of its own. */
function isWanted(path: string): boolean {
  return !/\.br$|\.map$|\/agent\/dist\/toolchain$/.test(path);
}

/** Symbols of Node are a sixth of it. Without binutils the package is larger. */
function strip(path: string): void {
  chmodSync(path, 0o755);
  spawnSync('strip', ['--strip-all', path]);
}

function describe(folder: string, parts: readonly Part[]): void {
  const list = parts.map(({ name, version, origin, licence }) => [name, version, origin, licence]);
  write(join(folder, 'contents.tsv'), list.map((row) => `${row.join('\t')}\n`).join(''));
  const texts = new Map<string, string[]>();
  for (const { name, version, texts: own } of parts)
    for (const text of own) texts.set(text, [...(texts.get(text) ?? []), `${name} ${version}`]);
  const licences = [...texts].map(([text, names]) => `${names.join(', ')}\n\n${text.trim()}\n`);
  mkdirSync(folder, { recursive: true });
  const whole = licences.join(`\n${'='.repeat(80)}\n`);
  writeFileSync(join(folder, 'licences.txt.gz'), gzipSync(whole, { level: 9 }));
  write(join(folder, 'copyright'), copyright);
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/** `%U`: folders and links that a file manager or a browser hands over. */
const desktopFile = `[Desktop Entry]
Type=Application
Name=Joy of Hardware
Comment=From Verilog to a blinking board
Exec=${packageName} %U
Icon=${packageName}
Categories=Development;IDE;Electronics;
Keywords=FPGA;Verilog;VHDL;
MimeType=inode/directory;text/x-verilog;text/x-svsrc;text/x-svhdr;text/x-vhdl;x-scheme-handler/joy-of-hardware;
StartupNotify=true
StartupWMClass=${identifier}
`;

const copyright = `Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: Joy of Hardware

Files: *
Copyright: its authors
License: Expat
 contents.tsv lists every part of this package with its version and licence;
 licences.txt.gz has the texts.
`;
