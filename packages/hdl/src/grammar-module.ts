/**
 * Loads a grammar without holding its tables three times. Of the 23 MB of SystemVerilog's file 0.2 MB are code;
 * an engine keeps all that it compiles, so it gets the code alone, and the tables are read from the file
 * straight into the parser's memory.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Language } from 'web-tree-sitter';

/** A module of WebAssembly in two parts. */
interface Split {
  /** The module without its data. */
  code: Uint8Array<ArrayBuffer>;
  /** Where the data is in the file; it belongs at the module's memory base. */
  tables: { at: number; bytes: number };
}

/** Ids of sections (WebAssembly core 2.0, "Modules"). */
const dataSection = 11;
const dataCountSection = 12;
/** An active segment at a global, which in a module for dynamic linking is its memory base. */
const atGlobal = { flags: 0x00, get: 0x23, end: 0x0b };

/** Reads the file at `path`. A module that is made otherwise than expected is loaded whole. */
export async function loadLanguage(path: string): Promise<Language> {
  const file = openSync(path, 'r');
  try {
    const split = splitModule((at, bytes) => readAt(file, at, Buffer.alloc(bytes)));
    if (!split) return await Language.load(await readFile(path));
    const module = await engine.compile(split.code);
    const { at, bytes } = split.tables;
    return afterEachInstance(
      ({ env }) => {
        readAt(file, at, new Uint8Array(env.memory.buffer, env.__memory_base, bytes));
      },
      () => Language.loadSync(module),
    );
  } finally {
    closeSync(file);
  }
}

/** What a module for dynamic linking imports, as far as it matters here. */
interface Imports {
  env: { memory: { buffer: ArrayBuffer }; __memory_base: number };
}

/** `WebAssembly`, of which Node's types know nothing. */
interface Engine {
  compile(code: Uint8Array): Promise<Parameters<typeof Language.loadSync>[0]>;
  Instance: new (module: object, imports: Imports) => object;
}
const engine = (globalThis as unknown as { WebAssembly: Engine }).WebAssembly;

type Read = (at: number, bytes: number) => Buffer;

/** Null: not one segment of data at the end, at a global. */
function splitModule(read: Read): Split | null {
  const headBytes = 16;
  const kept = [read(0, 8)];
  for (let at = 8; ; ) {
    const head = read(at, headBytes);
    if (head.length === 0) return null;
    const id = head[0];
    const size = unsigned(head, 1);
    const start = at + size.end;
    if (id === dataSection) {
      const tables = onlySegment(read(start, headBytes), start, start + size.value);
      return tables && { code: Uint8Array.from(Buffer.concat(kept)), tables };
    }
    const end = start + size.value;
    if (id !== dataCountSection) kept.push(read(at, end - at));
    at = end;
  }
}

/** Where the bytes of the section's one segment are. */
function onlySegment(head: Buffer, start: number, end: number): Split['tables'] | null {
  const count = unsigned(head, 0);
  const [flags, get] = head.subarray(count.end);
  const global = unsigned(head, count.end + 2);
  const size = unsigned(head, global.end + 1);
  const at = start + size.end;
  const isExpected =
    count.value === 1 &&
    flags === atGlobal.flags &&
    get === atGlobal.get &&
    head[global.end] === atGlobal.end &&
    at + size.value === end;
  return isExpected ? { at, bytes: size.value } : null;
}

/** An unsigned LEB128 number, and where it ends. */
function unsigned(bytes: Buffer, at: number): { value: number; end: number } {
  let value = 0;
  let end = at;
  for (let factor = 1; ; factor *= 128) {
    const byte = bytes[end++] ?? 0;
    value += (byte & 0x7f) * factor;
    if (byte < 0x80) return { value, end };
  }
}

/** Fills `into` as far as the file goes. */
function readAt<T extends Uint8Array>(file: number, at: number, into: T): T {
  let done = 0;
  while (done < into.length) {
    const count = readSync(file, into, done, into.length - done, at + done);
    if (count === 0) break;
    done += count;
  }
  return into.subarray(0, done) as T;
}

/**
 * The library makes the instance, and in the same breath moves what its tables point to: they have to be there
 * between the two, for which it has no hook.
 */
function afterEachInstance<T>(then: (imports: Imports) => void, run: () => T): T {
  const { Instance } = engine;
  engine.Instance = new Proxy(Instance, {
    construct(target, [module, imports]: [object, Imports]) {
      const instance = new target(module, imports);
      then(imports);
      return instance;
    },
  });
  try {
    return run();
  } finally {
    engine.Instance = Instance;
  }
}
