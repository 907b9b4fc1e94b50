/**
 * One run of a WebAssembly tool, as a process of its own: `node embedded-tool.ts <tool> <argument>…`
 * in the project's folder, or `node embedded-tool.ts simulation <folder>`. The tool sees the project's files and writes into `build/` alone. Its
 * hundreds of megabytes of memory end with the process, and killing it stops it.
 */
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { commands as nextpnr } from '@yowasp/nextpnr-ice40';
import { type Tree, commands as yosys } from '@yowasp/yosys';
import { compileDesign, type WasmTool } from '#simulations';

const outputFolder = 'build';
/** What a build does not read: histories, packages, results of nix-build. */
const leftOut = /^(\..*|node_modules|result.*)$/;
/** What is held in memory twice; a project with more has its tools in shell.nix. */
const filesMax = 20_000;
const bytesMax = 256 * 1024 * 1024;

const tools: Record<string, (typeof yosys)['yosys'] | undefined> = { ...yosys, ...nextpnr };

async function main(): Promise<number> {
  const [name = '', ...args] = process.argv.slice(2);
  if (name === 'simulation') {
    await compileSimulation(args[0] ?? '');
    return 0;
  }
  const tool = tools[name];
  if (!tool) {
    process.stderr.write(`ERROR: there is no embedded tool ${name}\n`);
    return 127;
  }
  const files = await readTree('.', { files: 0, bytes: 0 }, args);
  const say = (stream: NodeJS.WriteStream) => (bytes: Uint8Array | null) => {
    if (bytes) stream.write(bytes);
  };
  try {
    const results = await tool(args, files, {
      stdout: say(process.stdout),
      stderr: say(process.stderr),
      decodeASCII: false,
    });
    await writeOutputs(results?.[outputFolder], outputFolder, args);
    return 0;
  } catch (error) {
    // The packages throw `Exit` with a code; it has no class in common between them.
    const code = (error as { code?: unknown }).code;
    if (typeof code === 'number') return code;
    throw error;
  }
}

/** Here and not beside the compiler's code: the bundle finds packages from this file. */
async function compileSimulation(folder: string): Promise<void> {
  // Compilers that run once for seconds: V8's optimising tier costs more than it gives. Measured with a
  // small computer: 6.2 s of CPU time and 560 MB, against 9.4 s and 900 MB.
  setFlagsFromString('--liftoff-only');
  setFlagsFromString('--no-wasm-tier-up');
  setFlagsFromString('--no-wasm-dynamic-tiering');
  await compileDesign(folder, {
    yosys: yosys.yosys as WasmTool,
    clang: async () => (await import('@yowasp/clang')).commands['clang++'] as WasmTool,
    // In the bundle the tool chain lies there; in the sources the search goes on upwards.
    from: new URL('./toolchain/package.json', import.meta.url).href,
  });
}

/** The project as the tool's file system; of `build/` only what the arguments name. */
async function readTree(
  folder: string,
  sum: { files: number; bytes: number },
  args: readonly string[],
): Promise<Tree> {
  const tree: Tree = folder === '.' ? { [outputFolder]: {} } : {};
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    const isNamed = args.includes(path);
    if (folder === outputFolder ? !isNamed : leftOut.test(entry.name)) continue;
    const stats = await stat(path).catch(() => null);
    // A symbolic link to a folder could lead round in circles.
    if (stats?.isDirectory() && !entry.isSymbolicLink()) {
      tree[entry.name] = await readTree(path, sum, args);
    } else if (stats?.isFile()) {
      sum.files += 1;
      sum.bytes += stats.size;
      if (sum.files > filesMax || sum.bytes > bytesMax)
        throw new Error(
          'the project is too large for the embedded tools; add yosys, nextpnr and icestorm to shell.nix',
        );
      tree[entry.name] = new Uint8Array(await readFile(path));
    }
  }
  return tree;
}

/** Writes what the arguments name. */
async function writeOutputs(
  entry: Tree | string | Uint8Array | undefined,
  path: string,
  args: readonly string[],
): Promise<void> {
  if (entry === undefined) return;
  if (typeof entry === 'string' || entry instanceof Uint8Array) {
    const isNamed = args.some((arg) => arg.split(' ').includes(path));
    if (!isNamed) return;
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, entry);
    return;
  }
  for (const [name, child] of Object.entries(entry))
    await writeOutputs(child, join(path, name), args);
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`ERROR: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
