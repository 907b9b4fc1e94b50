/** The project's shell with all that it needs. */
import { join } from 'node:path';
import type { Nix } from '#nix';
import { createFrontendRecords } from './frontend-records.ts';
import { createKnownShells } from './known-shells.ts';
import {
  createProjectShell,
  type ProjectShell,
  type ProjectShellOptions,
} from './project-shell.ts';
import { createRecordFolder } from './record-folder.ts';

/** Its records are below the user's own caches, and at FrontendMaster where there is one. */
export function openProjectShell(
  options: Omit<ProjectShellOptions, 'known' | 'nix'> & {
    nix: Pick<Nix, 'version' | 'push' | 'frontend'>;
  },
): ProjectShell {
  const { env, clock, nix, log } = options;
  const caches = env.XDG_CACHE_HOME || join(env.HOME ?? '/', '.cache');
  const folder = join(caches, 'joy-of-hardware', 'shells');
  const records = createRecordFolder({ folder, clock });
  const frontend = createFrontendRecords({ frontend: nix.frontend, log });
  return createProjectShell({ ...options, known: createKnownShells({ records, frontend, clock }) });
}
