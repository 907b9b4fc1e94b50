/**
 * `npm run -w apps/desktop bundle [-- --debug] [--toolchain]`: the Debian package, and with
 * `--toolchain` the one of the WebAssembly tool chain. Prints each path and its size.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { cargo } from './packaging/cargo.ts';
import { buildDeb } from './packaging/deb.ts';
import { sourceTime } from './packaging/source-time.ts';
import { packageName, stageApplication, stageToolchain } from './packaging/stage.ts';

const { values } = parseArgs({
  options: {
    /** A quick package of the debug build, for tests. */
    debug: { type: 'boolean', default: false },
    toolchain: { type: 'boolean', default: false },
    out: { type: 'string', default: join(import.meta.dirname, 'dist') },
  },
});
const root = join(import.meta.dirname, '../..');
for (const bundle of ['apps/agent/dist/desktop.js', 'apps/ide/dist/index.html']) {
  if (existsSync(join(root, bundle))) continue;
  process.stderr.write(`${bundle} is not built. Run npm run build first.\n`);
  process.exit(1);
}
const { version } = JSON.parse(readFileSync(join(import.meta.dirname, 'package.json'), 'utf8'));
const profile = values.debug ? 'debug' : 'release';
cargo('build', ...(values.debug ? [] : ['--release']));
const common = { version, time: sourceTime(root), isSmall: !values.debug };
mkdirSync(values.out, { recursive: true });

makePackage(stageApplicationTree, {
  name: packageName,
  summary: 'IDE for FPGA developers: from Verilog to a blinking board',
  relations: {
    Depends: 'libc6 (>= 2.34), libgtk-3-0, libwebkit2gtk-4.1-0, ca-certificates',
    Recommends: 'git, xdg-utils, dbus-user-session | dbus-x11',
    Suggests: `${packageName}-toolchain, yosys, nextpnr-ice40, fpga-icestorm, nix-bin`,
  },
});
if (values.toolchain) {
  makePackage(stageToolchain, {
    name: `${packageName}-toolchain`,
    summary: 'WebAssembly tools that build bitstreams where none are installed',
    relations: { Depends: packageName },
  });
}

function stageApplicationTree(folder: string): void {
  stageApplication(folder, profile);
}

function makePackage(
  stage: (folder: string) => void,
  about: { name: string; summary: string; relations: Record<string, string> },
): void {
  const folder = mkdtempSync(join(tmpdir(), 'joh-deb-'));
  try {
    stage(folder);
    const path = buildDeb(folder, values.out, { ...common, ...about });
    process.stdout.write(`${path}: ${(statSync(path).size / 1e6).toFixed(1)} MB\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
