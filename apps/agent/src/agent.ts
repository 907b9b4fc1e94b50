/** The agent: its parts put together. Reads no environment and makes no clock. */
import type { Clock } from '@joh/clock';
import { type Fault, fault } from '@joh/protocol';
import { type Boards, createBoards } from '#boards';
import { type Connections, createConnections } from '#connections';
import {
  type Control,
  createControl,
  createCredentialStore,
  createPreparation,
  dialStream,
} from '#control';
import { limits } from '#limits';
import { createNix, type Nix } from '#nix';
import { createTelemetry, type Telemetry } from '#telemetry';
import { createTerminals, type Terminals } from '#terminals';
import { createGit, prepareWorkingCopy } from '#workspace';
import type { AgentOptions } from './options.ts';
import { createProject, type Project } from './project.ts';

export interface Agent {
  /** Until the signal aborts, or FrontendMaster does not know the container any more. */
  run(signal: AbortSignal): Promise<'stopped' | 'refused'>;
}

export async function createAgent(options: AgentOptions): Promise<Agent> {
  const { clock, random, log, runtime, work } = options;
  const life = new AbortController();
  const git = createGit(options.env);
  const nix = createNix({
    ...options,
    onGivenUp: (fault) => connections.message('warning', sentenceOf(fault)),
  });
  const env = { ...options.env, ...(await nix.environment()) };
  const root = () => preparation.current()?.root ?? work;
  const terminals = createTerminals({
    hostPath: options.ptyHost.path,
    startHost: options.ptyHost.start,
    clock,
    env: () => env,
    root,
  });
  const boards = await createBoards({ clock, path: options.usbSocket });
  const connections = createConnections({ clock, random, onAttached: sayAttached, log });
  /** One for the container's life: a container serves one session. */
  let project: Project | null = null;
  const preparation = await createPreparation({
    folder: runtime,
    work: async (given) => {
      await nix.signIn(given);
      const onProgress = (message: string, fraction: number | null) => {
        const progress = { stage: 'clone', message, fraction };
        void control.notify('progress', { session: given.session, progress });
      };
      const { signal } = life;
      return prepareWorkingCopy(given, { git, random, work, runtime, signal, onProgress });
    },
    onPrepared: (now) => {
      // After a restart of the agent nothing else tells it.
      void nix.signIn(now.given);
      const parts = { root: now.root, git, terminals, boards, nix, isTrusted: true };
      project ??= createProject({ ...options, env }, parts);
      connections.open({ ...project, given: now.given });
    },
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
        await closeSession({ project, terminals, nix, log });
        return {};
      },
    },
    onDial: (stream, credential) => {
      dialStream({ ...options, stream, credential }).then(
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
      reportTelemetry({ clock, telemetry, nix, control, connections, signal: all, log });
      const ending = await control.run(all);
      life.abort(fault('E_SESSION_ENDED'));
      await end(ending, {
        connections,
        terminals,
        boards,
        ownsHost: options.ptyHost.start !== null,
      });
      return ending;
    },
  };
}

/** Everything of the user's ends; then the cache gets what it has not yet. */
async function closeSession(parts: {
  project: Project | null;
  terminals: Terminals;
  nix: Nix;
  log: (text: string) => void;
}): Promise<void> {
  const { project, terminals, nix, log } = parts;
  project?.shell.close();
  project?.simulations.close();
  await project?.builds.close();
  await terminals.shutdown().catch((error: unknown) => log(`close: ${error}`));
  await nix.close();
}

function sentenceOf(fault: Fault): string {
  const { code, message, todo } = fault.body();
  return `${message} ${todo} (${code})`;
}

/**
 * A stop leaves terminals to a host that something else keeps, so that an agent can be replaced
 * under them; a container that is over takes them along.
 */
async function end(
  ending: 'stopped' | 'refused',
  parts: { connections: Connections; terminals: Terminals; boards: Boards; ownsHost: boolean },
): Promise<void> {
  const { connections, terminals } = parts;
  if (ending === 'refused') connections.close('the container has ended');
  if (ending === 'refused' || parts.ownsHost) await terminals.shutdown().catch(() => undefined);
  terminals.release();
  await parts.boards.close();
}

/** A sample a second while someone looks, else as often as the heartbeat needs. */
function reportTelemetry(options: {
  clock: Clock;
  telemetry: Telemetry;
  nix: Pick<Nix, 'pushes'>;
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
    const pushes = options.nix.pushes();
    const sample = { ...(await telemetry.sample()), ...(pushes ? { cache: pushes } : {}) };
    connections.telemetry(sample);
    if (!isDue) return;
    saidMs = clock.monotonic();
    await control.notify('telemetry', sample);
  };
  clock.every(limits.telemetryMs, report, signal, (error) => options.log(`telemetry: ${error}`));
}
