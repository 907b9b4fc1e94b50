/** The agent: its parts put together. Reads no environment and makes no clock. */
import type { Clock, Random } from '@joh/clock';
import { type ContainerId, fault } from '@joh/protocol';
import { type Connections, createConnections, type ProjectServices } from '#connections';
import {
  type Control,
  createControl,
  createCredentialStore,
  createPreparation,
  dialStream,
  type Prepared,
} from '#control';
import { createLanguages } from '#languages';
import { limits } from '#limits';
import { createProjectShell } from '#processes';
import { createTelemetry, type Telemetry } from '#telemetry';
import { createTerminals, type Terminals } from '#terminals';
import {
  createFiles,
  createGit,
  createSearch,
  createSourceControl,
  prepareWorkingCopy,
} from '#workspace';

export interface AgentOptions {
  frontendUrl: string;
  container: ContainerId;
  version: string;
  bootTokenFile: string | null;
  bootToken: string | null;
  /** Folder of the working copies. */
  work: string;
  /** Folder for secrets and sockets, 0700. */
  runtime: string;
  ptyHost: { path: string; start: (() => void) | null };
  /** Environment of what the user runs. */
  env: Record<string, string>;
  given: { cores: number | null; memoryBytes: number | null };
  embeddedLanguageServer: readonly [string, ...string[]];
  clock: Clock;
  random: Random;
  log: (text: string) => void;
}

export interface Agent {
  /** Until the signal aborts, or FrontendMaster does not know the container any more. */
  run(signal: AbortSignal): Promise<'stopped' | 'refused'>;
}

export async function createAgent(options: AgentOptions): Promise<Agent> {
  const { clock, random, log, runtime, work, env } = options;
  const life = new AbortController();
  const git = createGit(env);
  const root = () => preparation.current()?.root ?? work;
  const terminals = createTerminals({
    hostPath: options.ptyHost.path,
    startHost: options.ptyHost.start,
    clock,
    env: () => env,
    root,
  });
  const connections = createConnections({ clock, random, onAttached: sayAttached, log });
  const preparation = await createPreparation({
    folder: runtime,
    work: (given) =>
      prepareWorkingCopy(given, {
        git,
        random,
        work,
        runtime,
        signal: life.signal,
        onProgress: (message, fraction) => {
          const progress = { stage: 'clone', message, fraction };
          void control.notify('progress', { session: given.session, progress });
        },
      }),
    onPrepared: (now) => connections.open(projectServices(options, { ...now, git, terminals })),
  });
  const telemetry = createTelemetry({
    clock,
    work: root,
    given: options.given,
    onWarning: ({ severity, text }) => connections.message(severity, text),
  });
  const control = createControl({
    ...options,
    credentials: createCredentialStore({ ...options, folder: runtime }),
    handlers: {
      ping: () => ({}),
      prepare: async (given) => ({ root: (await preparation.prepare(given)).root }),
      close: async ({ reason }) => {
        connections.close(reason);
        await terminals.shutdown().catch((error: unknown) => log(`close: ${error}`));
        return {};
      },
    },
    onDial: (stream, credential) => {
      const { frontendUrl } = options;
      dialStream({ frontendUrl, stream, credential, clock }).then(
        connections.tunnel.accept,
        (error: unknown) => log(`stream: ${error}`),
      );
    },
    onRegistered: () => sayAttached(connections.attached()),
  });

  function sayAttached(count: number) {
    const session = preparation.current()?.given.session;
    if (session) void control.notify('attached', { session, connections: count });
  }
  return {
    run: async (signal) => {
      const all = AbortSignal.any([signal, life.signal]);
      reportTelemetry({ clock, telemetry, control, connections, signal: all, log });
      const ending = await control.run(all);
      life.abort(fault('E_SESSION_ENDED'));
      await end(ending, { connections, terminals, ownsHost: options.ptyHost.start !== null });
      return ending;
    },
  };
}

/**
 * A stop leaves terminals to a host that something else keeps, so that an agent can be replaced
 * under them; a container that is over takes them along.
 */
async function end(
  ending: 'stopped' | 'refused',
  parts: { connections: Connections; terminals: Terminals; ownsHost: boolean },
): Promise<void> {
  const { connections, terminals } = parts;
  if (ending === 'refused') connections.close('the container has ended');
  if (ending === 'refused' || parts.ownsHost) await terminals.shutdown().catch(() => undefined);
  terminals.release();
}

/** A sample a second while someone looks, else as often as the heartbeat needs. */
function reportTelemetry(options: {
  clock: Clock;
  telemetry: Telemetry;
  control: Control;
  connections: Connections;
  signal: AbortSignal;
  log: (text: string) => void;
}): void {
  const { clock, telemetry, control, connections, signal } = options;
  let saidMs = Number.NEGATIVE_INFINITY;
  const report = async () => {
    const heartbeatMs = control.heartbeatMs();
    const isDue = heartbeatMs !== null && clock.monotonic() - saidMs >= heartbeatMs / 2;
    if (!isDue && connections.attached() === 0) return;
    const sample = await telemetry.sample();
    connections.telemetry(sample);
    if (!isDue) return;
    saidMs = clock.monotonic();
    await control.notify('telemetry', sample);
  };
  clock.every(limits.telemetryMs, report, signal, (error) => options.log(`telemetry: ${error}`));
}

function projectServices(
  options: AgentOptions,
  {
    given,
    root,
    git,
    terminals,
  }: Prepared & { git: ReturnType<typeof createGit>; terminals: Terminals },
): ProjectServices {
  const { clock, random, env, version } = options;
  const shell = createProjectShell({ env, root: () => root, onChanged: () => undefined });
  return {
    given,
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
    terminals,
    languages: createLanguages({
      clock,
      root: () => root,
      shell: shell.environment,
      embedded: options.embeddedLanguageServer,
    }),
    shell,
    builds: null,
    inspect: async () => {
      throw fault('E_BITSTREAM_UNREADABLE', { reason: 'no reader is installed' });
    },
  };
}
