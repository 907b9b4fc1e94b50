/** Where a container of the local engine keeps what. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { ContainerId } from '@joh/protocol';
import { limits } from '../limits.ts';

export interface Places {
  folder: string;
  /** What was asked for, without the token. */
  record: string;
  /** Which process it became. */
  process: string;
  log: string;
  work: string;
  home: string;
  /** Mode 0700. Not always in `folder`: see `placesOf`. */
  run: string;
  bootToken: string;
  ptyHost: string;
}

/**
 * The folder is `<data>/containers/<id>`. A Unix socket's path is short (unix(7)), so where the data
 * directory lies deep, `run` is in the system's temporary folder instead.
 */
export function placesOf(data: string, temporary: string, id: ContainerId): Places {
  const folder = join(data, 'containers', id);
  const inside = join(folder, 'run');
  // Room for names of sockets that the agent makes.
  const fits = Buffer.byteLength(inside) + 24 <= limits.socketPathBytes;
  const hash = createHash('sha256').update(data).digest('hex').slice(0, 8);
  const run = fits ? inside : join(temporary, `joh-${hash}-${id}`);
  return {
    folder,
    record: join(folder, 'container.json'),
    process: join(folder, 'process.json'),
    log: join(folder, 'log'),
    work: join(folder, 'work'),
    home: join(folder, 'home'),
    run,
    bootToken: join(run, 'boot-token'),
    ptyHost: join(run, 'pty-host.sock'),
  };
}
