/** What yosys and nextpnr say, as problems with a place. Pure; tested with their real words. */
import { join } from 'node:path/posix';
import type { Problem } from '@joh/protocol';
import type { Step } from './steps.ts';

export interface Places {
  /** The project; the tools name files relative to it. */
  root: string;
  /** The file that nextpnr means by "on line". */
  constraints: string;
}

/** `src/top.v:3: ERROR: …`, and `src/top.v:3.5-3.9: Warning: …` of newer versions. */
const located = /^(\S.*?):(\d+)(?:\.(\d+)(?:-\d+\.\d+)?)?: (ERROR|Warning): (.+)$/;
const bare = /^(ERROR|Warning|Error): (.+)$/;
const onLine = /^(.*?) \(on line (\d+)\)$/;

const severityOf = (word: string) => (word === 'Warning' ? 'warning' : 'error');

/** The problem that a line of a tool's output tells, or null. */
export function problemOf(line: string, tool: Step['tool'], places: Places): Problem | null {
  const text = line.trimEnd();
  const place = located.exec(text);
  if (place) {
    const [, path = '', row, column, word = '', message = ''] = place;
    return {
      path: path.startsWith('/') ? path : join(places.root, path),
      line: Number(row),
      column: column === undefined ? null : Number(column),
      severity: severityOf(word),
      message,
      source: tool,
    };
  }
  const [, word, message = ''] = bare.exec(text) ?? [];
  if (word === undefined) return null;
  const inConstraints = tool === 'nextpnr-ice40' ? onLine.exec(message) : null;
  return {
    path: inConstraints ? join(places.root, places.constraints) : null,
    line: inConstraints ? Number(inConstraints[2]) : null,
    column: null,
    severity: severityOf(word),
    message: inConstraints?.[1] ?? message,
    source: tool,
  };
}

/** Whether two lines tell the same: yosys repeats its warnings at the end. */
export const isSameProblem = (a: Problem, b: Problem) =>
  a.path === b.path && a.line === b.line && a.message === b.message && a.source === b.source;
