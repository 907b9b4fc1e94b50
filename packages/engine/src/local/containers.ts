/** The containers of one data directory: starting, looking and ending. */
import { spawn } from 'node:child_process';
import { access, chmod, mkdir, open, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '@joh/clock';
import { type ContainerId, containerId, fault, type NodeId } from '@joh/protocol';
import type { ContainerSpec, EngineContainer } from '../engine.ts';
import type { Sight } from '../sightings.ts';
import type { Bubblewrap } from './bubblewrap.ts';
import { endProcesses, removeFolder } from './ending.ts';
import { gaveUp, keeperCommand, keeperEnvironment, refused } from './keeper.ts';
import { type Places, placesOf } from './places.ts';
import { type ProcessRow, readBoot, readProcess } from './process-table.ts';
import { readProcessRecord, readRecord, writeRecord } from './record.ts';

export interface ContainersOptions {
  clock: Clock;
  node: NodeId;
  data: string;
  temporary: string;
  nodeBinary: string;
  agent: string;
  environment: Readonly<Record<string, string | undefined>>;
  bubblewrap(): Promise<Bubblewrap | null>;
  /** What happens to containers that this process starts: `running`, then perhaps `exited`. */
  tell(id: ContainerId, sight: Sight): void;
}

export interface Containers {
  start(spec: ContainerSpec, signal: AbortSignal): Promise<void>;
  look(id: ContainerId): Promise<EngineContainer | null>;
  all(): Promise<EngineContainer[]>;
  end(id: ContainerId, signal: AbortSignal): Promise<void>;
}

/** Makes the set of containers under `<data>/containers`. */
export function createContainers(options: ContainersOptions): Containers {
  const { clock, data, temporary, node } = options;
  /** Of those this process started: why they exited, null while they run. */
  const reasons = new Map<ContainerId, string | null>();
  /** On disk already, without a process yet: a list must not call them exited. */
  const starting = new Set<ContainerId>();
  const places = (id: ContainerId) => placesOf(data, temporary, id);

  const look = async (id: ContainerId): Promise<EngineContainer | null> => {
    const record = await readRecord(places(id));
    if (!record) return null;
    const alive = await firstProcess(places(id));
    const state = alive ? 'running' : 'exited';
    const reason = alive ? null : (reasons.get(id) ?? 'Its first process is gone.');
    const { class: kind, createdAtMs } = record;
    return { id, node, class: kind, image: null, state, reason, createdAtMs };
  };
  return {
    look,
    async all() {
      const names = await readdir(join(data, 'containers')).catch(() => []);
      const ids = names.flatMap((name) => containerId.safeParse(name).data ?? []);
      const seen = await Promise.all(ids.filter((id) => !starting.has(id)).map(look));
      return seen.filter((one) => one !== null);
    },
    async start(spec, signal) {
      const there = places(spec.id);
      starting.add(spec.id);
      try {
        await makeFolders(there, spec, clock.now());
        const { ended } = await launch(there, spec, options);
        reasons.set(spec.id, null);
        starting.delete(spec.id);
        options.tell(spec.id, 'running');
        void ended.then((reason) => {
          if (reasons.has(spec.id)) reasons.set(spec.id, reason);
          options.tell(spec.id, 'exited');
        });
      } catch (error) {
        await removeFolder(there.folder);
        if (there.run !== join(there.folder, 'run')) await removeFolder(there.run);
        signal.throwIfAborted();
        throw refusalOf(error);
      } finally {
        starting.delete(spec.id);
      }
    },
    async end(id, signal) {
      const there = places(id);
      const first = await firstProcess(there);
      if (!first && !(await readRecord(there))) return;
      await endProcesses(clock, id, first?.pid ?? null, signal);
      await removeFolder(there.run);
      await removeFolder(there.folder);
      reasons.delete(id);
    },
  };
}

/** Its first process, if that very process lives. */
async function firstProcess(places: Places): Promise<ProcessRow | null> {
  const record = await readProcessRecord(places);
  if (!record || record.boot !== (await readBoot())) return null;
  const row = await readProcess(record.pid);
  return row && !row.zombie && row.startTicks === record.startTicks ? row : null;
}

/** The record first: from then on a crash leaves something that `all` finds. */
async function makeFolders(places: Places, spec: ContainerSpec, nowMs: number): Promise<void> {
  await mkdir(places.folder, { recursive: true, mode: 0o700 });
  await writeRecord(places.record, { class: spec.class, createdAtMs: nowMs });
  await mkdir(places.work);
  await mkdir(places.home);
  // Not recursive: if somebody else made it, in a shared temporary folder, this fails.
  await mkdir(places.run, { mode: 0o700 });
  await chmod(places.run, 0o700);
  await writeFile(places.bootToken, spec.environment.JOH_BOOT_TOKEN ?? '', { mode: 0o600 });
}

/** Resolves once it runs, with what resolves to the reason of its end. */
async function launch(
  places: Places,
  spec: ContainerSpec,
  options: ContainersOptions,
): Promise<{ ended: Promise<string> }> {
  await access(join(options.agent, 'agent.js'));
  await access(options.nodeBinary);
  const { nodeBinary, agent, environment } = options;
  const keeper = { places, node: nodeBinary, agent, environment };
  const bubblewrap = await options.bubblewrap();
  const command = keeperCommand(keeper);
  const [program, ...parameters] = bubblewrap ? bubblewrap.wrap(command, places) : command;
  const log = await open(places.log, 'a', 0o600);
  try {
    const child = spawn(program, parameters, {
      cwd: places.folder,
      env: keeperEnvironment(keeper, spec, spec.environment),
      // A session and group of its own: it outlives FM, and no signal of FM's terminal reaches it.
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
    });
    const ended = new Promise<string>((resolve) => {
      child.once('exit', (code, name) => resolve(reasonOf(code, name)));
    });
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    child.once('spawn', resolve).once('error', reject);
    await promise;
    child.unref();
    const row = await readProcess(child.pid ?? 0);
    if (row) {
      const { pid, startTicks } = row;
      await writeRecord(places.process, { pid, startTicks, boot: await readBoot() });
    }
    return { ended };
  } finally {
    await log.close();
  }
}

function reasonOf(code: number | null, name: NodeJS.Signals | null): string {
  if (name) return `Its first process was killed by ${name}.`;
  if (code === gaveUp) return 'Its agent did not stay up.';
  if (code === refused) return 'FrontendMaster does not know it any more.';
  return `Its first process ended with code ${code}.`;
}

function refusalOf(error: unknown) {
  const { message } = error as Error;
  const reason = message.includes('agent.js')
    ? `the agent is not built (npm run -w apps/agent build): ${message}`
    : message;
  return fault('E_ENGINE_REFUSED', { reason }, { cause: error });
}
