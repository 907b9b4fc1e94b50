/**
 * Nix's machine-readable log, `--log-format internal-json`: a message a line, after `@nix `. Pure.
 *
 * The numbers are those of `ActivityType` and `ResultType` in Nix's `src/libutil/logging.hh`; they are the
 * same from Nix 2.8 to 2.26, and later ones only add to them.
 */
import { z } from 'zod';

/** What is going on. Fields: `build` has the derivation, `substitute` the store path and the cache. */
export const activity = {
  fileTransfer: 101,
  realise: 102,
  copyPaths: 103,
  builds: 104,
  build: 105,
  substitute: 108,
} as const;

/** What is said of an activity. Fields of `progress`: done, expected, running, failed. */
export const outcome = {
  buildLogLine: 101,
  setPhase: 104,
  progress: 105,
  postBuildLogLine: 107,
} as const;

/** `Verbosity` in the same folder's `error.hh`. */
export const verbosity = { error: 0, warning: 1, talkative: 4 } as const;

/** A place in a Nix expression; 1-based. */
export interface NixPlace {
  file: string;
  line: number;
  column: number | null;
}

export type NixMessage =
  | { action: 'start'; id: string; type: number; text: string; fields: (string | number)[] }
  | { action: 'stop'; id: string }
  | { action: 'result'; id: string; type: number; fields: (string | number)[] }
  | {
      action: 'msg';
      level: number;
      /** As a person would see it, without colours. */
      text: string;
      /** Of an error or a warning that Nix knows more about: its own words alone. */
      raw: string | null;
      /** Where it happened, then what led there, innermost first. */
      places: NixPlace[];
    };

const fields = z.array(z.union([z.string(), z.number()])).default([]);
const place = z.object({
  file: z.string().nullish(),
  line: z.number().nullish(),
  column: z.number().nullish(),
});
const message = z.discriminatedUnion('action', [
  z.object({
    action: z.literal('start'),
    id: z.string(),
    type: z.number(),
    text: z.string().default(''),
    fields,
  }),
  z.object({ action: z.literal('stop'), id: z.string() }),
  z.object({ action: z.literal('result'), id: z.string(), type: z.number(), fields }),
  place.extend({
    action: z.literal('msg'),
    level: z.number(),
    msg: z.string(),
    raw_msg: z.string().nullish(),
    trace: z.array(place).default([]),
  }),
]);

const mark = '@nix ';
/**
 * An id is a process id shifted by 32 bits and a count: more than a double holds. Inside a string of
 * JSON the quotes would be escaped, so this finds ids only.
 */
const wideIds = /"(id|parent)":(\d+)/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: colours of a terminal start with Escape
const colours = /\u001b\[[0-9;]*m/g;

/** The message of a line; null when the line is something else. */
export function parseNixLine(line: string): NixMessage | null {
  if (!line.startsWith(mark)) return null;
  let value: unknown;
  try {
    value = JSON.parse(line.slice(mark.length).replace(wideIds, '"$1":"$2"'));
  } catch {
    return null;
  }
  const parsed = message.safeParse(value);
  if (!parsed.success) return null;
  if (parsed.data.action !== 'msg') return parsed.data;
  const { level, msg, raw_msg: raw, trace, ...own } = parsed.data;
  return {
    action: 'msg',
    level,
    text: withoutColours(msg),
    raw: raw == null ? null : withoutColours(raw),
    places: [own, ...trace].flatMap(placeOf),
  };
}

export const withoutColours = (text: string) => text.replaceAll(colours, '');

/** Nix 2.26 writes line and column after the file once more, and 0 where it knows none. */
function placeOf({ file, line, column }: z.infer<typeof place>): NixPlace[] {
  if (!file || !line) return [];
  return [{ file: file.replace(/:\d+(:\d+)?$/, ''), line, column: column || null }];
}
