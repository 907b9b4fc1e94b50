/** `joh.json`: read, checked, and its globs resolved. */
import { glob, readFile, stat } from 'node:fs/promises';
import { isAbsolute, join, normalize } from 'node:path';
import { type Board, boardById } from '@joh/boards';
import { fault, type ProjectSettings, projectSettings } from '@joh/protocol';
import { limits } from '#limits';

const settingsFile = 'joh.json';

/** What is to be built; paths are relative to the project. */
export interface BuildInputs {
  board: Board;
  top: string;
  sources: string[];
  constraints: string;
  clockMhz: number | null;
}

const wrong = (reason: string) => fault('E_BUILD_CONFIGURATION', { reason });
/** Verilog's simple identifiers (IEEE 1364-2005 §3.7); the name goes into file names. */
const identifier = /^[A-Za-z_][A-Za-z0-9_$]*$/;
const sourceEnding = /\.(v|sv)$/;

/**
 * Reads the settings of the project at `root`.
 * @throws Fault `E_BUILD_CONFIGURATION` naming what is wrong, `E_BOARD_UNKNOWN`.
 */
export async function readInputs(root: string): Promise<BuildInputs> {
  const text = await readFile(join(root, settingsFile), 'utf8').catch(() => {
    throw wrong(`there is no ${settingsFile} at the top of the project`);
  });
  const settings = parseSettings(text);
  const board = boardById(settings.board);
  if (board.family !== 'ice40')
    throw wrong(`the tools build for iCE40, and the ${board.title} has another family`);
  if (!identifier.test(settings.top))
    throw wrong(`"top" is ${JSON.stringify(settings.top)}, which is no name of a module`);
  const constraints = inside(settings.constraints, 'constraints');
  const found = await stat(join(root, constraints)).catch(() => null);
  if (!found?.isFile()) throw wrong(`the constraints file ${constraints} does not exist`);
  const sources = await findSources(root, settings.sources);
  return { board, top: settings.top, sources, constraints, clockMhz: settings.clockMhz ?? null };
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

async function findSources(root: string, patterns: readonly string[]): Promise<string[]> {
  const sources: string[] = [];
  for (const pattern of patterns) {
    const matches: string[] = [];
    for await (const path of glob(inside(pattern, 'sources'), { cwd: root })) {
      if (matches.length >= limits.buildSourcesMax)
        throw wrong(`"${pattern}" matches more than ${limits.buildSourcesMax} files`);
      matches.push(path);
    }
    if (matches.length === 0) throw wrong(`no file matches "${pattern}" of "sources"`);
    for (const path of matches.sort()) if (!sources.includes(path)) sources.push(path);
  }
  const other = sources.find((path) => !sourceEnding.test(path));
  if (other) throw wrong(`${other} is no Verilog or SystemVerilog source (.v, .sv)`);
  return sources;
}

/** A path or glob that stays in the project. */
function inside(path: string, field: string): string {
  const plain = normalize(path);
  if (path === '' || isAbsolute(path) || plain.startsWith('..') || plain.startsWith('-'))
    throw wrong(`"${path}" of "${field}" is not a path inside the project`);
  return plain;
}
