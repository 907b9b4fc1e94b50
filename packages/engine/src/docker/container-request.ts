/** What is asked of Docker for one container: pure. */
import type { ContainerId, Resources } from '@joh/protocol';
import type { ContainerSpec } from '../engine.ts';
import { rootWithNix } from './nix-store.ts';

/** Labels on everything that is ours. `installation` keeps two FrontendMasters on one daemon apart. */
export const labels = {
  installation: 'joh.installation',
  container: 'joh.container',
  class: 'joh.class',
  /** The reference it was asked to run. Docker itself gives an id once the name means another image. */
  image: 'joh.image',
  /** Which of the image's user ids it runs as. */
  slot: 'joh.slot',
} as const;

/** User ids `firstUid` to `firstUid + slots - 1` have an entry in the image's /etc/passwd. */
export const firstUid = 20_000;
export const slots = 512;

/** Where a container writes that must not count as its memory. */
export const writableFolders = ['/home/joh', '/work'] as const;
export const processes = 512;
/** Not above the daemon's own, or the start fails. */
const openFiles = 4096;
/** A waveform that a forgotten simulation writes is stopped before it has filled the node's disk. */
const fileBytes = 8 * 2 ** 30;
export const ulimits = [
  { Name: 'nofile', Soft: openFiles, Hard: openFiles },
  { Name: 'core', Soft: 0, Hard: 0 },
  { Name: 'fsize', Soft: fileBytes, Hard: fileBytes },
];

/** In the name too, so that another installation's container cannot be meant by mistake. */
export function containerName(installation: string, id: ContainerId): string {
  return `joh-${installation}-${id}`;
}

/** The lowest slot that nobody holds; null when all are taken. */
export function freeSlot(taken: ReadonlySet<number>): number | null {
  for (let slot = 0; slot < slots; slot++) if (!taken.has(slot)) return slot;
  return null;
}

export interface ContainerRequestOptions {
  image: string;
  network: string;
  installation: string;
  slot: number;
  /** Whether the image has a Nix store that its container adds to. */
  hasNix: boolean;
}

/**
 * The body of `POST /containers/create`. Each container runs as a user of its own, because the kernel
 * counts inotify instances per user across containers (inotify(7)): the first would take them all.
 */
export function containerRequest(spec: ContainerSpec, options: ContainerRequestOptions) {
  const uid = firstUid + options.slot;
  return {
    Image: options.image,
    User: `${uid}:${uid}`,
    Hostname: 'joh',
    Env: environmentOf(spec),
    Labels: labelsOf(spec, options),
    HostConfig: {
      ...hardening,
      ...(options.hasNix ? rootWithNix : { ReadonlyRootfs: true }),
      ...limitsAsked(spec.resources),
      NetworkMode: options.network,
      Tmpfs: {
        '/run': `rw,nosuid,nodev,exec,size=16m,mode=0755,uid=${uid},gid=${uid}`,
        '/tmp': 'rw,nosuid,nodev,exec,size=128m,mode=1777',
      },
      // Anonymous, so they are removed with the container; on disk, since a tmpfs eats its memory.
      Mounts: writableFolders.map((Target) => ({ Type: 'volume', Target })),
    },
  };
}

/** By which it is found again, whoever made it. */
export function labelsOf(spec: ContainerSpec, options: ContainerRequestOptions) {
  return {
    [labels.installation]: options.installation,
    [labels.container]: spec.id,
    [labels.class]: spec.class,
    [labels.image]: options.image,
    [labels.slot]: String(options.slot),
  };
}

/** What the container's processes are told, `name=value` each. */
export function environmentOf({ environment, resources }: ContainerSpec): string[] {
  const { cores, memoryBytes } = resources;
  const limits = { JOH_CORES: String(cores), JOH_MEMORY_BYTES: String(memoryBytes) };
  return Object.entries({ ...environment, ...limits }).map(([name, value]) => `${name}=${value}`);
}

function limitsAsked({ cores, memoryBytes }: Resources) {
  return {
    NanoCpus: Math.round(cores * 1e9),
    CpuShares: Math.max(2, Math.round(cores * 1024)),
    Memory: memoryBytes,
    // Equal: no swap.
    MemorySwap: memoryBytes,
  };
}

const hardening = {
  Init: false,
  RestartPolicy: { Name: 'no' },
  Privileged: false,
  CapDrop: ['ALL'],
  SecurityOpt: ['no-new-privileges'],
  PidsLimit: processes,
  Ulimits: ulimits,
  IpcMode: 'private',
  CgroupnsMode: 'private',
  // What the container prints is for finding out why it did not start.
  LogConfig: { Type: 'json-file', Config: { 'max-size': '1m', 'max-file': '1' } },
} as const;
