/** Nix's `internal-json` log, line by line: what it does, in words, and what it complains of. Pure. */
import { relative } from 'node:path';
import type { Problem } from '@joh/protocol';

/** Kinds of activities and results (Nix, `src/libutil/logging.hh`). */
const activities = { copyPaths: 103, builds: 104, build: 105 } as const;
const results = { buildLogLine: 101, progress: 105 } as const;

export interface NixLog {
  /** Takes one line of standard error. */
  line(text: string): void;
  /** What is being done, for people; null: Nix evaluates. */
  activity(): string | null;
  /** What a terminal would have shown. */
  text(): string;
  /** The first error, with the place that Nix names or the last one inside `root`. */
  problem(root: string, description: string): Problem | null;
}

interface Message {
  action: string;
  id?: string;
  type?: number;
  level?: number;
  text?: string;
  msg?: string;
  raw_msg?: string;
  file?: string | null;
  line?: number | null;
  column?: number | null;
  fields?: (string | number)[];
}

interface Progress {
  done: number;
  expected: number;
}

const textCharactersMax = 256 * 1024;

export function createNixLog(): NixLog {
  const running = new Map<string, Message>();
  const progress = new Map<string, Progress>();
  let text = '';
  const errors: Message[] = [];
  const say = (words: string) => {
    text = `${text}${words}\n`;
    if (text.length > textCharactersMax) text = `…\n${text.slice(-textCharactersMax / 2)}`;
  };
  const take = (message: Message) => {
    const { action, id = '', type, fields = [] } = message;
    if (action === 'start') {
      running.set(id, message);
      if (type === activities.build) say(message.text ?? '');
    } else if (action === 'stop') running.delete(id);
    else if (action === 'result' && type === results.progress)
      progress.set(id, { done: Number(fields[0]), expected: Number(fields[1]) });
    else if (action === 'result' && type === results.buildLogLine)
      say(`  ${printable(String(fields[0]))}`);
    else if (action === 'msg') {
      if (message.level === 0 && message.raw_msg !== undefined) errors.push(message);
      if ((message.level ?? 0) <= 3) say(printable(message.msg ?? ''));
    }
  };
  return {
    line: (line) => {
      const message = parseMessage(line);
      if (message) take(message);
      else if (line !== '') say(printable(line));
    },
    activity: () => activityOf([...running.values()], progress),
    text: () => text,
    problem: (root, description) => problemOf(errors, { text, root, description }),
  };
}

function parseMessage(line: string): Message | null {
  if (!line.startsWith('@nix ')) return null;
  try {
    // A process id and a count in one number: more than a double holds.
    return JSON.parse(line.slice(5).replace(/"(id|parent)":(\d+)/g, '"$1":"$2"')) as Message;
  } catch {
    return null;
  }
}

function activityOf(
  running: readonly Message[],
  progress: ReadonlyMap<string, Progress>,
): string | null {
  const sum = (type: number): Progress => {
    const all = running.filter((one) => one.type === type).map(({ id = '' }) => progress.get(id));
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
  const [name] = builds.flatMap(({ fields }) => nameOf(String(fields?.[0] ?? '')));
  if (name === undefined) return null;
  return builds.length > 1 ? `building ${name} and ${builds.length - 1} more` : `building ${name}`;
}

/** `yosys-0.33` of a derivation's path. */
function nameOf(path: string): string[] {
  const [, name] = /^\/nix\/store\/[0-9a-z]{32}-(.+?)(\.drv)?$/.exec(path) ?? [];
  return name === undefined ? [] : [name];
}

function problemOf(
  errors: readonly Message[],
  { text, root, description }: { text: string; root: string; description: string },
): Problem | null {
  const [error] = errors;
  if (!error && text.trim() === '') return null;
  const message = error ? printable(error.raw_msg ?? '') : lastLine(text);
  const place = (error && ownPlace(error)) ?? lastPlaceIn(printable(error?.msg ?? text), root);
  return {
    ...(place ?? { path: description, line: 1, column: null }),
    severity: 'error',
    message: withReason(message, printable(error?.msg ?? '')),
    source: 'nix',
  };
}

function ownPlace({ file, line, column }: Message) {
  // Nix 2.26 writes the place into the name.
  const path = file?.replace(/:\d+:\d+$/, '');
  return path?.startsWith('/') ? { path, line: line ?? 1, column: column ?? null } : null;
}

/** In a trace the innermost frame is last; one in the project says more than one in nixpkgs. */
function lastPlaceIn(trace: string, root: string) {
  const places = [...trace.matchAll(/\bat (\/[^\s:]+):(\d+):(\d+)/g)];
  const inside = places.filter(([, path = '']) => !relative(root, path).startsWith('..'));
  const [, path, line, column] = inside.at(-1) ?? [];
  return path ? { path, line: Number(line), column: Number(column) } : null;
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
  return text.replace(/\u001b\[[0-9;]*m/g, '').replace(/[\u0000-\u0008\u000b-\u001f]/g, '');
}

/** The machine has no nixpkgs: no fault of the project's. */
export function lacksNixpkgs(text: string): boolean {
  return /file '?nixpkgs'? was not found in the Nix search path/.test(text);
}
