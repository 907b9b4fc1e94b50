/** Compiles a design for the virtual board, inside the process of an embedded tool. */
import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  clangArguments,
  harness,
  ice40Models,
  planCompile,
  yosysScript,
} from '@joh/virtual-board/compile';
import { z } from 'zod';
import { designFiles } from './designs.ts';

/** Files as the WebAssembly tools see them. */
interface Tree {
  [name: string]: Tree | string | Uint8Array;
}

/** A WebAssembly tool: rejects with something that has a `code` when it fails. */
export type WasmTool = (
  args: string[],
  files: Tree,
  options: {
    stdout: (bytes: Uint8Array | null) => void;
    stderr: (bytes: Uint8Array | null) => void;
    decodeASCII: false;
    fetchProgress: () => void;
  },
) => Promise<Tree> | Tree | undefined;

export interface Compilers {
  yosys: WasmTool;
  /** Loaded when it is needed: it is large. */
  clang: () => Promise<WasmTool>;
  /** A file URL from where `@yowasp/yosys` is found. */
  from: string;
}

/** @throws what the tools throw; they say why on standard error. */
export async function compileDesign(folder: string, compilers: Compilers): Promise<void> {
  const read = (name: string) => readFile(join(folder, name), 'utf8');
  const { board, top } = z
    .object({ board: z.string(), top: z.string() })
    .parse(JSON.parse(await read(designFiles.description)));
  const rtlil = await read(designFiles.rtlil);
  const plan = planCompile({ board, top, rtlil, constraints: await read(designFiles.constraints) });
  const package_ = dirname(createRequire(compilers.from).resolve('@yowasp/yosys'));
  const hasModels = plan.primitives.size > 0;
  const library = hasModels
    ? await readFile(join(package_, 'share/ice40/cells_sim.v'), 'utf8')
    : '';
  const script = yosysScript({
    top,
    design: 'design.il',
    models: hasModels ? 'models.v' : null,
    code: 'design.cc',
  });
  const models = ice40Models(plan.primitives, library);
  const made = await compilers.yosys(
    ['-Q', '-T', '-q', '-p', script],
    { 'design.il': rtlil, 'models.v': models },
    toolOptions,
  );
  const code = textOf(made?.['design.cc']);
  const clang = await compilers.clang();
  const built = await clang(
    clangArguments('main.cc', 'module.wasm', 'include'),
    {
      'design.cc': code,
      'main.cc': harness({ top, binding: plan.binding, code, include: 'design.cc' }),
      include: await headersOf(package_),
    },
    toolOptions,
  );
  const module = built?.['module.wasm'];
  if (!(module instanceof Uint8Array)) throw new Error('clang wrote no module');
  await writeWhole(join(folder, designFiles.module), module);
  await writeWhole(join(folder, designFiles.simulation), JSON.stringify(plan.simulation));
}

const say = (bytes: Uint8Array | null) => {
  if (bytes) process.stderr.write(bytes);
};
const toolOptions = {
  stdout: say,
  stderr: say,
  decodeASCII: false,
  fetchProgress: () => undefined,
} as const;

const textOf = (file: Tree | string | Uint8Array | undefined): string => {
  if (typeof file === 'string') return file;
  if (file instanceof Uint8Array) return new TextDecoder().decode(file);
  throw new Error('yosys wrote no C++');
};

/** CXXRTL's headers, which the package has among what it gives yosys for a file system. */
async function headersOf(yosysPackage: string): Promise<Tree> {
  const names = await readdir(yosysPackage);
  const resources = names.find((name) => /^resources-.*\.js$/.test(name)) ?? '';
  const { filesystem } = await import(pathToFileURL(join(yosysPackage, resources)).href);
  return filesystem.share.include.backends.cxxrtl.runtime;
}

async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  await writeFile(`${path}.partial`, content);
  await rename(`${path}.partial`, path);
}
