/** What Nix's log says, as events of a build. Pure: a line in, events out. */
import { join } from 'node:path';
import type { BuildEvent, Problem } from '@joh/protocol';
import {
  activity,
  type NixMessage,
  type NixPlace,
  outcome,
  parseNixLine,
  verbosity,
  withoutColours,
} from '#nix';
import type { ProjectFiles } from './nix-places.ts';
import { type Places, problemInLog } from './problems.ts';

export interface NixProgress {
  /** Takes a line of Nix's standard error. */
  line(text: string): BuildEvent[];
  /** Ends the stages that are open. */
  end(outcome: Outcome): BuildEvent[];
  /** As Nix counts them; `derivations` are those that were built. */
  figures(): { built: number; fetched: number; derivations: string[] };
  /** The stage that failed, and why; null as long as nothing has. */
  failure(): { stage: string; reason: string } | null;
}

type Outcome = Extract<BuildEvent, { type: 'ended' }>['outcome'];

/** A build that runs or ran. */
interface Derivation {
  path: string;
  stage: string;
  /** Problems that name no file, told only if it fails. */
  vague: Problem[];
  problem: Problem | null;
  outcome: Outcome | null;
}
interface Counts {
  done: number;
  running: number;
  failed: number;
}

const evaluation = 'evaluation';
const fetching = 'fetching';
const others = 'other derivations';
/** What Nix says beside them. */
const remaining = 'nix-build';
/** Problems without a place that are kept of one derivation. */
const vagueMax = 20;

/** `/nix/store/<hash>-yosys-0.23.drv` is yosys-0.23. */
const storeName = (path: string) => path.replace(/^.*\/[0-9a-z]{32}-/, '').replace(/\.drv$/, '');

export function createNixProgress(options: {
  places: Places;
  files: ProjectFiles;
  /** Derivations with a stage of their own. */
  stagesMax: number;
}): NixProgress {
  const state = createState(options.stagesMax);
  const { places, files } = options;
  const events: BuildEvent[] = [];
  const say = (event: BuildEvent) => void events.push(event);
  say({ type: 'stage', stage: evaluation, message: 'Evaluating default.nix', isParallel: true });
  const take = (message: NixMessage | null, text: string) => {
    if (!message) sayLine(state, say, text);
    else if (message.action === 'start') started(state, say, message);
    else if (message.action === 'stop') stopped(state, say, message.id);
    else if (message.action === 'result') told(state, say, message, { places, files });
    else said(state, say, message, { places, files });
  };
  return {
    line: (text) => {
      take(parseNixLine(text), withoutColours(text));
      return events.splice(0);
    },
    end: (outcome) => {
      if (state.evaluating) say({ type: 'ended', stage: evaluation, outcome });
      state.evaluating = false;
      for (const derivation of state.derivations.values())
        if (derivation.outcome === null)
          close(say, derivation, outcome === 'done' ? 'done' : 'stopped');
      if (state.isFetching) say({ type: 'ended', stage: fetching, outcome: 'done' });
      if (state.isTalking) say({ type: 'ended', stage: remaining, outcome });
      return events.splice(0);
    },
    figures: () => ({
      built: sum(state.builds).done,
      fetched: sum(state.copies).done,
      derivations: [...state.derivations.values()].map(({ path }) => path),
    }),
    failure: () => state.failure,
  };
}

type Say = (event: BuildEvent) => void;
interface Context {
  places: Places;
  files: ProjectFiles;
}
type State = ReturnType<typeof createState>;

function createState(stagesMax: number) {
  return {
    stagesMax,
    evaluating: true,
    isFetching: false,
    isTalking: false,
    /** By activity. */
    derivations: new Map<string, Derivation>(),
    builds: new Map<string, Counts>(),
    copies: new Map<string, Counts>(),
    /** What Nix announced before it began. */
    planned: { built: 0, fetched: 0 },
    /** How much of it is to be fetched, in Nix's own words. */
    download: '',
    /** Builds that Nix counts as done and that were found to be. */
    doneSeen: 0,
    shown: '',
    failure: null as { stage: string; reason: string } | null,
  };
}

