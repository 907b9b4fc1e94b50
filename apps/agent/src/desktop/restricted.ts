/** A folder that is not trusted: it can be read, searched and edited, and nothing of it runs. */
import { fault } from '@joh/protocol';
import type { ProjectServices } from '#connections';
import { refuseWayOut } from './boundary.ts';

const untrusted = 'this folder is not trusted';

/** The services without those that run what the folder says. */
export function restricted(services: ProjectServices): ProjectServices {
  const { root, files, terminals, builds, simulations, sourceControl } = services;
  const off = (action: string) => async (): Promise<never> => {
    throw fault('E_FOLDER_UNTRUSTED', { action });
  };
  const within = (path: string) => refuseWayOut(root, path);
  // Hooks, filters and `core.fsmonitor` of a repository are programs, which already `git status` runs.
  const git = off('source control');
  const none = Object.fromEntries(Object.keys(sourceControl).map((verb) => [verb, git]));
  return {
    ...services,
    shell: { ...services.shell, environment: off('running programs') },
    terminals: { ...terminals, create: off('opening terminals') },
    builds: {
      ...builds,
      start: off('building'),
      // Where the record and joh.json should be, anything may be.
      latest: async () => null,
      builders: async () => ({
        chosen: 'tools',
        offers: [{ builder: 'tools', missing: untrusted }],
      }),
    },
    simulations: { ...simulations, compile: off('compiling for the virtual board') },
    sourceControl: none as unknown as ProjectServices['sourceControl'],
    files: {
      stat: files.stat,
      list: async (path) => {
        await within(path);
        return files.list(path);
      },
      makeDirectory: async (path) => {
        await within(path);
        await files.makeDirectory(path);
      },
      remove: async (path, recursive) => {
        await within(above(path));
        await files.remove(path, recursive);
      },
      rename: async (from, to, overwrite) => {
        await Promise.all([within(above(from)), within(above(to))]);
        await files.rename(from, to, overwrite);
      },
      copy: async (from, to, overwrite) => {
        await Promise.all([within(above(from)), within(above(to))]);
        await files.copy(from, to, overwrite);
      },
    },
  };
}

/** Verbs about a link itself, not about what it leads to, are good as long as its folder is. */
function above(path: string): string {
  return path.replace(/\/+[^/]*\/*$/, '') || '/';
}
