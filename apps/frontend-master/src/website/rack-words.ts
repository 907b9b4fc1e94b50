/** How the operator's page writes numbers, times and states. Pure: FM and the page's script share it. */
import type { ContainerClass, ContainerState, Node, NodeState } from '@joh/protocol';

/** What the page shows besides the rack itself. */
export interface RackView {
  /** Nodes whose details are open. */
  open: ReadonlySet<string>;
  /** Events of this node alone; null: of all. */
  eventsOf: string | null;
  /** Only decisions that are not everyday ones. */
  isUnusualOnly: boolean;
  /** FM does not know where its reader is; the page does. */
  zone: 'utc' | 'local';
}

export const firstView: RackView = {
  open: new Set(),
  eventsOf: null,
  isUnusualOnly: false,
  zone: 'utc',
};

export const classes: readonly ContainerClass[] = ['standard', 'burst'];

export const nodeWords: Readonly<Record<NodeState, string>> = {
  ready: 'Ready',
  draining: 'Draining',
  quarantined: 'Quarantined',
  unreachable: 'Silent',
};

/** A machine that joined is called as its operator called it; others as they call themselves. */
export function titleOf({ id, name, address }: Pick<Node, 'id' | 'name' | 'address'>): string {
  return address === null ? name : id;
}

/** In the order in which slots stand in a bay, so that a bay reads like a level. */
export const slotStates = ['claimed', 'warm', 'starting', 'quarantined', 'gone', 'free'] as const;
export type SlotState = ContainerState | 'free';
export const slotWords: Readonly<Record<SlotState, string>> = {
  claimed: 'in use',
  warm: 'warm',
  starting: 'starting',
  quarantined: 'given up',
  gone: 'being destroyed',
  free: 'free',
};

/** `128 GB`, `512 MB`: of 1024, as memory is sold. */
export function memory(bytes: number): string {
  const gib = bytes / 1024 ** 3;
  if (gib < 1) return `${Math.round(bytes / 1024 ** 2)} MB`;
  return `${gib < 10 ? Math.round(gib * 10) / 10 : Math.round(gib)} GB`;
}

export function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}

/** `0.4 s`, `12 s`, `3 min 20 s`, `2 h 5 min`. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.floor(ms / 1_000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} days`;
}

/** `14:03:59`, with the day when it is not that of `now`. */
export function clockTime(at: string, now: string, zone: RackView['zone']): string {
  const date = new Date(at);
  const options: Intl.DateTimeFormatOptions = {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
    ...(zone === 'utc' ? { timeZone: 'UTC' } : {}),
  };
  const isToday = Math.abs(new Date(now).getTime() - date.getTime()) < 18 * 3_600_000;
  if (!isToday) Object.assign(options, { day: '2-digit', month: 'short' });
  return new Intl.DateTimeFormat('en-GB', options).format(date);
}

/** The part of an image's reference that tells two apart: the tag, or the head of the digest. */
export function imageName(image: string): string {
  const digest = /@sha256:([0-9a-f]{12})/.exec(image)?.[1];
  if (digest) return digest;
  return image.split('/').at(-1) ?? image;
}

/** `container_1f2e3d…` is long; its last characters tell it from its neighbours. */
export function shortId(id: string): string {
  const [kind = '', rest = ''] = id.split('_');
  return rest.length > 8 ? `${kind} …${rest.slice(-6)}` : id;
}
