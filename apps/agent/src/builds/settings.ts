/** `joh.json`: read, checked, and its globs resolved. */
import { glob, readFile, stat } from 'node:fs/promises';
import { isAbsolute, join, normalize } from 'node:path';
import { type Board, boardById } from '@joh/boards';
import { fault, type ProjectSettings, projectSettings } from '@joh/protocol';
import { limits } from '#limits';

const settingsFile = 'joh.json';

/** What is to be built by the tools; paths are relative to the project. */
export interface BuildInputs {
  top: string;
  sources: string[];
  /** Null when no bitstream is made. */
  bitstream: BitstreamInputs | null;
  testbench: TestbenchInputs | null;
}
export interface BitstreamInputs {
  board: Board;
  constraints: string;
  clockMhz: number | null;
}
interface TestbenchInputs {
  tool: 'ghdl' | 'verilator' | 'iverilog';
  top: string;
  /** Its own and the design's. */
  sources: string[];
  /** Whether it records signals. */
  waves: boolean;
}

const wrong = (reason: string) => fault('E_BUILD_CONFIGURATION', { reason });
/** Verilog's simple identifiers (IEEE 1364-2005 §3.7); the name goes into file names. */
const identifier = /^[A-Za-z_][A-Za-z0-9_$]*$/;
const sourceEnding = /\.(v|sv|vhd|vhdl)$/i;
const vhdlEnding = /\.vhdl?$/i;
const cppEnding = /\.(cc|cpp)$/;

export const isVhdl = (path: string) => vhdlEnding.test(path);

/** The settings of the project at `root`; null when it has none. @throws Fault `E_BUILD_CONFIGURATION`. */
export async function readSettings(root: string): Promise<ProjectSettings | null> {
  const text = await readFile(join(root, settingsFile), 'utf8').catch(() => null);
  return text === null ? null : parseSettings(text);
}

/**
 * What the tools need to know of the project at `root`.
 * @throws Fault `E_BUILD_CONFIGURATION` naming what is wrong, `E_BOARD_UNKNOWN`.
 */
export async function readInputs(root: string): Promise<BuildInputs> {
  const settings = await readSettings(root);
  if (!settings) throw wrong(`there is no ${settingsFile} at the top of the project`);
  if (!settings.board && !settings.testbench)
    throw wrong(`${settingsFile} names neither a "board" nor a "testbench"`);
  const top = nameOf(settings.top, 'top');
  const bitstream = await bitstreamInputs(root, settings);
  if (!settings.sources) throw wrong(`in ${settingsFile}, "sources" is missing`);
  const sources = await findSources(root, settings.sources, 'sources');
  const { testbench } = settings;
  if (!testbench) return { top, sources, bitstream, testbench: null };
  const own = await findSources(root, testbench.sources, 'testbench.sources', testbench.tool);
  return {
    ...{ top, sources, bitstream },
    testbench: {
      tool: testbench.tool,
      top: nameOf(testbench.top, 'testbench.top'),
      sources: [...sources, ...own.filter((path) => !sources.includes(path))],
      waves: testbench.waves ?? false,
    },
  };
}

/** The files that the settings' globs match, as far as they can be read: for telling what a log means. */
export async function knownSources(
  root: string,
  settings: ProjectSettings | null,
): Promise<string[]> {
  const patterns = [...(settings?.sources ?? []), ...(settings?.testbench?.sources ?? [])];
  return findSources(root, patterns, 'sources').catch(() => []);
}

async function bitstreamInputs(
  root: string,
  settings: ProjectSettings,
): Promise<BitstreamInputs | null> {
  if (!settings.board) return null;
  const board = boardById(settings.board);
  if (!settings.constraints) throw wrong(`in ${settingsFile}, "constraints" is missing`);
  const constraints = inside(settings.constraints, 'constraints');
  const found = await stat(join(root, constraints)).catch(() => null);
  if (!found?.isFile()) throw wrong(`the constraints file ${constraints} does not exist`);
  return { board, constraints, clockMhz: settings.clockMhz ?? null };
}

function nameOf(name: string | undefined, field: string): string {
  if (name === undefined) throw wrong(`in ${settingsFile}, "${field}" is missing`);
  if (!identifier.test(name))
    throw wrong(`"${field}" is ${JSON.stringify(name)}, which is no name of a module`);
  return name;
}

/** Pure part: the text of the file as settings. */
function parseSettings(text: string): ProjectSettings {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw wrong(`${settingsFile} is not JSON: ${(error as Error).message}`);
  }
  const parsed = projectSettings.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = issue?.path.join('.') || 'the whole';
  throw wrong(`in ${settingsFile}, "${field}": ${issue?.message ?? 'not valid'}`);
}

async function findSources(
  root: string,
  patterns: readonly string[],
  field: string,
  tool?: TestbenchInputs['tool'],
): Promise<string[]> {
  const sources: string[] = [];
  for (const pattern of patterns) {
    const matches: string[] = [];
    for await (const path of glob(inside(pattern, field), { cwd: root })) {
      if (matches.length >= limits.buildSourcesMax)
        throw wrong(`"${pattern}" matches more than ${limits.buildSourcesMax} files`);
      matches.push(path);
    }
    if (matches.length === 0) throw wrong(`no file matches "${pattern}" of "${field}"`);
    for (const path of matches.sort()) if (!sources.includes(path)) sources.push(path);
  }
  const isSource = (path: string) =>
    sourceEnding.test(path) || (tool === 'verilator' && cppEnding.test(path));
  const other = sources.find((path) => !isSource(path));
  if (other) throw wrong(`${other} is no source of a design (.v, .sv, .vhd)`);
  return sources;
}

/** A path or glob that stays in the project. */
function inside(path: string, field: string): string {
  const plain = normalize(path);
  if (path === '' || isAbsolute(path) || plain.startsWith('..') || plain.startsWith('-'))
    throw wrong(`"${path}" of "${field}" is not a path inside the project`);
  return plain;
}
