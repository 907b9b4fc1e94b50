/** What runs against the working copy, put together once. */
import type { Boards } from '#boards';
import { createBuilds } from '#builds';
import type { ProjectServices } from '#connections';
import { createLanguages } from '#languages';
import type { Nix } from '#nix';
import { createUntrustedShell, openProjectShell } from '#shells';
import { createSimulations } from '#simulations';
import { insideShell, type Terminals } from '#terminals';
import { createFiles, createSearch, createSourceControl, type Git } from '#workspace';
import type { AgentOptions } from './options.ts';

export type Project = Omit<ProjectServices, 'given'>;

export function createProject(
  options: Pick<
    AgentOptions,
    'clock' | 'random' | 'env' | 'version' | 'embedded' | 'runtime' | 'log'
  >,
  {
    root,
    git,
    terminals,
    boards,
    nix,
    isTrusted,
  }: {
    root: string;
    git: Git;
    terminals: Terminals;
    boards: Boards;
    nix: Nix;
    /** False: nothing that the folder says is evaluated, and only the product's own programs run. */
    isTrusted: boolean;
  },
): Project {
  const { clock, random, env, version, embedded } = options;
  const shell = isTrusted
    ? openProjectShell({
        ...options,
        root,
        nix,
        observer: embedded.observer ?? null,
      })
    : createUntrustedShell(env);
  return {
    root,
    version,
    clock,
    random,
    home: env.HOME ?? '/',
    userShell: env.SHELL ?? '/bin/sh',
    files: createFiles({ random }),
    search: createSearch({
      root,
      ripgrep: async () => (await import('@vscode/ripgrep')).rgPath,
    }),
    sourceControl: createSourceControl({ git, root }),
    terminals: insideShell(terminals, shell.terminal),
    boards,
    languages: createLanguages({
      clock,
      root: () => root,
      shell: shell.environment,
      embedded: embedded.languageServer,
    }),
    shell,
    simulations: createSimulations({ root, clock, env, embedded: embedded.tool }),
    builds: createBuilds({
      root,
      clock,
      random,
      environment: shell.environment,
      embedded: embedded.tool,
      // A build by Nix evaluates what the folder says.
      nix: isTrusted ? nix : null,
    }),
  };
}
