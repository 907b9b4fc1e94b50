/**
 * Makes `dist/`, which runs with Node alone: the agent, the pty host and the language server as
 * bundles, the three native packages of this platform, and, in a folder that may be left out,
 * the WebAssembly tool chain.
 */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
// biome-ignore lint/correctness/noUndeclaredDependencies: this file runs at build time only
import { build } from 'esbuild';
import { buildObserver } from '../../packages/shell-observer/build.js';
import { buildShim } from '../../packages/usb-shim/build.js';

const require = createRequire(import.meta.url);
const here = import.meta.dirname;
const dist = join(here, 'dist');
const platform = `${process.platform}-${process.arch}`;
const libc = process.report.getReport().header.glibcVersionRuntime ? 'glibc' : 'musl';

/** Folder of an installed package, however its `exports` close it. */
function folderOf(name, from = here) {
  for (let folder = from; ; folder = dirname(folder)) {
    const path = join(folder, 'node_modules', name);
    try {
      readFileSync(join(path, 'package.json'));
      return path;
    } catch (error) {
      if (folder === dirname(folder)) throw error;
    }
  }
}

/** The tool chain is found beside the bundle when it was copied there, and only then. */
const toolchain = ['@yowasp/yosys', '@yowasp/nextpnr-ice40', '@yowasp/clang'];
const beside = {
  name: 'toolchain-beside',
  setup: ({ onResolve }) =>
    onResolve({ filter: /^@yowasp\// }, ({ path }) => {
      const { exports, main } = JSON.parse(
        readFileSync(join(folderOf(path), 'package.json'), 'utf8'),
      );
      const entry = exports?.default ?? exports?.['.']?.default ?? exports?.node ?? main;
      return { path: `./${join('toolchain/node_modules', path, entry)}`, external: true };
    }),
};

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist);
await build({
  entryPoints: {
    agent: join(here, 'src/main.ts'),
    'pty-host': join(here, 'src/pty-host.ts'),
    desktop: join(here, 'src/desktop-main.ts'),
    'embedded-tool': join(here, 'src/builds/embedded-tool.ts'),
    hdl: join(folderOf('@joh/hdl'), 'src/main.ts'),
  },
  outdir: dist,
  bundle: true,
  // What an idle process does not need stays unread in its chunk.
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
  platform: 'node',
  target: 'node24',
  format: 'esm',
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  plugins: [beside],
  // The one of this platform is copied beside.
  external: ['@node-usb/*'],
  banner: {
    js: "import{createRequire as joyRequire}from'node:module';const require=joyRequire(import.meta.url);",
  },
});
writeFileSync(join(dist, 'package.json'), '{ "type": "module", "private": true }\n');

const natives = [
  `@lydell/node-pty-${platform}`,
  `@parcel/watcher-${platform}${process.platform === 'linux' ? `-${libc}` : ''}`,
  `@vscode/ripgrep-${platform}`,
  `@node-usb/usb-${platform}${process.platform === 'linux' ? `-${libc === 'glibc' ? 'gnu' : libc}` : ''}`,
];
for (const name of natives) {
  cpSync(folderOf(name), join(dist, 'node_modules', name), { recursive: true, dereference: true });
}
const hdl = join(folderOf('@joh/hdl'));
for (const [name, file] of [
  ['web-tree-sitter', 'web-tree-sitter.wasm'],
  ['tree-sitter-systemverilog', 'tree-sitter-systemverilog.wasm'],
]) {
  cpSync(require.resolve(`${name}/${file}`, { paths: [hdl] }), join(dist, file));
}
for (const name of toolchain) {
  cpSync(folderOf(name), join(dist, 'toolchain/node_modules', name), {
    recursive: true,
    dereference: true,
  });
}
// Without a compiler the agent works all the same.
buildNative('usb', buildShim, 'USB tools of the terminal will find no boards');
buildNative('observer', buildObserver, 'shells are evaluated anew each time');

function buildNative(name, compile, consequence) {
  const failure = compile(join(dist, name));
  if (!failure) return;
  rmSync(join(dist, name), { recursive: true, force: true });
  console.warn(`${consequence}: ${failure.split('\n')[0]}`);
}
