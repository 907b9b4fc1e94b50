/** Finds out what the project's shell is now: known here, known elsewhere, or evaluated. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Random } from '@joh/clock';
import type { ShellRecord, ShellState } from '@joh/protocol';
import type { Nix } from '#nix';
import { type Environment, type Places, toMarks } from './environment-change.ts';
import { evaluateShell, fetchPaths } from './evaluation.ts';
import type { KnownShell, KnownShells } from './known-shells.ts';
import type { ShellDesk } from './shell-desk.ts';
import { dependenciesOf, makeShell } from './shell-making.ts';
import { shellPlace } from './shell-record.ts';

export interface SearchOptions {
  places: Places;
  clock: Clock;
  random: Random;
  nix: Pick<Nix, 'version' | 'push'>;
  known: KnownShells;
  observer: string | null;
  runtime: string;
  log: (text: string) => void;
}

/** One search, from a project that was opened or a shell that is to be reloaded. */
export interface Search extends SearchOptions {
  /** The environment before the shell. */
  base: Environment;
  desk: ShellDesk;
  signal: AbortSignal;
  startedMs: number;
  /** What can be had at once is in use. */
  onOpened: () => void;
}

/** A description, and where its records are. */
interface Described {
  /** `shell.nix` or `nix.shell`. */
  name: string;
  path: string;
  place: string;
}

/** File names of a shell's description, the first that exists counts. */
const descriptions = ['shell.nix', 'nix.shell'] as const;

/** @throws the signal's reason */
export async function searchShell(search: Search): Promise<void> {
  const { desk, places, nix, known, base, signal } = search;
  const name = await findDescription(places.root);
  const path = name && join(places.root, name);
  signal.throwIfAborted();
  desk.say({ description: path, problem: null, reason: null, activity: null });
  if (!name || !path) {
    desk.dependsOn = descriptions.map((one) => ({ kind: 'presence', path: one, digest: null }));
    desk.leave();
    return answer(search, { phase: 'none', origin: null, tookMs: null });
  }
  const version = await nix.version();
  signal.throwIfAborted();
  if (version === null)
    return answer(search, { phase: 'unavailable', reason: 'There is no Nix on the PATH.' });
  const nixPath = toMarks(base.NIX_PATH ?? '', places);
  const context = { description: name, system: systemOf(process), nixPath, nixVersion: version };
  const described = { name, path, place: shellPlace(context) };
  const { fitting, last } = await known.here(described.place, { env: base, places });
  // Read from the disk: what a search that came later has found must not be undone.
  signal.throwIfAborted();
  if (fitting?.missing.length === 0) return adopt(search, described, fitting.record, 'container');
  if (last && !desk.inUse()) desk.use(last);
  desk.say({ phase: 'evaluating', activity: `evaluating ${name}` });
  search.onOpened();
  const far = fitting ?? (await known.elsewhere(described.place, { env: base, places }, signal));
  if (far && (await fetchMissing(search, far))) {
    if (!fitting) await keep(search, described, far.record, 'frontend');
    return adopt(search, described, far.record, fitting ? 'container' : 'frontend');
  }
  await evaluate(search, described);
}

async function findDescription(root: string): Promise<string | null> {
  for (const name of descriptions) {
    const stats = await stat(join(root, name)).catch(() => null);
    if (stats?.isFile()) return name;
  }
  return null;
}

/** As Nix names it. */
function systemOf({ arch, platform }: Pick<NodeJS.Process, 'arch' | 'platform'>): string {
  const cpu = { x64: 'x86_64', arm64: 'aarch64' }[arch as string] ?? arch;
  return `${cpu}-${platform}`;
}

async function fetchMissing(search: Search, { missing }: KnownShell): Promise<boolean> {
  if (missing.length === 0) return true;
  const { desk, signal } = search;
  const paths = missing.length === 1 ? 'path' : 'paths';
  const first = `fetching ${missing.length} ${paths} from the cache`;
  desk.say({ phase: 'fetching', activity: first });
  const onActivity = (activity: string | null) => {
    if (!signal.aborted) desk.say({ activity: activity ?? first });
  };
  return fetchPaths(missing, { ...search, onActivity });
}

async function evaluate(search: Search, described: Described): Promise<void> {
  const { desk, signal, base, places, nix } = search;
  const { name, path } = described;
  const evaluating = `evaluating ${name}`;
  desk.say({ phase: 'evaluating', activity: evaluating });
  const evaluation = await evaluateShell({
    ...search,
    description: path,
    onActivity: (activity) => {
      if (!signal.aborted) desk.say({ activity: activity ?? evaluating });
    },
  });
  signal.throwIfAborted();
  desk.output = evaluation.output;
  const evaluated = { base, places, description: name };
  const { inputs, isReusable } = await dependenciesOf(evaluation, evaluated);
  const { environment } = evaluation;
  if (!environment) {
    desk.dependsOn = inputs;
    if (evaluation.lacksNixpkgs) {
      const reason =
        'Nix knows no nixpkgs: set NIX_PATH, or name a nixpkgs in the file, e.g. with fetchTarball.';
      return answer(search, { phase: 'unavailable', reason });
    }
    const { problem } = evaluation;
    return answer(search, { phase: 'failed', problem, reason: keptWords(desk) });
  }
  const record = await makeShell(evaluation, { environment, inputs }, evaluated);
  if (isReusable) await keep(search, described, record, 'evaluation');
  nix.push(record.paths);
  adopt(search, described, record, 'evaluation');
}

/** Without room for its record a shell is used all the same, and found out again the next time. */
async function keep(
  { known, log }: Search,
  { place }: Described,
  record: ShellRecord,
  from: 'evaluation' | 'frontend',
): Promise<void> {
  await known
    .keep(place, record, from)
    .catch((error: unknown) => log(`shell: the record could not be kept: ${error}`));
}

function adopt(
  search: Search,
  { place }: Described,
  record: ShellRecord,
  origin: NonNullable<ShellState['origin']>,
): void {
  const { desk, known, clock, startedMs, signal } = search;
  signal.throwIfAborted();
  desk.dependsOn = record.inputs;
  if (origin === 'container') known.used(place, record);
  const tookMs = Math.round(clock.monotonic() - startedMs);
  desk.use(record, { ...answered, phase: 'ready', origin, tookMs });
}

const answered = { activity: null, changed: [] };

function answer({ desk, signal }: Search, changes: Partial<ShellState>): void {
  signal.throwIfAborted();
  desk.say({ ...answered, ...changes });
}

/** What new programs get after an evaluation that gave nothing. */
export function keptWords(desk: ShellDesk): string {
  return desk.inUse()
    ? 'New terminals keep the shell from before.'
    : 'New terminals get the login shell.';
}
