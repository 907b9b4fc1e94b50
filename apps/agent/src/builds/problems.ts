/** What the tools complain about, as problems with places. Pure. */
import { join } from 'node:path';
import type { Problem } from '@joh/protocol';
import { type ProjectFiles, projectFile } from './nix-places.ts';

export interface Places {
  /** The project's folder; the tools name files relative to it. */
  root: string;
  /** The file that nextpnr means by "on line"; null when the project names none. */
  constraints: string | null;
}

interface Complaint {
  path: string | null;
  line: number | null;
  column: number | null;
  severity: Problem['severity'];
  message: string;
  source: string;
}

const severityOf = (word: string | undefined) =>
  /^warning/i.test(word ?? '') ? 'warning' : 'error';
const located = (
  source: string,
  [, path = '', line, column, word, message = '']: readonly (string | undefined)[],
): Complaint => ({
  path,
  line: Number(line),
  column: column === undefined ? null : Number(column),
  severity: severityOf(word),
  message,
  source,
});

/** `src/top.v:3: ERROR: …`, and `src/top.v:3.5-3.9: Warning: …` of newer versions of yosys. */
const yosysPlace = /^(\S.*?):(\d+)(?:\.(\d+)(?:-\d+\.\d+)?)?: (ERROR|Warning): (.+)$/;
const bareLine = /^(ERROR|Warning|Error): (.+)$/;
const onLine = /^(.*?) \(on line (\d+)\)$/;
/** `src/a.vhd:4:54: …`, `src/a.vhd:1:1:warning: …`; newer versions write `error` too. */
const ghdlPlace = /^(\S.*?):(\d+):(\d+):\s?(error|warning)?:?\s?([^@\s].*)$/;
/** `test/a_tb.vhd:4:47:@5ns:(assertion error): …`. */
const ghdlRun =
  /^(\S.*?):(\d+):(\d+):@[^:]+:\((?:assertion|report) (error|failure|warning)\): (.+)$/;
const ghdlBare = /^\S*ghdl\S*:(error|warning): (.+)$/;
/** `%Warning-WIDTH: src/a.sv:2:30: …`; a running model says `[6] %Error: a.sv:2: …`. */
const verilatorPlace =
  /^(?:\[\d+\] )?%(Error|Warning)(?:-[A-Z0-9_]+)?: ([^\s:][^:]*):(\d+)(?::(\d+))?: (.+)$/;
/** `src/a.sv:3: error: …`, `src/a.sv:3: syntax error`. */
const iverilogPlace = /^(\S.*?):(\d+): (?:(error|warning|sorry): (.+)|(syntax error.*))$/;
/** `FATAL: test/a_tb.sv:2: …`, of a running model. */
const vvpPlace = /^(ERROR|FATAL|WARNING): (\S.*?):(\d+): (.+)$/;
/** gcc and clang. */
const compilerPlace = /^(\S.*?):(\d+):(\d+): (?:fatal )?(error|warning): (.+)$/;

type Match = (text: string) => Complaint | null;

const yosys =
  (source: string): Match =>
  (text) => {
    const found = yosysPlace.exec(text);
    return found && located(source, found);
  };
const bare =
  (source: string): Match =>
  (text) => {
    const [, word, message = ''] = bareLine.exec(text) ?? [];
    if (word === undefined) return null;
    const nowhere = { path: null, line: null, column: null };
    return { ...nowhere, severity: severityOf(word), message, source };
  };
const ghdl: Match = (text) => {
  const found = ghdlRun.exec(text) ?? ghdlPlace.exec(text);
  if (found) return located('ghdl', found);
  const [, word, message = ''] = ghdlBare.exec(text) ?? [];
  // What follows from the complaint before it.
  if (word === undefined || /^(assertion|simulation) failed$/.test(message)) return null;
  const nowhere = { path: null, line: null, column: null };
  return { ...nowhere, severity: severityOf(word), message, source: 'ghdl' };
};
const verilator: Match = (text) => {
  const [, word, path, line, column, message] = verilatorPlace.exec(text) ?? [];
  // What follows from the complaint before it.
  if (path === undefined || message === 'Verilog $stop') return null;
  return located('verilator', [text, path, line, column, word, message]);
};
const iverilog: Match = (text) => {
  const [, path, line, word, message, syntax] = iverilogPlace.exec(text) ?? [];
  if (path === undefined) return null;
  return located('iverilog', [text, path, line, undefined, word, message ?? syntax]);
};
const vvp: Match = (text) => {
  const [, word, path, line, message] = vvpPlace.exec(text) ?? [];
  if (path === undefined) return null;
  return located('iverilog', [text, path, line, undefined, word, message]);
};
const compiler: Match = (text) => {
  const found = compilerPlace.exec(text);
  return found && located('gcc', found);
};

/** By tool, the first that matches counts. */
const matchers: Readonly<Record<string, readonly Match[]>> = {
  yosys: [yosys('yosys'), bare('yosys')],
  'nextpnr-ice40': [yosys('nextpnr-ice40'), bare('nextpnr-ice40')],
  icepack: [yosys('icepack'), bare('icepack')],
  'nextpnr-ecp5': [yosys('nextpnr-ecp5'), bare('nextpnr-ecp5')],
  ecppack: [bare('ecppack')],
  ghdl: [ghdl],
  verilator: [verilator, compiler],
  iverilog: [iverilog],
  vvp: [vvp],
};

/** Of a log that does not say whose it is; GHDL's form without a word is told by the file's ending. */
const anyTool: readonly Match[] = [
  verilator,
  compiler,
  (text) => (/^\S.*\.vhdl?:\d/i.test(text) ? ghdl(text) : null),
  yosys('yosys'),
  vvp,
  iverilog,
  bare('build'),
];

const firstOf = (list: readonly Match[], text: string): Complaint | null => {
  for (const match of list) {
    const found = match(text);
    if (found) return found;
  }
  return null;
};

/** The problem that a line of a tool's output tells, or null. */
export function problemOf(line: string, tool: string, places: Places): Problem | null {
  const complaint = firstOf(matchers[tool] ?? anyTool, line.trimEnd());
  if (!complaint) return null;
  if (complaint.path === null)
    return tool.startsWith('nextpnr-') ? inConstraints(complaint, places) : complaint;
  const { path } = complaint;
  return { ...complaint, path: path.startsWith('/') ? path : join(places.root, path) };
}

/**
 * The problem that a line in a derivation's log tells. Only the project's own files are named: what a
 * dependency's compiler thinks of its sources is nobody's problem here, and so null.
 */
export function problemInLog(line: string, places: Places, files: ProjectFiles): Problem | null {
  const complaint = firstOf(anyTool, line.trimEnd());
  if (!complaint) return null;
  if (complaint.path === null) return inConstraints(complaint, places);
  const path = projectFile(complaint.path, files);
  return path === null ? null : { ...complaint, path };
}

/** nextpnr names the line of the constraints file, and not the file. */
function inConstraints(complaint: Complaint, { root, constraints }: Places): Problem {
  const [, message, line] = onLine.exec(complaint.message) ?? [];
  if (message === undefined || constraints === null) return complaint;
  return { ...complaint, path: join(root, constraints), line: Number(line), message };
}

/** Whether two lines tell the same: yosys repeats its warnings at the end. */
export const isSameProblem = (a: Problem, b: Problem) =>
  a.path === b.path && a.line === b.line && a.message === b.message && a.source === b.source;
