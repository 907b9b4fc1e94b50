/** What an evaluation does, in words, and what it complains of, from Nix's log. Pure. */
import { relative } from 'node:path';
import type { Problem } from '@joh/protocol';
import {
  activity as activities,
  type NixMessage,
  outcome,
  parseNixLine,
  verbosity,
  withoutColours,
} from '#nix';

export interface EvaluationLog {
  /** Takes one line of standard error. */
  line(text: string): void;
  /** What is being done, for people; null: Nix evaluates. */
  activity(): string | null;
  /** What a terminal would have shown. */
  text(): string;
  /** The first error, at the innermost place inside `root` that Nix names, or where it says. */
  problem(root: string, description: string): Problem | null;
}

type Start = Extract<NixMessage, { action: 'start' }>;
type Complaint = Extract<NixMessage, { action: 'msg' }>;

interface Progress {
  done: number;
  expected: number;
}

const textCharactersMax = 256 * 1024;

export function createEvaluationLog(): EvaluationLog {
  const running = new Map<string, Start>();
  const progress = new Map<string, Progress>();
  let text = '';
  const errors: Complaint[] = [];
  const say = (words: string) => {
    text = `${text}${words}\n`;
    if (text.length > textCharactersMax) text = `…\n${text.slice(-textCharactersMax / 2)}`;
  };
  const take = (message: NixMessage) => {
    if (message.action === 'start') {
      running.set(message.id, message);
      if (message.type === activities.build) say(message.text);
    } else if (message.action === 'stop') running.delete(message.id);
    else if (message.action === 'msg') {
      if (message.level === verbosity.error && message.raw !== null) errors.push(message);
      if (message.level < verbosity.talkative) say(printable(message.text));
    } else if (message.type === outcome.progress) {
      const [done, expected] = message.fields;
      progress.set(message.id, { done: Number(done), expected: Number(expected) });
    } else if (message.type === outcome.buildLogLine)
      say(`  ${printable(String(message.fields[0]))}`);
  };
  return {
    line: (line) => {
      const message = parseNixLine(line);
      if (message) take(message);
      else if (line !== '') say(printable(line));
    },
    activity: () => activityOf([...running.values()], progress),
    text: () => text,
    problem: (root, description) => problemOf(errors, { text, root, description }),
  };
}

function activityOf(
  running: readonly Start[],
  progress: ReadonlyMap<string, Progress>,
): string | null {
  const sum = (type: number): Progress => {
    const all = running.filter((one) => one.type === type).map(({ id }) => progress.get(id));
    return {
      done: all.reduce((total, one) => total + (one?.done ?? 0), 0),
      expected: all.reduce((total, one) => total + (one?.expected ?? 0), 0),
    };
  };
  const copied = sum(activities.copyPaths);
  if (copied.expected > copied.done) {
    const paths = copied.expected === 1 ? 'path' : 'paths';
    return copied.done === 0
      ? `fetching ${copied.expected} ${paths} from the cache`
      : `fetching ${copied.expected - copied.done} of ${copied.expected} ${paths} from the cache`;
  }
  const builds = running.filter(({ type }) => type === activities.build);
  const [name] = builds.flatMap(({ fields }) => nameOf(String(fields[0] ?? '')));
  if (name === undefined) return null;
  return builds.length > 1 ? `building ${name} and ${builds.length - 1} more` : `building ${name}`;
}

/** `yosys-0.33` of a derivation's path. */
function nameOf(path: string): string[] {
  const [, name] = /^\/nix\/store\/[0-9a-z]{32}-(.+?)(\.drv)?$/.exec(path) ?? [];
  return name === undefined ? [] : [name];
}

function problemOf(
  errors: readonly Complaint[],
  { text, root, description }: { text: string; root: string; description: string },
): Problem | null {
  const [error] = errors;
  if (!error && text.trim() === '') return null;
  const message = error?.raw ? printable(error.raw) : lastLine(text);
  return {
    ...(placeOf(error?.places ?? [], root) ?? { path: description, line: 1, column: null }),
    severity: 'error',
    message: withReason(message, printable(error?.text ?? '')),
    source: 'nix',
  };
}

/** A place in the project says more than one in nixpkgs. */
function placeOf(places: Complaint['places'], root: string) {
  const files = places.filter(({ file }) => file.startsWith('/'));
  const found = files.find(({ file }) => !relative(root, file).startsWith('..')) ?? files[0];
  return found ? { path: found.file, line: found.line, column: found.column } : null;
}

/** A builder's failure is told by the end of its log. */
function withReason(message: string, whole: string): string {
  const lines = [...whole.matchAll(/^\s*> (.*)$/gm)].map(([, line]) => line);
  return lines.length === 0 || !/failed/.test(message)
    ? message
    : `${message}: ${lines.slice(-3).join(' / ')}`;
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.trim() ?? '';
}

/** Without colours and other control characters. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  return withoutColours(text).replace(/[\u0000-\u0008\u000b-\u001f]/g, '');
}

/** The machine has no nixpkgs: no fault of the project's. */
export function lacksNixpkgs(text: string): boolean {
  return /file '?nixpkgs'? was not found in the Nix search path/.test(text);
}