const sum = (counts: Map<string, Counts>): Counts => {
  const total = { done: 0, running: 0, failed: 0 };
  for (const { done, running, failed } of counts.values()) {
    total.done += done;
    total.running += running;
    total.failed += failed;
  }
  return total;
};

function started(
  state: State,
  say: Say,
  { id, type, text, fields }: NixMessage & { action: 'start' },
) {
  const [first] = fields;
  if (type === activity.realise && state.evaluating) {
    state.evaluating = false;
    say({ type: 'ended', stage: evaluation, outcome: 'done' });
  } else if (type === activity.builds) state.builds.set(id, { done: 0, running: 0, failed: 0 });
  else if (type === activity.copyPaths) state.copies.set(id, { done: 0, running: 0, failed: 0 });
  else if (type === activity.build && typeof first === 'string') {
    const stage = state.derivations.size < state.stagesMax ? first : others;
    state.derivations.set(id, { path: first, stage, vague: [], problem: null, outcome: null });
    const message = stage === others ? others : storeName(first);
    say({ type: 'stage', stage, message, isParallel: true });
  } else if (type === activity.substitute && typeof first === 'string') {
    const size = state.download === '' ? '' : ` (${state.download})`;
    const message = `Fetching from the cache${size}`;
    if (!state.isFetching) say({ type: 'stage', stage: fetching, message, isParallel: true });
    state.isFetching = true;
    say({ type: 'log', stage: fetching, text: `${storeName(first)} from ${fields[1] ?? '?'}` });
  } else if (type === activity.fileTransfer && text !== '' && state.evaluating)
    say({ type: 'log', stage: evaluation, text });
}

/**
 * Nix ends an activity without a word of how it went: it counts before that, and names what failed before
 * or after it.
 */
function stopped(state: State, say: Say, id: string) {
  const derivation = state.derivations.get(id);
  if (!derivation || derivation.outcome !== null) return;
  const { done, failed } = sum(state.builds);
  const all = [...state.derivations.values()];
  const isAlone = all.filter(({ outcome }) => outcome === null).length === 1;
  const isNamed = all.some(({ outcome }) => outcome === 'failed');
  if (done > state.doneSeen) {
    state.doneSeen += 1;
    close(say, derivation, 'done');
  } else if (failed > 0 && isAlone && !isNamed) close(say, derivation, 'failed');
  else close(say, derivation, 'stopped');
}

function close(say: Say, derivation: Derivation, outcome: Outcome) {
  if (derivation.outcome === outcome) return;
  derivation.outcome = outcome;
  if (outcome === 'failed') {
    for (const problem of derivation.vague) say({ type: 'problem', problem });
    derivation.problem ??= derivation.vague[0] ?? null;
  }
  if (derivation.stage === others) return;
  const message = storeName(derivation.path);
  say({ type: 'stage', stage: derivation.stage, message, isParallel: true });
  say({ type: 'ended', stage: derivation.stage, outcome });
}

function told(
  state: State,
  say: Say,
  { id, type, fields }: NixMessage & { action: 'result' },
  { places, files }: Context,
) {
  const derivation = state.derivations.get(id);
  const [first, , running, failed] = fields;
  if (derivation && (type === outcome.buildLogLine || type === outcome.postBuildLogLine)) {
    const text = withoutColours(String(first ?? ''));
    say({ type: 'log', stage: derivation.stage, text });
    const problem = problemInLog(text, places, files);
    if (problem?.path) {
      say({ type: 'problem', problem });
      if (problem.severity === 'error') derivation.problem ??= problem;
    } else if (problem?.severity === 'error' && derivation.vague.length < vagueMax)
      derivation.vague.push({ ...problem, path: join(places.root, 'default.nix') });
  } else if (derivation && type === outcome.setPhase && derivation.stage !== others) {
    const message = `${storeName(derivation.path)} (${first})`;
    say({ type: 'stage', stage: derivation.stage, message, isParallel: true });
  } else if (type === outcome.progress) {
    const counts = state.builds.get(id) ?? state.copies.get(id);
    if (!counts) return;
    counts.done = Number(first ?? 0);
    counts.running = Number(running ?? 0);
    counts.failed = Number(failed ?? 0);
    sayCounts(state, say);
  }
}

