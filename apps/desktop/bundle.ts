/**
 * `npm run -w apps/desktop bundle [-- --debug] [--toolchain]`: the Debian package, and with
 * `--toolchain` the one of the WebAssembly tool chain; beside each what is in it. Prints each path
 * and its size.
 *
 * `JOH_UPDATE_URL` and `JOH_UPDATE_KEY` say where the application asks for newer versions; with
 * `JOH_UPDATE_SECRET_KEY`, a file, the list for that address is written too.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { cargo } from './packaging/cargo.ts';
import { contentsOf, type Part } from './packaging/contents.ts';
import { buildDeb, type DebOptions } from './packaging/deb.ts';
import { writeManifest } from './packaging/manifest.ts';
import { sourceTime } from './packaging/source-time.ts';
import { stageApplication, stageToolchain } from './packaging/stage.ts';
import { layUpdateSource, tellOfPackage, updateSource } from './packaging/updates.ts';

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
const application = 'joy-of-hardware';
const { version } = JSON.parse(readFileSync(join(import.meta.dirname, 'package.json'), 'utf8'));
const profile = values.debug ? 'debug' : 'release';
cargo('build', ...(values.debug ? [] : ['--release']));
const updates = updateSource(process.env);
const common = { version, time: sourceTime(root), isSmall: !values.debug };
mkdirSync(values.out, { recursive: true });

const stage = (folder: string, about: DebOptions, parts: Part[]) => {
  stageApplication(folder, profile, about, parts);
  if (updates) layUpdateSource(folder, application, updates);
};
const deb = makePackage(stage, contentsOf('application'), {
  ...common,
  name: application,
  summary: 'IDE for FPGA developers: from Verilog to a blinking board',
  description: [
    'Edits Verilog, SystemVerilog and VHDL with a language server of its own, builds',
    'bitstreams with the tools that are installed, and programs boards over USB.',
    '',
    'Folders stay where they are; nothing needs a network or an account.',
  ],
  relations: {
    Depends: 'libc6 (>= 2.34), libgtk-3-0, libwebkit2gtk-4.1-0, ca-certificates',
    Recommends: 'git, xdg-utils, dbus-user-session | dbus-x11',
    Suggests: `${application}-toolchain, yosys, nextpnr-ice40, fpga-icestorm, nix-bin`,
  },
});
const secretKey = process.env.JOH_UPDATE_SECRET_KEY;
if (updates && secretKey) {
  const list = tellOfPackage({ deb, ...common, source: updates, secretKey });
  process.stdout.write(`${list}: to be served as ${updates.url}\n`);
}
if (values.toolchain) {
  const stage = (folder: string, about: DebOptions, parts: Part[]) =>
    stageToolchain(folder, application, about, parts);
  makePackage(stage, contentsOf('toolchain'), {
    ...common,
    name: `${application}-toolchain`,
    summary: 'WebAssembly tools that build bitstreams where none are installed',
    description: [
      'yosys, nextpnr for iCE40, and a C++ compiler for the virtual board, all as',
      'WebAssembly. The application uses them where yosys, nextpnr-ice40 and',
      'fpga-icestorm are not installed.',
    ],
    relations: { Depends: application },
  });
}

function makePackage(
  lay: (folder: string, about: DebOptions, parts: Part[]) => void,
  parts: Part[],
  about: DebOptions,
): string {
  const folder = mkdtempSync(join(tmpdir(), 'joh-deb-'));
  try {
    lay(folder, about, parts);
    const path = buildDeb(folder, values.out, about);
    writeManifest(path, folder, parts);
    process.stdout.write(`${path}: ${(statSync(path).size / 1e6).toFixed(1)} MB\n`);
    return path;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
