import { existsSync } from 'node:fs';
import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Random } from '@joh/clock';
import { runGit } from '@joh/git-server';
import { fault, type ProjectId, type SessionId, type UserId } from '@joh/protocol';
import type { Logger, Store } from '#platform';
import { addMissingFiles, createBareRepository, folderOf } from './bare-repository.ts';
import type { CommitAuthor, RepositoryFile } from './fast-import.ts';
import { headCommit } from './head-commit.ts';
import { createSessionTokens, type SessionTokens } from './session-tokens.ts';
import { createTokenStore } from './store.ts';

/** The git repositories of projects, one bare repository each, named by the project's id. */
export interface Repositories {
  /** Folder of all repositories, absolute. */
  readonly root: string;
  /** Folder of one, relative to `root`. */
  folder(project: ProjectId): string;
  /** All or nothing. @throws {Fault} `E_REPOSITORY_FAILED`, `E_STORE_FULL`. */
  create(project: ProjectId, files: readonly RepositoryFile[], author: CommitAuthor): Promise<void>;
  /** Also ends the tokens. Idempotent. */
  remove(project: ProjectId): Promise<void>;
  /**
   * Makes sure that the repository exists with `shell.nix` (or the older name `nix.shell`) and
   * `default.nix` on its default branch; what is missing comes from the template, what is there is
   * never overwritten.
   */
  ensureProjectFiles(project: { id: ProjectId }, signal: AbortSignal): Promise<void>;
  mintSessionToken(grant: {
    session: SessionId;
    epoch: number;
    user: UserId;
    project: { id: ProjectId };
  }): Promise<string>;
  revokeSessionTokens(session: SessionId): Promise<void>;
  readonly tokens: SessionTokens;
  /** Packs what has piled up, one repository at a time, in the background. */
  collectGarbage(project: ProjectId): void;
  /** Removes what a crash left: half-made repositories and those without a project. */
  reconcile(isProject: (id: string) => Promise<boolean>): Promise<void>;
  /** Waits for background work, or ends it. */
  stop(): Promise<void>;
}

export interface RepositoriesOptions {
  root: string;
  store: Store;
  clock: Clock;
  random: Random;
  logger: Logger;
  /** All files of the template that a project was made from. */
  defaultFiles(project: ProjectId): Promise<readonly RepositoryFile[]>;
  limits: { gitCommandDeadlineMs: number; gitGarbageDeadlineMs: number };
}

/** What a session needs at the top of a project. */
const neededPaths: ReadonlySet<string> = new Set(['shell.nix', 'default.nix']);

/** Some 150 bytes each. */
const completeMax = 10_000;

/** Who commits what the product adds by itself. */
const product: CommitAuthor = { name: 'Joy of Hardware', email: 'noreply@joyofhardware.com' };

export function createRepositories(options: RepositoriesOptions): Repositories {
  const { root, clock, limits } = options;
  const tokens = createSessionTokens({ ...options, store: createTokenStore(options.store) });
  const garbage = createGarbageCollection(options);
  const deadline = () => AbortSignal.timeout(limits.gitCommandDeadlineMs);
  /** The commit of each project in which nothing was missing: looking again needs no git. */
  const complete = new Map<ProjectId, string>();
  const remember = (project: ProjectId, commit: string | null) => {
    if (complete.size >= completeMax) complete.clear();
    if (commit !== null) complete.set(project, commit);
  };
  return {
    root,
    tokens,
    folder: (project) => folderOf('', project),
    async create(project, files, author) {
      const folder = folderOf(root, project);
      const work = { folder, files, author, atMs: clock.now(), signal: deadline() };
      await createBareRepository(work);
      const names = new Set(files.map(({ path }) => path));
      const isComplete = [...neededPaths].every((path) => names.has(path));
      if (isComplete) remember(project, await headCommit(folder));
    },
    async remove(project) {
      complete.delete(project);
      await tokens.revokeOfProject(project);
      await removeFolder(root, folderOf('', project));
    },
    async ensureProjectFiles({ id }, signal) {
      const folder = folderOf(root, id);
      const head = await headCommit(folder);
      if (head !== null && complete.get(id) === head) return;
      const files = await options.defaultFiles(id);
      const work = { folder, author: product, atMs: clock.now(), signal };
      // What the user deleted of the template stays deleted, but for what a session cannot do without.
      const needed = files.filter(({ path }) => neededPaths.has(path));
      if (!existsSync(folder)) await createBareRepository({ ...work, files });
      else if ((await addMissingFiles({ ...work, files: needed, has })).length === 0) {
        remember(id, head);
      }
    },
    mintSessionToken: ({ project, ...grant }) => tokens.mint({ ...grant, project: project.id }),
    revokeSessionTokens: (session) => tokens.revoke(session),
    collectGarbage: garbage.ask,
    async reconcile(isProject) {
      for (const name of await readdir(root)) {
        const [, project] = /^(project_\w+)\.git$/.exec(name) ?? [];
        if (project === undefined || !(await isProject(project))) await removeFolder(root, name);
      }
    },
    stop: garbage.stop,
  };
}

/** The source document calls the shell's file `nix.shell`: a project that has one needs no other. */
function has(names: ReadonlySet<string>, { path }: RepositoryFile): boolean {
  return names.has(path) || (path === 'shell.nix' && names.has('nix.shell'));
}

/** Renamed first: a crash in between leaves nothing that looks like a repository. */
async function removeFolder(root: string, name: string): Promise<void> {
  const gone = join(root, `${name}.gone`);
  await rename(join(root, name), gone).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return;
    throw fault('E_REPOSITORY_FAILED', { reason: error.code ?? 'unknown' }, { cause: error });
  });
  await rm(gone, { recursive: true, force: true });
}

function createGarbageCollection({ root, logger, limits }: RepositoriesOptions) {
  const asked = new Set<ProjectId>();
  const end = new AbortController();
  let working: Promise<void> | null = null;
  const work = async () => {
    for (const project of asked) {
      asked.delete(project);
      // Decides by itself whether there is enough to do (gc.auto).
      const args = ['gc', '--auto', '--quiet'];
      const signal = AbortSignal.any([
        end.signal,
        AbortSignal.timeout(limits.gitGarbageDeadlineMs),
      ]);
      await runGit({ args, cwd: folderOf(root, project), signal }).catch((error: unknown) => {
        if (!end.signal.aborted) logger.warn({ err: error, project }, 'git gc failed');
      });
      if (end.signal.aborted) break;
    }
    working = null;
  };
  return {
    ask(project: ProjectId) {
      asked.add(project);
      working ??= work();
    },
    async stop() {
      end.abort();
      await working;
    },
  };
}