function sayCounts(state: State, say: Say) {
  const count = (counts: Map<string, Counts>, planned: number) => {
    // Nix expects to build what it has only begun to look at; what it announced is what it will do.
    const { done, running, failed } = sum(counts);
    return { done, expected: Math.max(done + running + failed, planned) };
  };
  const built = count(state.builds, state.planned.built);
  const fetched = count(state.copies, state.planned.fetched);
  const shown = [built.done, built.expected, fetched.done, fetched.expected].join();
  if (shown === state.shown || shown === '0,0,0,0') return;
  state.shown = shown;
  say({ type: 'progress', built, fetched });
}

/** `these 3 derivations will be built:`, `this path will be fetched (1.20 MiB download, …):`. */
const plan =
  /^(?:this|these (\d+)) (derivation|path)s? will be (?:built|fetched)(?: \((\S+ \S+) download)?/;
/** Nix 2.8 to 2.26, then newer ones. */
const builderFailed = /^(?:builder for|Cannot build) '([^']+\.drv)'/;
const dependencyFailed = /\bdependenc(?:y|ies)\b.*\bfailed\b/;

function said(
  state: State,
  say: Say,
  { level, text, raw, places: nixPlaces }: NixMessage & { action: 'msg' },
  { places, files }: Context,
) {
  const [, count, what, download] = plan.exec(text) ?? [];
  if (what !== undefined) {
    state.planned[what === 'derivation' ? 'built' : 'fetched'] += Number(count ?? 1);
    state.download = download ?? state.download;
    sayCounts(state, say);
  }
  const failed = raw === null ? undefined : builderFailed.exec(raw)?.[1];
  const derivation = [...state.derivations.values()].find(({ path }) => path === failed);
  if (derivation) {
    say({ type: 'log', stage: derivation.stage, text: raw ?? text });
    close(say, derivation, 'failed');
  } else sayLine(state, say, text);
  if (raw === null || level > verbosity.warning) return;
  // What follows from the failure before it.
  if (state.failure && dependencyFailed.test(raw)) return;
  const severity = level === verbosity.error ? 'error' : 'warning';
  if (derivation) {
    const reason = derivation.problem?.message ?? shortened(raw);
    state.failure ??= { stage: storeName(derivation.path), reason };
    if (derivation.problem) return;
  } else if (severity === 'error') {
    state.failure ??= { stage: state.evaluating ? evaluation : remaining, reason: shortened(raw) };
  }
  if (severity === 'warning' && nixPlaces.length === 0) return;
  say({
    type: 'problem',
    problem: {
      ...placeOf(nixPlaces, places, files),
      severity,
      message: shortened(raw),
      source: 'nix',
    },
  });
}

const shortened = (raw: string) => raw.trim().split('\n').slice(0, 3).join(' ').slice(0, 1000);

/** The innermost place in the project: that is where its user can do something about it. */
function placeOf(all: readonly NixPlace[], { root }: Places, files: ProjectFiles) {
  const own = all.find(
    ({ file }) => file.startsWith(`${root}/`) && files.isFile(file.slice(root.length + 1)),
  );
  const place = own ?? all.find(({ file }) => file.startsWith('/'));
  return {
    path: place?.file ?? join(root, 'default.nix'),
    line: place?.line ?? null,
    column: place?.column ?? null,
  };
}

/** What belongs to no derivation. */
function sayLine(state: State, say: Say, text: string) {
  if (text.trim() === '') return;
  const stage = state.evaluating ? evaluation : remaining;
  if (stage === remaining && !state.isTalking) {
    state.isTalking = true;
    say({ type: 'stage', stage, message: stage, isParallel: true });
  }
  for (const line of text.split('\n')) say({ type: 'log', stage, text: line });
}
