/** The agent's RPC: each method of the contract, by the service that does it. */
import type { HandlersOf } from '@joh/link';
import type { agentRpc } from '@joh/protocol';
import { inspectBitstream } from '#bitstreams';
import type { Languages } from '#languages';
import type { Watches } from '#workspace';
import type { Services } from './services.ts';

type Handlers = HandlersOf<typeof agentRpc.methods>;

export function rpcHandlers(services: Services, watches: Watches, languages: Languages): Handlers {
  return {
    ...describeHandlers(services),
    ...fileHandlers(services, watches),
    ...terminalHandlers(services),
    ...shellHandlers(services),
    'languages.list': async () => ({ servers: await languages.list() }),
    ...sourceControlHandlers(services),
    ...buildHandlers(services),
  };
}

function describeHandlers({ given, root, home, userShell, version }: Services) {
  return {
    'workspace.describe': () => ({
      root,
      home,
      shell: userShell,
      owner: given.project.owner,
      project: given.project.name,
      board: given.project.board,
      version,
    }),
  } satisfies Partial<Handlers>;
}

export function fileHandlers({ files }: Pick<Services, 'files'>, watches: Watches) {
  return {
    'files.stat': ({ path }) => files.stat(path),
    'files.list': async ({ path }) => ({ entries: await files.list(path) }),
    'files.makeDirectory': ({ path }) => files.makeDirectory(path).then(nothing),
    'files.remove': ({ path, recursive }) => files.remove(path, recursive).then(nothing),
    'files.rename': ({ from, to, overwrite }) => files.rename(from, to, overwrite).then(nothing),
    'files.copy': ({ from, to, overwrite }) => files.copy(from, to, overwrite).then(nothing),
    'files.watch': async ({ path, ...options }) => ({ watch: await watches.watch(path, options) }),
    'files.unwatch': ({ watch }) => watches.unwatch(watch).then(nothing),
  } satisfies Partial<Handlers>;
}

function terminalHandlers({ terminals }: Services) {
  return {
    'terminals.list': async () => ({ terminals: await terminals.list() }),
    'terminals.create': async (params) => ({ terminal: await terminals.create(params) }),
    'terminals.resize': ({ terminal, columns, rows }) =>
      terminals.resize(terminal, columns, rows).then(nothing),
    'terminals.close': ({ terminal }) => terminals.close(terminal).then(nothing),
  } satisfies Partial<Handlers>;
}

function shellHandlers({ shell }: Services) {
  return {
    'shell.describe': () => shell.state(),
    'shell.reload': () => {
      shell.reload();
      return {};
    },
    'shell.cancel': () => {
      shell.cancel();
      return {};
    },
    'shell.output': () => ({ text: shell.output() }),
  } satisfies Partial<Handlers>;
}

function sourceControlHandlers({ sourceControl }: Services) {
  return {
    'sourceControl.status': () => sourceControl.status(),
    'sourceControl.stage': ({ paths }) => sourceControl.stage(paths).then(nothing),
    'sourceControl.unstage': ({ paths }) => sourceControl.unstage(paths).then(nothing),
    'sourceControl.discard': ({ paths }) => sourceControl.discard(paths).then(nothing),
    'sourceControl.commit': async ({ message, all }) => ({
      commit: await sourceControl.commit(message, all),
    }),
    'sourceControl.push': () => sourceControl.push().then(nothing),
    'sourceControl.pull': () => sourceControl.pull().then(nothing),
    'sourceControl.original': async ({ path, revision }) => ({
      content: await sourceControl.original(path, revision),
    }),
  } satisfies Partial<Handlers>;
}

function buildHandlers({ builds, simulations }: Services) {
  return {
    'builds.builders': () => builds.builders(),
    'builds.start': async ({ builder }) => ({ build: await builds.start(builder) }),
    'builds.cancel': ({ build }) => builds.cancel(build).then(nothing),
    'builds.latest': async () => ({ build: await builds.latest() }),
    'bitstreams.inspect': ({ path }) => inspectBitstream(path),
    'simulations.compile': ({ bitstream }) => simulations.compile(bitstream),
  } satisfies Partial<Handlers>;
}

const nothing = () => ({});
