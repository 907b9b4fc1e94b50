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

/** One of the slowest ways from register to register, as lines of the sources. */
const timingPath = z.object({
  /** Clocks. */
  from: z.string(),
  to: z.string(),
  ns: z.number(),
  steps: z.array(
    z.object({
      /** The signal that the step ends at. */
      name: z.string(),
      /** Since the clock's edge. */
      ns: z.number(),
      /** Gone through on the way here. */
      gates: z.number().int(),
      path: z.string(),
      line: z.number().int(),
    }),
  ),
});

/** `tools`: the steps that `joh.json` describes. `nix-build`: what `default.nix` says. */
export const builder = z.enum(['tools', 'nix-build']);

/** Whether a project can be built that way, in this session. */
export const builderOffer = z.object({
  builder,
  /** Why not, for people; null when it can. */
  missing: z.string().nullable(),
});

/** What Nix did for a build. */
const nixFigures = z.object({
  /** Derivations built here. */
  built: z.number().int(),
  /** Store paths that a cache had. */
  fetched: z.number().int(),
  /** Store paths of the results. */
  outputs: z.array(z.string()),
});

export const build = z.object({
  id: z.string(),
  state: z.enum(['running', 'succeeded', 'failed', 'cancelled']),
  /** `native`: tools of the project's shell. `embedded`: the WebAssembly tool chain. `nix`: nix-build. */
  toolchain: z.enum(['native', 'embedded', 'nix']),
  board: z.string().nullable(),
  startedAt: z.string(),
  durationMs: z.number().nullable(),
  bitstream: bitstreamInformation.nullable(),
  problems: z.array(problem),
  utilisation: z.array(utilisation),
  timing: z.array(timing),
  /** Longest first; missing where the tools do not say. */
  paths: z.array(timingPath).optional(),
  /** Why it failed, for people; null unless `failed`. */
  failure: z.string().nullable(),
  /** Of nix-build alone. */
  nix: nixFigures.optional(),
  /** Every bitstream among the results, where there can be several; `bitstream` is the first. */
  artifacts: z.array(bitstreamInformation).optional(),
});

const count = z.object({ done: z.number().int(), expected: z.number().int() });

export const buildEvent = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('stage'),
    stage: z.string(),
    message: z.string(),
    /** Others go on beside it, and `ended` says when it is over; otherwise the next stage does. */
    isParallel: z.boolean().optional(),
  }),
  z.object({
    type: z.literal('ended'),
    stage: z.string(),
    /** `stopped`: before its end, because another failed or the build was cancelled. */
    outcome: z.enum(['done', 'failed', 'stopped']),
  }),
  z.object({ type: z.literal('log'), stage: z.string(), text: z.string() }),
  /** Derivations and store paths, as far as Nix knows yet. */
  z.object({ type: z.literal('progress'), built: count, fetched: count }),
  z.object({ type: z.literal('problem'), problem }),
  z.object({ type: z.literal('done'), build }),
]);

/** `joh.json` at the top of a project: what to build, how, and for which board. */
export const projectSettings = z.object({
  $schema: z.string().optional(),
  /** Default: the tools, when this file describes what they need. */
  builder: builder.optional(),
  /** A board id of the board table. Without one no bitstream is made. */
  board: z.string().optional(),
  /** Top module. */
  top: z.string().optional(),
  /** Globs relative to the project, in order. */
  sources: z.array(z.string()).min(1).optional(),
  /** Pin constraint file (PCF for iCE40, LPF for ECP5); a board needs it. */
  constraints: z.string().optional(),
  /** Target clock for place and route. */
  clockMhz: z.number().positive().optional(),
  /** Run before the bitstream is made; its failure is the build's. */
  testbench: z
    .object({
      tool: z.enum(['ghdl', 'verilator', 'iverilog']),
      /** Its top module or entity. */
      top: z.string(),
      /** Globs of its own files, beside `sources`. */
      sources: z.array(z.string()).min(1),
      /** Records the signals: of GHDL all, of the others what $dumpvars says. */
      waves: z.boolean().optional(),
    })
    .optional(),
});

export type Problem = z.infer<typeof problem>;
export type BitstreamInformation = z.infer<typeof bitstreamInformation>;
export type TimingPath = z.infer<typeof timingPath>;
export type Builder = z.infer<typeof builder>;
export type BuilderOffer = z.infer<typeof builderOffer>;
export type Build = z.infer<typeof build>;
export type BuildEvent = z.infer<typeof buildEvent>;
export type ProjectSettings = z.infer<typeof projectSettings>;
