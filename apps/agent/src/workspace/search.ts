/** Search in the working copy, by ripgrep. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { type ChannelParams, fault, type TextMatch } from '@joh/protocol';
import { limits } from '#limits';
import { killGroup } from '#processes';
import { matchScore, parseMatch } from './search-lines.ts';

export interface Search {
  /** Throws `E_REQUEST_INVALID` with ripgrep's words for a bad pattern. */
  text(params: ChannelParams<'search.text'>, signal: AbortSignal): AsyncGenerator<TextMatch>;
  /** Absolute paths, best first. */
  files(params: ChannelParams<'search.files'>, signal: AbortSignal): Promise<string[]>;
}

/** `ripgrep` gives the program's path; it is asked at the first search. */
export function createSearch(options: { root: string; ripgrep: () => Promise<string> }): Search {
  return {
    text: async function* (params, signal) {
      let left = params.resultsMax;
      for await (const line of lines(options, textArguments(params), signal)) {
        const match = parseMatch(line);
        if (!match) continue;
        match.path = join(options.root, match.path);
        match.ranges = match.ranges.slice(0, left);
        left -= Math.max(1, match.ranges.length);
        yield match;
        if (left <= 0) return;
      }
    },
    files: async ({ query, excludes, resultsMax }, signal) => {
      const found: { path: string; score: number }[] = [];
      const args = ['--files', ...globs([], excludes)];
      for await (const path of lines(options, args, signal)) {
        const score = matchScore(path, query);
        if (score > 0) found.push({ path, score });
      }
      found.sort((a, b) => b.score - a.score || a.path.length - b.path.length);
      return found.slice(0, resultsMax).map(({ path }) => join(options.root, path));
    },
  };
}

function textArguments(params: ChannelParams<'search.text'>): string[] {
  return [
    '--json',
    '--crlf',
    params.caseSensitive ? '--case-sensitive' : '--ignore-case',
    ...(params.isRegex ? [] : ['--fixed-strings']),
    ...(params.wholeWord ? ['--word-regexp'] : []),
    ...globs(params.includes, params.excludes),
    '--regexp',
    params.pattern,
  ];
}

function globs(includes: readonly string[], excludes: readonly string[]): string[] {
  return [
    ...includes.flatMap((glob) => ['--glob', glob]),
    ...[...excludes, '.git'].flatMap((glob) => ['--glob', `!${glob}`]),
  ];
}

/** ripgrep's lines; leaving the loop early kills it. Exit code 1 is "nothing found" (rg(1)). */
async function* lines(
  { root, ripgrep }: { root: string; ripgrep: () => Promise<string> },
  args: string[],
  signal: AbortSignal,
): AsyncGenerator<string> {
  signal.throwIfAborted();
  const child = spawn(await ripgrep(), ['--no-config', '--hidden', ...args, './'], {
    cwd: root,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const stop = () => killGroup(child, 'SIGKILL');
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(limits.searchMs)]);
  deadline.addEventListener('abort', stop, { once: true });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(0, 2000);
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', (error) =>
      reject(fault('E_PROCESS_FAILED', { program: 'rg', reason: error.message })),
    );
    child.on('close', resolve);
  });
  ended.catch(() => undefined);
  let found = false;
  try {
    for await (const line of splitLines(child.stdout.setEncoding('utf8'))) {
      found = true;
      yield line;
    }
    const code = await ended;
    signal.throwIfAborted();
    if (code !== 0 && code !== 1 && !found) {
      throw fault('E_REQUEST_INVALID', { reason: complaint.trim() || 'the search did not end' });
    }
  } finally {
    deadline.removeEventListener('abort', stop);
    stop();
  }
}

/** Lines by `\n` alone: `node:readline` would also split at U+2028, which JSON may hold as it is. */
async function* splitLines(source: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = '';
  for await (const text of source) {
    const parts = (rest + text).split('\n');
    rest = parts.pop() ?? '';
    yield* parts;
  }
  if (rest !== '') yield rest;
}
