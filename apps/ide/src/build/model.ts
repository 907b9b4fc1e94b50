/** A build as the Build view shows it: folded from its events; pure. */
import type { Build, BuildEvent, Problem } from '@joh/protocol';

export interface Stage {
  name: string;
  message: string;
  /** Monotonic times. */
  startedMs: number;
  endedMs: number | null;
  /** Others go on beside it; it has ended when its own end is told. */
  isParallel: boolean;
  /** Null while it goes on. */
  outcome: 'done' | 'failed' | 'stopped' | null;
  log: string;
}

interface Count {
  done: number;
  expected: number;
}

export interface BuildProgress {
  state: 'running' | 'succeeded' | 'failed' | 'cancelled';
  startedMs: number;
  stages: Stage[];
  problems: Problem[];
  /** Derivations and store paths, of a build by Nix. */
  counts: { built: Count; fetched: Count } | null;
  /** Once it is done. */
  build: Build | null;
  /** From the click to the end as seen here, or as the agent says when it was not. */
  durationMs: number | null;
}

/** A log longer than this loses its beginning: the end tells why a build failed. */
export const stageLogCharactersMax = 400_000;

export function startedBuild(nowMs: number): BuildProgress {
  return {
    state: 'running',
    startedMs: nowMs,
    stages: [],
    problems: [],
    counts: null,
    build: null,
    durationMs: null,
  };
}

/** A build that was over before this page came. */
export function finishedBuild(build: Build): BuildProgress {
  const { state, problems, durationMs } = build;
  return { state, startedMs: 0, stages: [], problems, counts: null, build, durationMs };
}

export function advance(progress: BuildProgress, event: BuildEvent, nowMs: number): BuildProgress {
  switch (event.type) {
    case 'stage': {
      const { stage: name, message, isParallel = false } = event;
      const known = progress.stages.some((stage) => stage.name === name);
      const stages = progress.stages.map((stage) => {
        if (stage.name === name) return { ...stage, message };
        if (stage.endedMs !== null || stage.isParallel) return stage;
        return { ...stage, endedMs: nowMs, outcome: 'done' as const };
      });
      const open = { startedMs: nowMs, endedMs: null, outcome: null };
      if (!known) stages.push({ name, message, ...open, isParallel, log: '' });
      return { ...progress, stages };
    }
    case 'ended':
      return {
        ...progress,
        stages: progress.stages.map((stage) =>
          stage.name === event.stage ? { ...stage, endedMs: nowMs, outcome: event.outcome } : stage,
        ),
      };
    case 'progress':
      return { ...progress, counts: { built: event.built, fetched: event.fetched } };
    case 'log': {
      const { stage: name, text } = event;
      const stages = progress.stages.some((stage) => stage.name === name)
        ? progress.stages
        : advance(progress, { type: 'stage', stage: name, message: name }, nowMs).stages;
      return {
        ...progress,
        stages: stages.map((stage) =>
          stage.name === name ? { ...stage, log: appended(stage.log, text) } : stage,
        ),
      };
    }
    case 'problem':
      return { ...progress, problems: [...progress.problems, event.problem] };
    case 'done':
      return {
        ...progress,
        state: event.build.state,
        build: event.build,
        durationMs: Math.max(nowMs - progress.startedMs, event.build.durationMs ?? 0),
        problems: event.build.problems,
        stages: progress.stages.map((stage) => ({
          ...stage,
          endedMs: stage.endedMs ?? nowMs,
          outcome: stage.outcome ?? lastOutcome[event.build.state],
        })),
      };
  }
}

/** Of the stage that was at work when the build ended. */
const lastOutcome = {
  running: null,
  succeeded: 'done',
  failed: 'failed',
  cancelled: 'stopped',
} as const;

function appended(log: string, text: string): string {
  const whole = log + (text.endsWith('\n') ? text : `${text}\n`);
  return whole.length > stageLogCharactersMax ? `…\n${whole.slice(-stageLogCharactersMax)}` : whole;
}

/** `0.4 s`, `12.3 s`, `2 min 5 s`. */
export function duration(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
}

export interface BuildLabel {
  icon: string;
  text: string;
}

/** The build in a few words, for the status bar and the top of the view. */
export function buildLabel(progress: BuildProgress | null, nowMs: number): BuildLabel {
  if (!progress) return { icon: 'tools', text: 'Build' };
  const { state, stages, durationMs } = progress;
  const took = durationMs === null ? '' : ` in ${duration(durationMs)}`;
  if (state === 'running') {
    const since = duration(nowMs - progress.startedMs);
    const stage = stages.findLast(({ endedMs }) => endedMs === null) ?? stages.at(-1);
    const counts = progress.counts ? `${countsLabel(progress.counts)}: ` : '';
    const doing = stage ? stage.message : 'Starting the build';
    return { icon: 'sync~spin', text: `${counts}${doing} (${since})` };
  }
  if (state === 'succeeded') return { icon: 'check', text: `Built${took}` };
  if (state === 'cancelled') return { icon: 'circle-slash', text: 'Build cancelled' };
  const errors = progress.problems.filter(({ severity }) => severity === 'error').length;
  const count = errors === 0 ? '' : `: ${errors} ${errors === 1 ? 'error' : 'errors'}`;
  return { icon: 'error', text: `Build failed${count}` };
}

/** `1 of 3 built, 4 of 14 fetched`. */
function countsLabel({ built, fetched }: { built: Count; fetched: Count }): string {
  const part = ({ done, expected }: Count, verb: string) =>
    expected === 0 ? [] : [`${done} of ${expected} ${verb}`];
  return [...part(built, 'built'), ...part(fetched, 'fetched')].join(', ');
}

/** `2 built, 14 fetched from the cache`: what Nix did, once it is done. */
export function nixLabel({ built, fetched }: NonNullable<Build['nix']>): string {
  if (built === 0 && fetched === 0) return 'Nothing to do: it was built before';
  const parts = built > 0 ? [`${built} built`] : [];
  if (fetched > 0) parts.push(`${fetched} fetched from the cache`);
  return parts.join(', ');
}

/** nextpnr's names of an iCE40's parts, in words (Lattice FPGA-TN-02006 and -02008). */
const resourceTitles: Record<string, string> = {
  ICESTORM_LC: 'Logic cells',
  ICESTORM_RAM: 'Block RAM',
  ICESTORM_SPRAM: 'Single-port RAM',
  ICESTORM_DSP: 'DSP blocks',
  ICESTORM_PLL: 'PLLs',
  ICESTORM_HFOSC: '48 MHz oscillator',
  ICESTORM_LFOSC: '10 kHz oscillator',
  SB_IO: 'I/O pins',
  SB_GB: 'Global buffers',
  SB_I2C: 'I²C blocks',
  SB_SPI: 'SPI blocks',
  SB_WARMBOOT: 'Warm boot',
  SB_RGBA_DRV: 'RGB LED driver',
  SB_LEDDA_IP: 'LED controller',
};

/** Anything else keeps its name. */
export function resourceTitle(resource: string): string {
  return resourceTitles[resource] ?? resource;
}

/** Slack of a clock against its target in percent; null without one. */
export function slackPercent(timing: Build['timing'][number]): number | null {
  if (timing.constraintMhz === null || timing.constraintMhz === 0) return null;
  return Math.round((timing.achievedMhz / timing.constraintMhz - 1) * 100);
}
