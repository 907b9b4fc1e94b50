/** What `joh` prints: lines for people, or with `--json` one object as the last line. */
import { isFault } from '@joh/protocol';

export interface Output {
  /** A line for people; silent with `--json`. */
  line(text: string): void;
  /** Progress, on standard error, so that piped output stays clean. */
  progress(text: string): void;
  /** The command's result: printed as the last line with `--json`. */
  result(value: Record<string, unknown>): void;
  /** Explains a failure. */
  failure(error: unknown): void;
}

/** Makes the output of one run. */
export function createOutput(
  json: boolean,
  stdout: NodeJS.WritableStream,
  stderr: NodeJS.WritableStream,
): Output {
  return {
    line: (text) => {
      if (!json) stdout.write(`${text}\n`);
    },
    progress: (text) => stderr.write(`${text}\n`),
    result: (value) => {
      if (json) stdout.write(`${JSON.stringify(value)}\n`);
    },
    failure: (error) => {
      if (json) stdout.write(`${JSON.stringify({ error: failureBody(error) })}\n`);
      stderr.write(`${describeFailure(error)}\n`);
    },
  };
}

function failureBody(error: unknown): unknown {
  return isFault(error) ? error.body() : { code: 'E_INTERNAL', message: messageOf(error) };
}

/** A failure in the words of the error table: what happened, what was kept, what to do. */
export function describeFailure(error: unknown): string {
  if (!isFault(error)) return messageOf(error);
  const { code, message, kept, todo } = error.body();
  return `${message}\n${kept}\n${todo} (${code})`;
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : '';
  return `${error.message}${cause}`;
}

/** Aligns rows into columns two spaces apart. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, cell.length);
    });
  }
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
