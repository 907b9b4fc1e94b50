/** Builds: what the Build view, `joh build` and the agent say to one another. */
import { z } from 'zod';

export const problem = z.object({
  /** Absolute path, or null when the tool named no file. */
  path: z.string().nullable(),
  /** 1-based, or null. */
  line: z.number().int().nullable(),
  column: z.number().int().nullable(),
  severity: z.enum(['error', 'warning', 'information']),
  /** The tool's own words. */
  message: z.string(),
  /** The tool: `yosys`, `nextpnr-ice40`, … */
  source: z.string(),
});

/** What a bitstream file says of itself. */
export const bitstreamInformation = z.object({
  path: z.string().nullable(),
  format: z.string(),
  /** `ice40`, `ecp5`, … */
  family: z.string(),
  /** `up5k`, `hx8k`, …; null where the format does not say. */
  device: z.string().nullable(),
  package: z.string().nullable(),
  sizeBytes: z.number().int(),
  /** The comment header, e.g. the tool's version; null if none. */
  comment: z.string().nullable(),
  crc: z.enum(['valid', 'invalid', 'absent']),
  /** When it was made, as the tool wrote it; null or missing where the format does not say. */
  date: z.string().nullable().optional(),
  /** Whether its configuration data are packed; missing where the format cannot. */
  compressed: z.boolean().optional(),
  /** The USB ids of a DFU suffix (USB DFU 1.1 appendix B); missing when there is none. */
  dfu: z.object({ vendorId: z.number().int(), productId: z.number().int() }).optional(),
});

export const utilisation = z.object({
  resource: z.string(),
  used: z.number(),
  available: z.number(),
});
export const timing = z.object({
  clock: z.string(),
  achievedMhz: z.number(),
  constraintMhz: z.number().nullable(),
});

export const build = z.object({
  id: z.string(),
  state: z.enum(['running', 'succeeded', 'failed', 'cancelled']),
  /** `native`: tools of the project's shell. `embedded`: the WebAssembly tool chain. */
  toolchain: z.enum(['native', 'embedded']),
  board: z.string().nullable(),
  startedAt: z.string(),
  durationMs: z.number().nullable(),
  bitstream: bitstreamInformation.nullable(),
  problems: z.array(problem),
  utilisation: z.array(utilisation),
  timing: z.array(timing),
  /** Why it failed, for people; null unless `failed`. */
  failure: z.string().nullable(),
});

export const buildEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('stage'), stage: z.string(), message: z.string() }),
  z.object({ type: z.literal('log'), stage: z.string(), text: z.string() }),
  z.object({ type: z.literal('problem'), problem }),
  z.object({ type: z.literal('done'), build }),
]);

/** `joh.json` at the top of a project: what to build and for which board. */
export const projectSettings = z.object({
  $schema: z.string().optional(),
  /** A board id of the board table. */
  board: z.string(),
  /** Top module. */
  top: z.string(),
  /** Globs relative to the project, in order. */
  sources: z.array(z.string()).min(1),
  /** Pin constraint file (PCF for iCE40). */
  constraints: z.string(),
  /** Target clock for place and route. */
  clockMhz: z.number().positive().optional(),
});

export type Problem = z.infer<typeof problem>;
export type BitstreamInformation = z.infer<typeof bitstreamInformation>;
export type Build = z.infer<typeof build>;
export type BuildEvent = z.infer<typeof buildEvent>;
export type ProjectSettings = z.infer<typeof projectSettings>;
