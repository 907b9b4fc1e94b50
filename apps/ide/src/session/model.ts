/** What the session shows of itself; pure. */
import type { SourceControlStatus, TelemetrySample } from '@joh/protocol';
import type { Connection } from '../agent/connection.ts';

export interface Banner {
  severity: 'warning' | 'error';
  text: string;
  /** What the button beside it does; null for none. */
  action: 'reload' | 'leave' | null;
}

/** Ends that a reload cannot heal. */
const finalCodes = ['E_SESSION_ENDED', 'E_SESSION_UNKNOWN', 'E_ACCOUNT_SIGNED_OUT'];

/** A cut shorter than this is not worth a word: most heal at the first try. */
const cutQuietMs = 800;

/** What is said across the window about the connection; null while all is well. */
export function bannerOf(connection: Connection, nowMs: number): Banner | null {
  if (connection.state === 'ended') {
    const { code, message, kept, todo } = connection.fault;
    const action = finalCodes.includes(code) ? 'leave' : 'reload';
    return { severity: 'error', text: `${message} ${kept} ${todo}`, action };
  }
  if (connection.state !== 'cut') return null;
  if (nowMs - connection.sinceMs < cutQuietMs) return null;
  const kept = 'You can go on typing: unsaved text is kept on this computer.';
  if (connection.retryAtMs === null)
    return {
      severity: 'warning',
      text: `Connection lost. ${kept} Connecting again…`,
      action: null,
    };
  const seconds = Math.max(0, Math.ceil((connection.retryAtMs - nowMs) / 1000));
  const when = seconds === 0 ? 'now' : `in ${seconds} s`;
  const text = `Connection lost. ${kept} Connecting again ${when}.`;
  return { severity: 'warning', text, action: null };
}

/** The connection in two words, for the status bar. */
export function connectionLabel(connection: Connection): { icon: string; text: string } {
  if (connection.state === 'connected') return { icon: 'vm-active', text: 'Connected' };
  if (connection.state === 'connecting') return { icon: 'sync~spin', text: 'Connecting' };
  if (connection.state === 'cut') return { icon: 'debug-disconnect', text: 'Reconnecting' };
  return { icon: 'circle-slash', text: 'Session ended' };
}

export type Level = 'ordinary' | 'warning' | 'error';

export interface Meter {
  text: string;
  /** For screen readers and hovers. */
  label: string;
  level: Level;
}

/** Colours at 80 % and 95 %: early enough to act, late enough not to nag. */
export function levelOf(fraction: number): Level {
  if (fraction >= 0.95) return 'error';
  return fraction >= 0.8 ? 'warning' : 'ordinary';
}

/** What became of what Nix built here, in a sentence; null when there is nothing to say. */
function cacheLabel({ cache }: TelemetrySample): string | null {
  if (!cache) return null;
  const { waiting, pushed, failed } = cache;
  const parts = [
    ...(pushed > 0 ? [`${pushed} copied`] : []),
    ...(waiting > 0 ? [`${waiting} to go`] : []),
    ...(failed > 0 ? [`${failed} given up`] : []),
  ];
  return parts.length === 0 ? null : `Nix cache: ${parts.join(', ')}`;
}

/** A container's use of what it may use. */
export function meters(sample: TelemetrySample): { cpu: Meter; memory: Meter } {
  const cores = `${sample.cpuCores.toFixed(1)} / ${trim(sample.cpuLimitCores)} cores`;
  const cpuPercent = Math.round((100 * sample.cpuCores) / sample.cpuLimitCores);
  const memory = `${gigabytes(sample.memoryBytes)} / ${gigabytes(sample.memoryLimitBytes)} GB`;
  const fraction = sample.memoryBytes / sample.memoryLimitBytes;
  const cache = cacheLabel(sample);
  const below = cache === null ? '' : `\n${cache}`;
  // A label begins with the text: who says what they see is understood (WCAG 2.2 §2.5.3).
  return {
    cpu: {
      text: `CPU ${cpuPercent} %`,
      label: `CPU ${cpuPercent} %: ${cores} in use${below}`,
      // All of it in use is what a build is for; of memory it would be the end.
      level: sample.cpuCores >= 0.95 * sample.cpuLimitCores ? 'warning' : 'ordinary',
    },
    memory: {
      text: `RAM ${memory}`,
      label: `RAM ${memory} in use (${Math.round(fraction * 100)} %)${below}`,
      level: levelOf(fraction),
    },
  };
}

function gigabytes(bytes: number): string {
  return trim(bytes / 1024 ** 3);
}

/** At most one decimal, none when it is a whole number. */
function trim(value: number): string {
  return value >= 10 || Number.isInteger(value) ? String(Math.round(value)) : value.toFixed(1);
}

/** What would be gone with the container, in a sentence; null when everything is pushed. */
export function lossOf(status: SourceControlStatus, unsaved: number): string | null {
  const count = (number: number, one: string, many: string) =>
    number === 0 ? [] : [`${number} ${number === 1 ? one : many}`];
  const parts = [
    ...count(unsaved, 'file is not saved', 'files are not saved'),
    ...count(status.files.length, 'change is not committed', 'changes are not committed'),
    ...count(status.ahead, 'commit is not pushed', 'commits are not pushed'),
  ];
  if (parts.length === 0) return null;
  return `${parts.join(', ')}: only what is pushed is kept.`;
}
